/** What the functions of a keyed step get besides record and states: one object per operator, changed per record. */
import type { Key } from '../state/key.js'
import type { StateClock } from '../state/state-clock.js'
import type { ProcessContext, TimerService } from './graph.js'
import { EmittingContext } from './subtask-context.js'

/** The context of one operator. */
export class KeyedContext extends EmittingContext implements ProcessContext<unknown> {
  key: Key = ''
  timers: TimerService
  readonly #clock: StateClock

  constructor(clock: StateClock, timers: TimerService) {
    super()
    this.#clock = clock
    this.timers = timers
  }

  get timestamp(): number | undefined {
    return this.#clock.timestamp
  }
}
