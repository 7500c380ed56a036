/**
 * Time to live by the oracle's own arithmetic (docs/guide/ttl.md): a part of a state has expired once its time plus its
 * time to live is reached. What has expired stays in the oracle until it is certain that no read can meet it again.
 */
import type { Moment } from '../state/state-ages.js'
import type { StateClock } from '../state/state-clock.js'
import type { AgingName, AgingRules } from './model-states.js'
import type { Kept, Oracle, OraclePlace } from './oracle.js'

/** A part of a state that expires by itself: all of a value, an element, an entry. */
export interface Aged {
  /** Its map key, or the time that it has in a time list. */
  readonly at: unknown
  readonly value: unknown
  readonly timestamp: number
}

/** What a read meets. */
export interface Met {
  readonly living: readonly Aged[]
  /** What a read may show as well, or not: it has expired, and may still be there. */
  readonly maybe: readonly Aged[]
}

/** What has a time to live, in an oracle. */
export class OracleAges {
  readonly #rules: AgingRules
  readonly #clock: StateClock

  constructor(rules: AgingRules, clock: StateClock) {
    this.#rules = rules
    this.#clock = clock
  }

  /** Whether what is kept there has a time to live. */
  ages({ name }: OraclePlace): boolean {
    return name in this.#rules
  }

  /** Everything there, expired or not. */
  all(oracle: Oracle, at: OraclePlace): readonly Aged[] {
    return (oracle.get(at) as readonly Aged[] | undefined) ?? []
  }

  living(oracle: Oracle, at: OraclePlace): Aged[] {
    return this.all(oracle, at).filter((aged) => this.lives(at, aged))
  }

  lives({ name }: OraclePlace, { timestamp }: Aged, moment: Moment = this.#clock): boolean {
    const { time, clock } = this.#rules[name as AgingName]
    return timestamp + time > (clock === 'event' ? moment.eventTime : moment.now)
  }

  /** From when on, by its clock, a part has expired. */
  endOf({ name }: OraclePlace, { timestamp }: Aged): number {
    return timestamp + this.#rules[name as AgingName].time
  }

  isInEventTime({ name }: OraclePlace): boolean {
    return this.#rules[name as AgingName].clock === 'event'
  }

  meet(at: OraclePlace, parts: readonly Aged[]): Met {
    const living = parts.filter((aged) => this.lives(at, aged))
    const shown = this.#rules[at.name as AgingName].visibility === 'until-cleaned-up'
    return { living, maybe: shown ? parts.filter((aged) => !living.includes(aged)) : [] }
  }

  /** These parts are read: those that live may live longer, and the others are gone. */
  read(oracle: Oracle, at: OraclePlace, parts: readonly Aged[] = this.all(oracle, at)): Met {
    const met = this.meet(at, parts)
    const read = new Set(parts)
    const after = this.all(oracle, at).flatMap((aged) => {
      if (!read.has(aged)) return [aged]
      return this.lives(at, aged) ? [this.#refreshed(at, aged)] : []
    })
    oracle.set(at, after)
    return met
  }

  /** The timestamp of a write. `before`: what is written over. */
  stamp({ name }: OraclePlace, before?: Aged): number {
    const { now, timestamp } = this.#clock
    if (this.#rules[name as AgingName].clock === 'processing') return Math.trunc(now)
    return Math.max(before?.timestamp ?? Number.NEGATIVE_INFINITY, timestamp as number)
  }

  /** What of an oracle lives at a moment; the rest is not there any more. */
  survivors(oracle: Oracle, moment: Moment): Oracle {
    const survivors = oracle.copy()
    for (const { at, content } of oracle.places()) {
      if (!this.ages(at)) continue
      const all = content as readonly Aged[]
      survivors.set(
        at,
        all.filter((aged) => this.lives(at, aged, moment)),
      )
    }
    return survivors
  }

  /** What is there now: all that has no time to live, and the parts that live of what has one. */
  present(oracle: Oracle): Kept[] {
    return [...oracle.places()].flatMap((kept) => {
      if (!this.ages(kept.at)) return [kept]
      const content = this.living(oracle, kept.at)
      return content.length > 0 ? [{ at: kept.at, content }] : []
    })
  }

  #refreshed({ name }: OraclePlace, aged: Aged): Aged {
    const { update, clock } = this.#rules[name as AgingName]
    if (update === 'on-create-and-write') return aged
    const { now, timestamp } = this.#clock
    const read = clock === 'event' ? (timestamp ?? aged.timestamp) : Math.trunc(now)
    return read > aged.timestamp ? { ...aged, timestamp: read } : aged
  }
}
