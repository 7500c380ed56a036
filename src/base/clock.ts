/**
 * Time, passed in. This is the only file of the engine that reads a clock or sets a timer; tests hand
 * in a manual clock (`holdfast/testing`) instead.
 */
import { setTimeout as delay, setImmediate as nextImmediate } from 'node:timers/promises'

/** Wall time, monotonic time, and waiting. */
export interface Clock {
  /** Milliseconds since 1970 (wall clock; may jump). */
  now(): number
  /** Milliseconds of a clock that never goes back, with fractions; for durations only. */
  monotonic(): number
  /**
   * Resolves after `ms` milliseconds; rejects with the signal's reason when aborted.
   * @param holds whether the process lives on for it if there is nothing else to do. Default: true
   */
  sleep(ms: number, signal?: AbortSignal, holds?: boolean): Promise<void>
  /** Resolves after pending I/O and timers of the event loop had their turn. */
  turn(): Promise<void>
}

/** A timer set for longer would fire at once. About 24 days. */
const TIMER_MAX_MS = 2_147_483_647

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: async (ms, signal, holds = true) => {
    const options = { ref: holds, ...(signal === undefined ? {} : { signal }) }
    try {
      await delay(Math.min(ms, TIMER_MAX_MS), undefined, options)
    } catch (error) {
      signal?.throwIfAborted()
      throw error
    }
  },
  turn: () => nextImmediate(),
}
