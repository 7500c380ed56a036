/** Timers of embedded state: they fire when its owner says how far time is, all at once and synchronously. */
import type { KeyedStateBackend } from '../backend/state-backend.js'
import { HoldfastError } from '../base/errors.js'
import type { Key, KeyType } from '../state/key.js'
import type { StateClock } from '../state/state-clock.js'
import type { TimeDomain } from '../state/timer-queues.js'
import type { FiredTimer, TimerService } from './graph.js'
import type { JobTime } from './job-time.js'
import type { Keying } from './keying.js'
import { KeyTimers, queuesOf, type TimerQueues } from './timers.js'

/** What `onTimer` of embedded state gets besides timer and states; only valid during the call. */
export interface StoreTimerContext {
  readonly key: Key
}

/** What the timers of a store are made of. */
export interface StoreTimersParts {
  /** Named in errors. */
  readonly uid: string
  readonly backend: KeyedStateBackend
  readonly keying: Keying
  readonly clock: StateClock
  readonly time: JobTime
  /** `undefined`: the store can have no timers. */
  readonly onTimer: ((timer: FiredTimer, context: StoreTimerContext) => void) | undefined
}

/** The timers of one store. */
export class StoreTimers {
  /** What users register with. */
  readonly service: TimerService
  readonly #parts: StoreTimersParts
  readonly #queues: TimerQueues | undefined

  constructor(parts: StoreTimersParts) {
    this.#parts = parts
    this.#queues = parts.onTimer && queuesOf(parts.backend)
    this.service = new KeyTimers(parts.uid, parts.clock, this.#queues)
  }

  /** Moves the state clock to the present. */
  tick(): number {
    const { clock, time } = this.#parts
    clock.now = time.read()
    return clock.now
  }

  /** Throws `INVALID_ARGUMENT` for NaN and fractions; nothing is changed then. */
  advanceWatermark(watermark: number): void {
    if (!Number.isSafeInteger(watermark) && watermark !== Number.POSITIVE_INFINITY) {
      throw new HoldfastError(
        'INVALID_ARGUMENT',
        `${watermark} cannot be a watermark; it is a whole number of milliseconds, or Infinity at the end`,
      )
    }
    const { clock } = this.#parts
    if (watermark > clock.watermark) clock.watermark = watermark
    this.tick()
    this.#fire('event', clock.watermark)
  }

  advanceTime(): void {
    this.#fire('processing', this.tick())
  }

  #fire(domain: TimeDomain, upTo: number): void {
    const { backend, clock, keying, onTimer } = this.#parts
    const queue = this.#queues?.[domain]
    for (let timer = queue?.poll(upTo); timer !== undefined; timer = queue?.poll(upTo)) {
      const { time, key, keyGroup } = timer
      backend.setCurrentKey(key, keyGroup, keying.type as KeyType)
      clock.timestamp = domain === 'event' ? time : undefined
      onTimer?.({ time, domain }, { key })
    }
    clock.timestamp = undefined
  }
}
