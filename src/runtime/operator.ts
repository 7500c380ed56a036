/**
 * Steps at work. Records flow in batches; each step takes a whole batch and hands on what it makes of it,
 * synchronously unless something below must be waited for. Between batches event time flows the same way.
 */
import { HoldfastError, messageOf } from '../base/errors.js'

/** Event times of a batch's records, in ms, one each; `undefined`: they have none. */
export type Timestamps = readonly number[] | undefined

/**
 * Lets others have their turn in the middle of firing timers; a checkpoint may be taken meanwhile, so everything
 * emitted must have been handed on. `false`: leave the rest, the job is to stop.
 */
export type Breathe = () => Promise<boolean>

/** A step at work. */
export interface Operator {
  /** Takes records, in order. A promise only when it must be waited for before the next batch. */
  push(batch: readonly unknown[], times: Timestamps): void | Promise<void>
  /**
   * Event time has reached `watermark`, in ms; `Infinity` at the end of the input. Never lower than before; as high
   * again after a restore.
   * @returns `false` if it was left half done because `breathe` said so
   */
  advance(watermark: number, breathe: Breathe): Promise<boolean>
}

/** Hands a batch to each of several operators. */
export function forward(
  operators: readonly Operator[],
  batch: readonly unknown[],
  times: Timestamps,
): void | Promise<void> {
  if (batch.length === 0) return
  for (let i = 0; i < operators.length; i++) {
    const pending = (operators[i] as Operator).push(batch, times)
    if (pending === undefined) continue
    const rest = operators.slice(i + 1)
    return pending.then(async () => {
      for (const operator of rest) await operator.push(batch, times)
    })
  }
}

/** Tells each of several operators of a watermark, as {@link Operator.advance}. */
export async function advanceAll(
  operators: readonly Operator[],
  watermark: number,
  breathe: Breathe,
): Promise<boolean> {
  for (const operator of operators) if (!(await operator.advance(watermark, breathe))) return false
  return true
}

/** One record for each. */
export class MapOperator implements Operator {
  readonly #fn: (record: unknown) => unknown
  readonly #next: readonly Operator[]

  constructor(fn: (record: unknown) => unknown, next: readonly Operator[]) {
    this.#fn = fn
    this.#next = next
  }

  push(batch: readonly unknown[], times: Timestamps): void | Promise<void> {
    return forward(
      this.#next,
      guarded('map', () => batch.map((one) => this.#fn(one))),
      times,
    )
  }

  advance(watermark: number, breathe: Breathe): Promise<boolean> {
    return advanceAll(this.#next, watermark, breathe)
  }
}

/** Some of the records. */
export class FilterOperator implements Operator {
  readonly #fn: (record: unknown) => boolean
  readonly #next: readonly Operator[]

  constructor(fn: (record: unknown) => boolean, next: readonly Operator[]) {
    this.#fn = fn
    this.#next = next
  }

  push(batch: readonly unknown[], times: Timestamps): void | Promise<void> {
    if (times === undefined) {
      const kept = guarded('filter', () => batch.filter((one) => this.#fn(one)))
      return forward(this.#next, kept, undefined)
    }
    const keptTimes: number[] = []
    const kept = guarded('filter', () =>
      batch.filter((one, i) => {
        const keep = this.#fn(one)
        if (keep) keptTimes.push(times[i] as number)
        return keep
      }),
    )
    return forward(this.#next, kept, keptTimes)
  }

  advance(watermark: number, breathe: Breathe): Promise<boolean> {
    return advanceAll(this.#next, watermark, breathe)
  }
}

/** Any number of records for each. */
export class FlatMapOperator implements Operator {
  readonly #fn: (record: unknown) => Iterable<unknown>
  readonly #next: readonly Operator[]

  constructor(fn: (record: unknown) => Iterable<unknown>, next: readonly Operator[]) {
    this.#fn = fn
    this.#next = next
  }

  push(batch: readonly unknown[], times: Timestamps): void | Promise<void> {
    const outTimes: number[] | undefined = times && []
    const all = guarded('flatMap', () => {
      const out: unknown[] = []
      for (let i = 0; i < batch.length; i++) {
        for (const one of this.#fn(batch[i])) out.push(one)
        if (outTimes !== undefined) fillTimes(outTimes, out.length, times?.[i] as number)
      }
      return out
    })
    return forward(this.#next, all, outTimes)
  }

  advance(watermark: number, breathe: Breathe): Promise<boolean> {
    return advanceAll(this.#next, watermark, breathe)
  }
}

/** Gives the records that have none yet, up to `length`, this time. */
export function fillTimes(times: number[], length: number, time: number): void {
  while (times.length < length) times.push(time)
}

function guarded(name: string, run: () => unknown[]): unknown[] {
  try {
    return run()
  } catch (cause) {
    throw operatorFailed(`a ${name} function`, cause)
  }
}

/** The user's function threw: retryable, since what it met may be gone after a restart. */
export function operatorFailed(what: string, cause: unknown): HoldfastError {
  if (cause instanceof HoldfastError) return cause
  const message = `${what} threw: ${messageOf(cause)}`
  return new HoldfastError('OPERATOR_FAILED', message, { cause, retryable: true })
}
