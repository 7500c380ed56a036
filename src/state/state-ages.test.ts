import { describe, expect, it } from 'vitest'
import {
  agesAt,
  beginsEra,
  newAges,
  type RowAge,
  resumedAges,
  rowAges,
  type StateAges,
} from './state-ages.js'
import { checkedTtl, type Ttl, type TtlOptions } from './ttl.js'

const ttl = (time: number, options: Omit<TtlOptions, 'time'> = {}): Ttl =>
  checkedTtl({ time, ...options })
const at = (now: number, eventTime = Number.NEGATIVE_INFINITY) => ({ now, eventTime })

/** What a reader finds dead, by schema number. */
function dead(ages: StateAges): (RowAge | undefined)[] {
  return rowAges(ages, false).schemas.slice(1)
}

function upTo(stamped: boolean, deadUpTo: number): RowAge {
  return { stamped, deadUpTo }
}

const NONE = Number.NEGATIVE_INFINITY
const ALL = Number.POSITIVE_INFINITY

describe('the ages of a state', () => {
  it('say that nothing expires of a state without a time to live', () => {
    expect(dead(agesAt(newAges(undefined), undefined, at(1e15)))).toEqual([upTo(false, NONE)])
  })

  it('make expired what is up to the horizon of the checkpoint', () => {
    expect(dead(agesAt(newAges(ttl(10)), ttl(10), at(100)))).toEqual([upTo(true, 90)])
  })

  it('keep dead what was, when the time to live is lengthened; shortened, more expires', () => {
    const kept = agesAt(newAges(ttl(10)), ttl(10), at(100))
    for (const [time, expected] of [
      [1000, 90],
      [1, 109],
    ] as const) {
      const now = resumedAges(kept, { ttl: ttl(time), schema: 1, at: at(100) })
      expect(dead(agesAt(now, ttl(time), at(110)))).toEqual([upTo(true, expected)])
    }
  })

  it('stop when the time to live is taken away, and what was dead stays so', () => {
    const kept = agesAt(newAges(ttl(10)), ttl(10), at(100))
    expect(beginsEra(kept, undefined)).toBe(true)
    const off = resumedAges(kept, { ttl: undefined, schema: 2, at: at(100) })
    expect(dead(agesAt(off, undefined, at(10_000)))).toEqual([upTo(true, 90), upTo(false, NONE)])
  })

  it('begin at the checkpoint when a time to live is given to old state, and go on across restarts', () => {
    const kept = newAges(undefined)
    let ages = resumedAges(kept, { ttl: ttl(10), schema: 2, at: at(100) })
    for (const now of [104, 109]) {
      ages = agesAt(ages, ttl(10), at(now))
      expect(dead(ages)).toEqual([upTo(false, NONE), upTo(true, now - 10)])
      ages = resumedAges(ages, { ttl: ttl(10), schema: 2, at: at(now) })
    }
    expect(dead(agesAt(ages, ttl(10), at(110)))).toEqual([upTo(false, ALL), upTo(true, 100)])
  })

  it('begin anew when a time to live is given again, whatever timestamps there are', () => {
    const first = agesAt(newAges(ttl(10)), ttl(10), at(100))
    const off = resumedAges(first, { ttl: undefined, schema: 2, at: at(100) })
    const on = resumedAges(off, { ttl: ttl(10), schema: 3, at: at(500) })
    expect(dead(agesAt(on, ttl(10), at(509)))).toEqual([
      upTo(true, 90),
      upTo(false, NONE),
      upTo(true, 499),
    ])
    const over = agesAt(on, ttl(10), at(510))
    expect(dead(over)).toEqual([upTo(true, ALL), upTo(false, ALL), upTo(true, 500)])
    const offAgain = resumedAges(over, { ttl: undefined, schema: 4, at: at(510) })
    expect(dead(offAgain)).toEqual([
      upTo(true, ALL),
      upTo(false, ALL),
      upTo(true, 500),
      upTo(false, NONE),
    ])
  })

  it('begin anew by another clock: at the watermark, or the machine time before the first', () => {
    const kept = agesAt(newAges(ttl(10)), ttl(10), at(1000, 200))
    const event = ttl(10, { clock: 'event' })
    for (const [watermark, since] of [
      [200, 200],
      [NONE, 1000],
    ] as const) {
      const now = resumedAges(kept, { ttl: event, schema: 2, at: at(1000, watermark) })
      expect(now.schemas.get(1)).toEqual({ stamped: true, dead: 990, since })
      expect(dead(agesAt(now, event, at(9999, since + 9)))).toEqual([
        upTo(true, 990),
        upTo(true, since - 1),
      ])
      expect(dead(agesAt(now, event, at(9999, since + 10)))).toEqual([
        upTo(true, ALL),
        upTo(true, since),
      ])
    }
  })

  it('keep one era for schemas of other serializers', () => {
    const kept = agesAt(newAges(ttl(10)), ttl(10), at(100))
    expect(beginsEra(kept, ttl(99))).toBe(false)
    const now = resumedAges(kept, { ttl: ttl(10), schema: 2, at: at(100) })
    expect(dead(agesAt(now, ttl(10), at(120)))).toEqual([upTo(true, 110), upTo(true, 110)])
  })
})
