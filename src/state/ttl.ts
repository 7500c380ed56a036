/**
 * Time to live of state: its declaration, and the one rule that decides what has expired. The idea and the words are
 * Flink's `StateTtlConfig`; event time is added.
 *
 * A value carries the time of its last write, its timestamp. It has expired once timestamp + time to live <= the time
 * that the clock has reached. The rule is turned round: the *horizon* is the time reached less the time to live, and
 * what has a timestamp up to it has expired. So nothing overflows, and one number per state says what has expired.
 *
 * Invariant: a horizon never goes back; what has expired stays so.
 */
import { type Duration, durationMs } from '../base/duration.js'
import { HoldfastError } from '../base/errors.js'
import { LIMITS } from '../base/limits.js'
import type { StateClock } from './state-clock.js'

/** Which time a time to live is measured in: the machine's, or that of the records. Also written in manifests. */
export type TtlClock = 'processing' | 'event'

/** All clocks, for validation. */
export const TTL_CLOCKS: readonly TtlClock[] = ['processing', 'event']

/** Options of a time to live. */
export interface TtlOptions {
  /** How long state lives after its last write; at least 1 ms, fractions are rounded up. */
  readonly time: Duration
  /** What makes it live its time again. Default: `on-create-and-write`. */
  readonly update?: 'on-create-and-write' | 'on-read-and-write'
  /**
   * Whether what has expired may still be read. `until-cleaned-up`: once, if it is still there; that removes it.
   * Default: `never-expired`.
   */
  readonly visibility?: 'never-expired' | 'until-cleaned-up'
  /**
   * `processing`: written when it is written, expired by the machine's time. `event`: written at the timestamp of the
   * record, expired by the watermark. Default: `processing`.
   */
  readonly clock?: TtlClock
}

/** A time to live, checked. */
export interface Ttl {
  readonly timeMs: number
  readonly refreshedByReads: boolean
  readonly returnsExpired: boolean
  readonly clock: TtlClock
}

/**
 * Checks the options.
 * @throws `INVALID_ARGUMENT`
 */
export function checkedTtl(options: TtlOptions): Ttl {
  const timeMs = Math.ceil(durationMs(options.time, 'ttl.time'))
  if (timeMs < 1) throw invalid('ttl.time', options.time, 'at least 1 ms')
  const update = options.update ?? 'on-create-and-write'
  const visibility = options.visibility ?? 'never-expired'
  const clock = options.clock ?? 'processing'
  checkWord('ttl.update', update, ['on-create-and-write', 'on-read-and-write'])
  checkWord('ttl.visibility', visibility, ['never-expired', 'until-cleaned-up'])
  checkWord('ttl.clock', clock, ['processing', 'event'])
  return Object.freeze({
    timeMs,
    refreshedByReads: update === 'on-read-and-write',
    returnsExpired: visibility === 'until-cleaned-up',
    clock,
  })
}

/**
 * The horizon by a clock; never below `floor`.
 */
export function horizonAt(
  { timeMs, clock }: Pick<Ttl, 'timeMs' | 'clock'>,
  reached: Pick<StateClock, 'now' | 'eventTime'>,
  floor: number,
): number {
  const horizon = (clock === 'event' ? reached.eventTime : reached.now) - timeMs
  return horizon > floor ? Math.floor(horizon) : floor
}

/** A value with its timestamp, as tables keep it under a time to live. Never changed. */
export class Stamped<T = unknown> {
  readonly value: T
  /** A whole number of ms, within ±{@link LIMITS}`.timestampMsMax`. */
  readonly timestamp: number

  constructor(value: T, timestamp: number) {
    this.value = value
    this.timestamp = timestamp
  }
}

/** What the lifetime of a state begins with. */
export interface LifetimeOrigin {
  /** Its name, for errors. */
  readonly state: string
  /** The horizon of the restored checkpoint; `-Infinity`: none. */
  readonly floor: number
}

/** The time to live of one open state: what has expired by now, and what a write is stamped with. */
export class Lifetime {
  readonly refreshedByReads: boolean
  readonly returnsExpired: boolean
  readonly inEventTime: boolean
  readonly #ttl: Ttl
  readonly #clock: StateClock
  readonly #state: string
  #horizon: number
  /** The time that the horizon was found at. */
  #seen = Number.NaN

  constructor(ttl: Ttl, clock: StateClock, { state, floor }: LifetimeOrigin) {
    this.refreshedByReads = ttl.refreshedByReads
    this.returnsExpired = ttl.returnsExpired
    this.inEventTime = ttl.clock === 'event'
    this.#ttl = ttl
    this.#clock = clock
    this.#state = state
    this.#horizon = floor
  }

  /** What has a timestamp up to this has expired. */
  get horizon(): number {
    const reached = this.inEventTime ? this.#clock.eventTime : this.#clock.now
    if (reached !== this.#seen) {
      this.#seen = reached
      this.#horizon = horizonAt(this.#ttl, this.#clock, this.#horizon)
    }
    return this.#horizon
  }

  /**
   * The timestamp of a write. In event time a late record does not make state older than it was.
   * @param before the timestamp of what is written over; `undefined`: nothing, or it does not matter
   * @throws `INVALID_STATE` in event time without a timestamp
   */
  stamp(before: number | undefined): number {
    if (!this.inEventTime) return Math.floor(this.#clock.now)
    const { timestamp } = this.#clock
    if (timestamp === undefined) throw noTimestamp(this.#state)
    if (!Number.isInteger(timestamp) || Math.abs(timestamp) > LIMITS.timestampMsMax) {
      throw new HoldfastError(
        'INVALID_STATE',
        `state "${this.#state}": the timestamp ${timestamp} is no whole number of ms within ±${LIMITS.timestampMsMax}; nothing was changed`,
      )
    }
    return before === undefined ? timestamp : Math.max(before, timestamp)
  }

  /** The timestamp after a read: the same, or a newer one. Reading needs no timestamp of a record. */
  refreshed(timestamp: number): number {
    const { now, timestamp: at } = this.#clock
    const read = this.inEventTime ? (at ?? timestamp) : Math.floor(now)
    return Math.max(read, timestamp)
  }
}

function noTimestamp(state: string): HoldfastError {
  return new HoldfastError(
    'INVALID_STATE',
    `state "${state}" has a time to live in event time and was written without a timestamp; say when records happened by ` +
      'stream.withTimestamps((record) => ms) before keyBy, or use clock: "processing"; nothing was changed',
  )
}

function checkWord(option: string, word: string, words: readonly string[]): void {
  if (!words.includes(word)) throw invalid(option, word, words.join(' or '))
}

function invalid(option: string, value: unknown, wanted: string): HoldfastError {
  return new HoldfastError(
    'INVALID_ARGUMENT',
    `${option}: ${JSON.stringify(value)} is not possible; it is ${wanted}`,
  )
}
