/**
 * Timers at work: what users register with, and which timer is next over all subtasks of an operator.
 *
 * Invariant: timers fire in order of time, equal times in order of (key group, key, namespace). Subtasks own
 * ascending ranges of key groups, so of equal times the lower subtask's comes first, and the order is the same at any
 * parallelism.
 */
import type { KeyedStateBackend } from '../backend/state-backend.js'
import type { Timer, TimerQueue } from '../backend/timer-queue.js'
import { HoldfastError } from '../base/errors.js'
import type { StateClock } from '../state/state-clock.js'
import { checkTimerTime, TIMER_QUEUES, type TimeDomain } from '../state/timer-queues.js'
import type { TimerService } from './graph.js'

/** The queues of one subtask. */
export type TimerQueues = Readonly<Record<TimeDomain, TimerQueue>>

/** The queues of a backend that declares them. */
export function queuesOf(backend: KeyedStateBackend): TimerQueues {
  return {
    event: backend.timers(TIMER_QUEUES.event),
    processing: backend.timers(TIMER_QUEUES.processing),
  }
}

/** The timers of one subtask; acts on the key that is current in its backend. */
export class KeyTimers implements TimerService {
  readonly #uid: string
  readonly #clock: StateClock
  readonly #queues: TimerQueues | undefined

  /** @param queues `undefined`: the step has no `onTimer` */
  constructor(uid: string, clock: StateClock, queues: TimerQueues | undefined) {
    this.#uid = uid
    this.#clock = clock
    this.#queues = queues
  }

  currentProcessingTime(): number {
    return this.#clock.now
  }

  currentWatermark(): number {
    return this.#clock.watermark
  }

  registerEventTimeTimer(time: number): void {
    this.#queue('event', time).add(time, undefined)
  }

  registerProcessingTimeTimer(time: number): void {
    this.#queue('processing', time).add(time, undefined)
  }

  deleteEventTimeTimer(time: number): void {
    this.#queue('event', time).remove(time, undefined)
  }

  deleteProcessingTimeTimer(time: number): void {
    this.#queue('processing', time).remove(time, undefined)
  }

  #queue(domain: TimeDomain, time: number): TimerQueue {
    if (this.#queues === undefined) {
      throw new HoldfastError(
        'INVALID_STATE',
        `"${this.#uid}" uses a timer and has no onTimer to be called when it fires; add onTimer(timer, state, context)`,
      )
    }
    checkTimerTime(time)
    return this.#queues[domain]
  }
}

/** The queues of one domain over all subtasks, in the order of their ranges. */
export class TimerQueueGroup {
  readonly #queues: readonly TimerQueue[]
  /** Whose timer was taken last. */
  owner = 0
  /** Up to which time the owner's timers come before all others'; only onTimer of its own keys changes a queue. */
  #bound = Number.NEGATIVE_INFINITY

  constructor(queues: readonly TimerQueue[]) {
    this.#queues = queues
  }

  /** The earliest time; `undefined`: no timers. */
  nextTime(): number | undefined {
    let earliest: number | undefined
    for (const queue of this.#queues) {
      const time = queue.peek()?.time
      if (time !== undefined && (earliest === undefined || time < earliest)) earliest = time
    }
    return earliest
  }

  /** Queues have changed otherwise than by timers that fired: to be called before a slice. */
  restart(): void {
    this.#bound = Number.NEGATIVE_INFINITY
  }

  /** Takes the first timer if its time is not after `upTo`; {@link owner} is the subtask that had it. */
  poll(upTo: number): Timer | undefined {
    const queues = this.#queues
    if (queues.length === 1) return (queues[0] as TimerQueue).poll(upTo)
    const again = queues[this.owner]?.poll(Math.min(upTo, this.#bound))
    if (again !== undefined) return again
    this.#choose()
    return queues[this.owner]?.poll(upTo)
  }

  /** Finds the owner of the first timer, and how far it goes before the next owner's turn. */
  #choose(): void {
    const heads = this.#queues.map((queue) => queue.peek()?.time ?? Number.POSITIVE_INFINITY)
    const first = Math.min(...heads)
    this.owner = Math.max(0, heads.indexOf(first))
    // Of equal times those of lower subtasks come first. All times are whole.
    const others = heads.map((time, i) => (i < this.owner ? time - 1 : time))
    others.splice(this.owner, 1)
    this.#bound = Math.min(...others)
  }
}
