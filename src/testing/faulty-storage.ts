/**
 * A storage that fails where a test says so: before or after the effect, torn, answered twice, late, or by
 * the death of the process. It never breaks the storage contract by itself, except by `torn` with
 * `visibleBytes`, so a program that loses data over it would lose data over a real storage.
 */
import { type Clock, systemClock } from '../base/clock.js'
import { HoldfastError } from '../base/errors.js'
import type { Random } from '../base/random.js'
import type { ByteRange, CheckpointStorage, StorageEntry } from '../storage/checkpoint-storage.js'

/** One call, as a plan sees it. */
export interface StorageOperation {
  /** Counts calls from 0, in the order in which they were made. */
  readonly index: number
  readonly kind: 'read' | 'write' | 'create' | 'list' | 'delete'
  /** The object, or the prefix of `list`. */
  readonly path: string
}

/**
 * What goes wrong with one call. The first four make it throw `error`, by default a `STORAGE_FAILED` that is
 * retryable.
 *
 * - `before`: nothing happens.
 * - `after`: it happens all the same; the outcome is open to the caller.
 * - `torn` (of `write`; any other call: `before`): nothing is visible or, with `visibleBytes`, the first so
 *   many bytes under the name, which a contract-abiding storage never shows.
 * - `late` (of `write`, `create`, `delete`; any other call: `before`): it happens when `operations` more calls
 *   (default 0) were made, just before the next one, or at `land()`.
 * - `twice` (of `create`; no effect on other calls): a repeated request answers `'exists'` after one's own
 *   success.
 * - `delay`: it happens `turns` turns of the event loop later.
 *
 * With `crash` the process is dead from then on: this call and every later or unfinished one throws a
 * `STORAGE_FAILED` that is not retryable.
 */
export type StorageFault =
  | {
      readonly type: 'before' | 'after' | 'torn' | 'late'
      readonly visibleBytes?: number
      readonly operations?: number
      readonly error?: HoldfastError
      readonly crash?: boolean
    }
  | { readonly type: 'twice' }
  | { readonly type: 'delay'; readonly turns: number }

/** Decides for each call whether and how it fails. Called once per call, when it is made. */
export type FaultPlan = (operation: StorageOperation) => StorageFault | undefined

/** A call that was made, and what the plan did to it. */
export interface RecordedOperation extends StorageOperation {
  readonly fault: StorageFault | undefined
}

/** The wrapped storage. */
export interface FaultyStorage extends CheckpointStorage {
  /** Every call so far, in order; those after a crash are not recorded. */
  readonly operations: readonly RecordedOperation[]
  /** Whether the process counts as dead. The inner storage then stands for what survived. */
  readonly crashed: boolean
  /** Lets every `late` effect happen now. */
  land(): Promise<void>
}

/**
 * Wraps `inner`. Disposing the wrapper disposes `inner`, unless it crashed.
 * @param plan decides about each call
 * @param clock for the turns of `delay`. Default: the machine's
 */
export function faultyStorage(
  inner: CheckpointStorage,
  plan: FaultPlan,
  clock: Clock = systemClock,
): FaultyStorage {
  return new FaultInjector(inner, plan, clock)
}

/** How often each fault comes, each from 0 to 1, together at most 1. Default: never. */
export type FaultRates = Readonly<Partial<Record<StorageFault['type'] | 'crash', number>>>

/** A plan that draws faults at these rates; the same seed and calls give the same faults. */
export function seededFaults(random: Random, rates: FaultRates): FaultPlan {
  const total = Object.values(rates).reduce((sum, rate) => sum + rate, 0)
  if (!(total <= 1) || Object.values(rates).some((rate) => rate < 0)) {
    throw new HoldfastError('INVALID_ARGUMENT', `fault rates add up to ${total}; the most is 1`)
  }
  return () => {
    // Two draws for every call, so that one fault does not shift all later ones.
    let draw = random.next()
    const few = Math.floor(random.next() * 4)
    for (const type of ['before', 'after', 'torn', 'twice', 'late', 'delay', 'crash'] as const) {
      const rate = rates[type] ?? 0
      if (draw < rate) return drawn(type, few)
      draw -= rate
    }
    return undefined
  }
}

function drawn(type: StorageFault['type'] | 'crash', few: number): StorageFault {
  if (type === 'crash') return { type: few % 2 === 0 ? 'before' : 'after', crash: true }
  if (type === 'late') return { type, operations: few }
  if (type === 'delay') return { type, turns: few + 1 }
  return { type }
}

/** One call: what it does, and what a torn one does. */
interface Call<T> {
  readonly kind: StorageOperation['kind']
  readonly path: string
  readonly act: () => Promise<T>
  readonly tear?: (visibleBytes: number) => Promise<unknown>
  /** The answer to the same request repeated, where it differs. */
  readonly again?: T
}

interface LateEffect {
  /** The call before which it happens. */
  readonly index: number
  readonly act: () => Promise<unknown>
}

class FaultInjector implements FaultyStorage {
  readonly operations: RecordedOperation[] = []
  crashed = false
  readonly #inner: CheckpointStorage
  readonly #plan: FaultPlan
  readonly #clock: Clock
  #late: LateEffect[] = []

  constructor(inner: CheckpointStorage, plan: FaultPlan, clock: Clock) {
    this.#inner = inner
    this.#plan = plan
    this.#clock = clock
  }

  get uri(): string {
    return this.#inner.uri
  }

  read(path: string, range?: ByteRange): Promise<Uint8Array | undefined> {
    return this.#call({ kind: 'read', path, act: () => this.#inner.read(path, range) })
  }

  write(path: string, chunks: readonly Uint8Array[]): Promise<void> {
    const bytes = Buffer.concat(chunks)
    return this.#call({
      kind: 'write',
      path,
      act: () => this.#inner.write(path, [bytes]),
      tear: (visibleBytes) => this.#inner.write(path, [bytes.subarray(0, visibleBytes)]),
    })
  }

  create(path: string, body: Uint8Array): Promise<'created' | 'exists'> {
    const bytes = Buffer.from(body)
    const act = (): Promise<'created' | 'exists'> => this.#inner.create(path, bytes)
    return this.#call({ kind: 'create', path, act, again: 'exists' })
  }

  list(prefix: string): Promise<readonly StorageEntry[]> {
    return this.#call({ kind: 'list', path: prefix, act: () => this.#inner.list(prefix) })
  }

  delete(path: string): Promise<void> {
    return this.#call({ kind: 'delete', path, act: () => this.#inner.delete(path) })
  }

  async land(): Promise<void> {
    await this.#landUpTo(Number.POSITIVE_INFINITY)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.crashed) await this.#inner[Symbol.asyncDispose]()
  }

  async #call<T>(call: Call<T>): Promise<T> {
    this.#live(call)
    const { kind, path } = call
    const operation: StorageOperation = { index: this.operations.length, kind, path }
    const fault = this.#plan(operation)
    this.operations.push({ ...operation, fault })
    await this.#landUpTo(operation.index)
    this.#live(call)
    const answer = await this.#suffer(call, operation, fault)
    this.#live(call)
    return answer
  }

  async #suffer<T>(
    call: Call<T>,
    operation: StorageOperation,
    fault: StorageFault | undefined,
  ): Promise<T> {
    if (fault === undefined) return call.act()
    if (fault.type === 'delay') {
      for (let turn = 0; turn < fault.turns; turn++) await this.#clock.turn()
      this.#live(call)
      return call.act()
    }
    if (fault.type === 'twice') {
      const answer = await call.act()
      return call.again ?? answer
    }
    if (fault.crash === true) this.crashed = true
    if (fault.type === 'after') await call.act()
    if (fault.type === 'torn' && fault.visibleBytes !== undefined)
      await call.tear?.(fault.visibleBytes)
    if (fault.type === 'late' && call.kind !== 'read' && call.kind !== 'list') {
      this.#late.push({ index: operation.index + (fault.operations ?? 0) + 1, act: call.act })
    }
    throw fault.error ?? failure(operation, fault.type, fault.crash !== true)
  }

  async #landUpTo(index: number): Promise<void> {
    const due = this.#late.filter((effect) => effect.index <= index)
    if (due.length === 0) return
    this.#late = this.#late.filter((effect) => effect.index > index)
    // Its caller has its answer already; that it now fails (a taken name) tells nobody anything.
    for (const effect of due) await effect.act().catch(() => undefined)
  }

  #live(call: { readonly kind: string; readonly path: string }): void {
    if (!this.crashed) return
    throw new HoldfastError('STORAGE_FAILED', `injected: ${call.kind} ${call.path} after the crash`)
  }
}

function failure(operation: StorageOperation, type: string, retryable: boolean): HoldfastError {
  const { kind, path, index } = operation
  const message = `injected: ${type}, ${kind} ${path} (call ${index})`
  return new HoldfastError('STORAGE_FAILED', message, { retryable })
}
