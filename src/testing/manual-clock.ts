/**
 * A clock whose time moves only when it is told to, or past sleeps as soon as they begin, so that a test
 * decides when things happen. Invariant: sleepers wake in the order of their deadlines, and while one of them
 * acts the time is its deadline.
 */
import { type Clock, systemClock } from '../base/clock.js'
import { HoldfastError } from '../base/errors.js'

/** Options of {@link manualClock}. */
export interface ManualClockOptions {
  /** The time it begins with, in ms since 1970. Default 0. */
  readonly startMs?: number
  /**
   * Longest sleep that passes by itself, in ms: a turn of the event loop after somebody has gone to sleep for no
   * longer, time moves to the end of it. `true`: any; default `false`: none.
   */
  readonly autoAdvance?: boolean | number
}

/** A clock for tests. `now` and `monotonic` show the same time. */
export interface ManualClock extends Clock {
  /** How many sleep. */
  readonly sleepers: number
  /**
   * Moves time on by `ms` and wakes whoever's time has come, one after another; each has a turn of the event
   * loop before the next.
   * @throws `INVALID_ARGUMENT` for a negative time
   */
  advance(ms: number): Promise<void>
}

/** Makes a clock that stands still until {@link ManualClock.advance} is called, or somebody sleeps a little. */
export function manualClock(options: ManualClockOptions = {}): ManualClock {
  return new SteppedClock(options)
}

const ANY_SLEEP = Number.POSITIVE_INFINITY
const NO_SLEEP = -1

interface Sleeper {
  readonly deadline: number
  readonly wake: () => void
}

class SteppedClock implements ManualClock {
  #time: number
  readonly #autoMs: number
  /** By deadline; of equal ones the first to sleep is the first to wake. */
  #sleepers: Sleeper[] = []

  constructor({ startMs = 0, autoAdvance = false }: ManualClockOptions) {
    this.#time = startMs
    this.#autoMs =
      typeof autoAdvance === 'number' ? autoAdvance : autoAdvance ? ANY_SLEEP : NO_SLEEP
  }

  get sleepers(): number {
    return this.#sleepers.length
  }

  now(): number {
    return this.#time
  }

  monotonic(): number {
    return this.#time
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    if (ms <= 0) return this.turn()
    const deadline = this.#time + ms
    await new Promise<void>((resolve, reject) => {
      const onAbort = (): void => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper)
        reject(signal?.reason)
      }
      const wake = (): void => {
        signal?.removeEventListener('abort', onAbort)
        resolve()
      }
      const sleeper: Sleeper = { deadline, wake }
      const later = this.#sleepers.findIndex((other) => other.deadline > deadline)
      this.#sleepers.splice(later < 0 ? this.#sleepers.length : later, 0, sleeper)
      signal?.addEventListener('abort', onAbort, { once: true })
      if (ms <= this.#autoMs) void this.turn().then(() => this.#pass(sleeper))
    })
  }

  turn(): Promise<void> {
    return systemClock.turn()
  }

  async advance(ms: number): Promise<void> {
    if (!(ms >= 0)) {
      throw new HoldfastError('INVALID_ARGUMENT', `time cannot move by ${ms} ms; it only goes on`)
    }
    await this.#wakeUntil(this.#time + ms)
    await this.turn()
  }

  /** Moves time to the end of a sleep, unless it is over. */
  async #pass(sleeper: Sleeper): Promise<void> {
    if (this.#sleepers.includes(sleeper)) await this.#wakeUntil(sleeper.deadline)
  }

  async #wakeUntil(end: number): Promise<void> {
    while (this.#wakeNext(end)) await this.turn()
    this.#time = Math.max(this.#time, end)
  }

  /** Wakes the next sleeper whose deadline is not after `end`. */
  #wakeNext(end: number): boolean {
    const next = this.#sleepers[0]
    if (next === undefined || next.deadline > end) return false
    this.#sleepers.shift()
    this.#time = Math.max(this.#time, next.deadline)
    next.wake()
    return true
  }
}
