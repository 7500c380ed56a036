/**
 * Event time begins here: each record gets its timestamp, and after each batch the watermark rises to what can be
 * known from the newest of them (Flink's bounded out-of-orderness). Watermarks from above end here, but for the last.
 *
 * Invariant: the watermark handed on never falls, across restores either.
 */
import { HoldfastError } from '../base/errors.js'
import type { TimestampStep } from './graph.js'
import { advanceAll, type Breathe, forward, type Operator, operatorFailed } from './operator.js'

/** A step that assigns timestamps, at work. */
export class TimestampOperator implements Operator {
  readonly #step: TimestampStep
  readonly #next: readonly Operator[]
  /** What has been handed on. */
  #watermark: number
  /** What is to be handed on after the batch. */
  #reached: number
  /** Whether steps below may not have seen the whole of it yet. */
  #behind: boolean

  /** @param restored event time of the checkpoint; `-Infinity`: none */
  constructor(step: TimestampStep, next: readonly Operator[], restored: number) {
    this.#step = step
    this.#next = next
    this.#watermark = restored
    this.#reached = restored
    this.#behind = restored > Number.NEGATIVE_INFINITY
  }

  push(batch: readonly unknown[]): void | Promise<void> {
    const { fn, outOfOrderMs } = this.#step
    const times: number[] = []
    let newest = Number.NEGATIVE_INFINITY
    try {
      for (const record of batch) {
        const time = fn(record)
        if (!Number.isSafeInteger(time)) throw notATime(time)
        if (time > newest) newest = time
        times.push(time)
      }
    } catch (cause) {
      const where = cause instanceof HoldfastError ? cause : undefined
      throw where ?? operatorFailed('the function of withTimestamps', cause)
    }
    // Kept within what a manifest can hold.
    const reached = Math.max(Number.MIN_SAFE_INTEGER, Math.floor(newest - outOfOrderMs - 1))
    if (reached > this.#reached) this.#reached = reached
    return forward(this.#next, batch, times)
  }

  /** Only the end of the input is passed on: everything else is decided by the records here. */
  async advance(watermark: number, breathe: Breathe): Promise<boolean> {
    if (watermark !== Number.POSITIVE_INFINITY) return true
    this.#reached = watermark
    this.#behind = true
    return this.emit(breathe)
  }

  /** Hands the watermark on if it has risen. To be called between batches. `false`: left half done. */
  async emit(breathe: Breathe): Promise<boolean> {
    if (this.#reached <= this.#watermark && !this.#behind) return true
    this.#watermark = this.#reached
    this.#behind = !(await advanceAll(this.#next, this.#watermark, breathe))
    return !this.#behind
  }
}

function notATime(time: unknown): HoldfastError {
  const what = typeof time === 'number' ? String(time) : `a value of type ${typeof time}`
  return new HoldfastError(
    'INVALID_ARGUMENT',
    `withTimestamps: the function returned ${what}, which is no timestamp; return a whole number of milliseconds ` +
      '(date.getTime(), or Math.floor of a fraction)',
  )
}
