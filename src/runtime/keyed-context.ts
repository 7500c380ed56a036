/**
 * What the functions of a keyed step get besides record and states: one object per operator, changed per record. What
 * they emit gathers here until it is handed on.
 */
import type { Key } from '../state/key.js'
import type { StateClock } from '../state/state-clock.js'
import type { ProcessContext, TimerService } from './graph.js'

/** The context of one operator. */
export class KeyedContext implements ProcessContext<unknown> {
  key: Key = ''
  timers: TimerService
  out: unknown[] = []
  readonly #clock: StateClock

  constructor(clock: StateClock, timers: TimerService) {
    this.#clock = clock
    this.timers = timers
  }

  get timestamp(): number | undefined {
    return this.#clock.timestamp
  }

  /** A member, not a method, so that user functions may take it out of the context. */
  readonly emit = (record: unknown): void => {
    this.out.push(record)
  }

  take(): unknown[] {
    const out = this.out
    this.out = []
    return out
  }
}
