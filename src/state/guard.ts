/**
 * Development mode: finds values that are changed in place. What can be frozen is frozen when it is read or kept, so
 * that the change itself throws; of the rest (typed arrays, Maps, Sets, Dates) a digest is taken when it is kept, and
 * compared when it is written. Works on descriptors, so every backend gets it, and costs nothing where it is off.
 */
import { ByteWriter } from '../base/bytes.js'
import { crc32 } from '../base/checksums.js'
import { HoldfastError } from '../base/errors.js'
import type { StateDescriptor, StateDescriptors } from './descriptor.js'
import type { Compatibility, Serializer } from './serializer.js'

/** So that a state has one guard, wherever it is asked for. */
const made = new WeakMap<StateDescriptor, StateDescriptor>()

/** The same state, guarded; always the same object for one descriptor. */
function guarded<D extends StateDescriptor>(descriptor: D): D {
  const found = made.get(descriptor)
  if (found !== undefined) return found as D
  // Accumulators may be changed in place: that is what they are for.
  const guard = descriptor.aggregation?.inPlace === true ? undefined : new Guard()
  const result = guard === undefined ? descriptor : withGuard(descriptor, guard)
  made.set(descriptor, result)
  return result
}

function withGuard<D extends StateDescriptor>(descriptor: D, guard: Guard): D {
  const { serializer, validated, aggregation } = descriptor
  const keep = (value: unknown): unknown => guard.keep(value, serializer)
  return Object.freeze({
    ...descriptor,
    serializer: guardedSerializer(serializer, guard),
    validated: (value: unknown) => keep(validated === undefined ? value : validated(value)),
    ...(aggregation && {
      aggregation: {
        ...aggregation,
        add: (value: unknown, added: unknown) => keep(aggregation.add(value, added)),
      },
    }),
  })
}

function guardedSerializer(serializer: Serializer<unknown>, guard: Guard): Serializer<unknown> {
  const { id, snapshot } = serializer
  const resolve = serializer.resolve?.bind(serializer)
  return {
    id,
    ...(snapshot === undefined ? {} : { snapshot }),
    write: (value, out) => {
      const start = out.length
      serializer.write(value, out)
      guard.check(value, out.view().subarray(start))
    },
    read: (bytes) => guard.keep(serializer.read(bytes), serializer),
    ...(resolve && { resolve: (old) => guardedAnswer(resolve(old), guard) }),
  }
}

function guardedAnswer(answer: Compatibility<unknown>, guard: Guard): Compatibility<unknown> {
  if (answer.outcome !== 'reconfigured') return answer
  return { ...answer, serializer: guardedSerializer(answer.serializer, guard) }
}

/** All states of a declaration, guarded. */
export function guardedStates(states: StateDescriptors): StateDescriptors {
  return Object.fromEntries(Object.entries(states).map(([name, one]) => [name, guarded(one)]))
}

/** The values of one state. */
class Guard {
  /** Of values that cannot be frozen whole. */
  readonly #digests = new WeakMap<object, number>()
  readonly #scratch = new ByteWriter()

  /** Freezes a value, or takes its digest. */
  keep(value: unknown, serializer: Serializer<unknown>): unknown {
    if (typeof value !== 'object' || value === null || freeze(value)) return value
    this.#scratch.length = 0
    serializer.write(value, this.#scratch)
    this.#digests.set(value, crc32(this.#scratch.view()))
    return value
  }

  /** Throws `INVALID_STATE` if a value was kept with other bytes. */
  check(value: unknown, bytes: Uint8Array): void {
    if (typeof value !== 'object' || value === null) return
    const digest = this.#digests.get(value)
    if (digest === undefined || digest === crc32(bytes)) return
    throw new HoldfastError(
      'INVALID_STATE',
      'a value was changed in place after it was read or updated; make a new one for each update',
    )
  }
}

/** Freezes all of it; `false` if some of it cannot be. */
function freeze(value: object, seen: Set<object> = new Set()): boolean {
  if (seen.has(value)) return true
  seen.add(value)
  const prototype = Object.getPrototypeOf(value)
  const plain = Array.isArray(value) || prototype === Object.prototype || prototype === null
  // What else there is may hold what cannot be frozen, as a Map does.
  if (!plain) return false
  let whole = true
  if (!Object.isFrozen(value)) Object.freeze(value)
  for (const member of Object.values(value)) {
    if (typeof member === 'object' && member !== null && !freeze(member, seen)) whole = false
  }
  return whole
}
