/**
 * Values as MessagePack, in plain mode: no shared record structures, which would live outside the value. Where
 * JavaScript has more than MessagePack, nothing is lost in silence: a `Map`, which plain mode would turn into an
 * object, has an extension of its own, and what cannot be kept is refused at any depth.
 *
 * Invariant: the bytes depend on the value alone.
 */
import { addExtension, Packr, Unpackr } from 'msgpackr'
import { HoldfastError, messageOf } from '../base/errors.js'

/** MessagePack extension of a Map: the list of its [key, value] pairs follows. On disk: DO NOT CHANGE. */
const MAP_EXTENSION = 0x6d

/** A Map on its way to bytes. */
class MapPairs {
  readonly pairs: readonly (readonly [unknown, unknown])[]

  constructor(pairs: readonly (readonly [unknown, unknown])[]) {
    this.pairs = pairs
  }
}

addExtension({
  Class: MapPairs,
  type: MAP_EXTENSION,
  write: (map: MapPairs) => map.pairs,
  read: (pairs: readonly (readonly [unknown, unknown])[]) => new Map(pairs),
})

const PLAIN = {
  useRecords: false,
  moreTypes: true,
  writeFunction: (): never => {
    throw new Error('it holds a function')
  },
}

/** Refuses a Map: the packer asks for this option when it meets one. */
class PlainPackr extends Packr {
  get mapAsEmptyObject(): never {
    throw new Error('it holds a Map inside an object with a toJSON of its own')
  }
}

/** Packs nearly everything, quickly; throws at a Map, and at an object of more than 65,535 members. */
const quick = new PlainPackr(PLAIN)
const thorough = new PlainPackr({ ...PLAIN, variableMapSize: true })
const unpackr = new Unpackr(PLAIN)

/**
 * The value's bytes. Valid until the next call.
 * @throws `INVALID_ARGUMENT` if it holds a function or a symbol, or has no end
 */
export function pack(value: unknown): Uint8Array {
  try {
    return quick.pack(value)
  } catch {
    return packThoroughly(value)
  }
}

/**
 * The value in these bytes.
 * @throws whatever the decoder makes of bytes that {@link pack} did not write
 */
export function unpack(bytes: Uint8Array): unknown {
  return unpackr.unpack(bytes)
}

function packThoroughly(value: unknown): Uint8Array {
  try {
    return thorough.pack(withPairs(value))
  } catch (cause) {
    const message = `a value cannot be kept as state (${messageOf(cause)}); use plain data`
    throw new HoldfastError('INVALID_ARGUMENT', message, { cause })
  }
}

/** A copy with every Map replaced by its pairs. */
function withPairs(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Map) {
    return new MapPairs(Array.from(value, ([key, member]) => [withPairs(key), withPairs(member)]))
  }
  if (value instanceof Set) return new Set(Array.from(value, withPairs))
  if (Array.isArray(value)) return value.map(withPairs)
  // Not of a Date, an Error, a typed array and the like; of a class instance, as of a plain object.
  const hasMembers = Object.prototype.toString.call(value) === '[object Object]'
  if (!hasMembers || 'toJSON' in value) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, withPairs(member)]),
  )
}
