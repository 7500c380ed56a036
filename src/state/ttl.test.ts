import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LIMITS } from '../base/limits.js'
import { StateClock } from './state-clock.js'
import { checkedTtl, horizonAt, Lifetime, type TtlOptions } from './ttl.js'

function lifetime(options: TtlOptions, floor = Number.NEGATIVE_INFINITY) {
  const clock = new StateClock()
  return { clock, life: new Lifetime(checkedTtl(options), clock, { state: 'state', floor }) }
}

const time = fc.integer({ min: -(2 ** 40), max: 2 ** 40 })
const duration = fc.integer({ min: 1, max: 2 ** 40 })

describe('the horizon', () => {
  it('makes a timestamp expired exactly from timestamp + time to live on, by either clock', () => {
    fc.assert(
      fc.property(time, duration, fc.constantFrom('processing', 'event'), (at, timeMs, clock) => {
        for (const [late, expired] of [
          [-1, false],
          [0, true],
          [1, true],
        ] as const) {
          const reached = { now: at + timeMs + late, eventTime: at + timeMs + late }
          const horizon = horizonAt({ timeMs, clock }, reached, Number.NEGATIVE_INFINITY)
          expect(at <= horizon).toBe(expired)
        }
      }),
    )
  })

  it('does not overflow: the longest time to live never comes to its end', () => {
    for (const longest of [Number.MAX_SAFE_INTEGER, Number.MAX_VALUE]) {
      const { clock, life } = lifetime({ time: longest })
      clock.now = LIMITS.timestampMsMax
      expect(0 <= life.horizon).toBe(false)
    }
  })

  it('never goes back, whatever the clock does, nor below that of the checkpoint', () => {
    fc.assert(
      fc.property(fc.array(time, { minLength: 1 }), duration, time, (times, timeMs, floor) => {
        const { clock, life } = lifetime({ time: timeMs }, floor)
        const seen = times.map((now) => {
          clock.now = now
          return life.horizon
        })
        expect(seen).toEqual(
          times.map((_, i) => Math.max(floor, ...times.slice(0, i + 1).map((one) => one - timeMs))),
        )
      }),
    )
  })

  it('stays where it is at the end of the input, and before the first watermark', () => {
    const { clock, life } = lifetime({ time: 10, clock: 'event' })
    expect(life.horizon).toBe(Number.NEGATIVE_INFINITY)
    clock.watermark = 25
    expect(life.horizon).toBe(15)
    clock.watermark = Number.POSITIVE_INFINITY
    expect(life.horizon).toBe(15)
  })
})

describe('a timestamp', () => {
  it('is the whole millisecond of a write in processing time', () => {
    const { clock, life } = lifetime({ time: 10 })
    clock.now = 12.9
    expect(life.stamp(undefined)).toBe(12)
  })

  it("is the record's in event time, before 1970 too, and a late record does not lower it", () => {
    const { clock, life } = lifetime({ time: 10, clock: 'event' })
    clock.timestamp = -5
    expect(life.stamp(undefined)).toBe(-5)
    expect(life.stamp(-6)).toBe(-5)
    expect(life.stamp(-4)).toBe(-4)
  })

  it('is missed by a write in event time and not by a read', () => {
    const { clock, life } = lifetime({ time: 10, clock: 'event', update: 'on-read-and-write' })
    expect(() => life.stamp(3)).toThrow(/withTimestamps/)
    expect(life.refreshed(3)).toBe(3)
    for (const bad of [0.5, Number.NaN, 2 ** 52, -(2 ** 52)]) {
      clock.timestamp = bad
      expect(() => life.stamp(undefined)).toThrow(
        expect.objectContaining({ code: 'INVALID_STATE' }),
      )
    }
  })

  it('is only ever raised by a read', () => {
    for (const options of [{ time: 10 }, { time: 10, clock: 'event' }] as const) {
      const { clock, life } = lifetime({ ...options, update: 'on-read-and-write' })
      clock.now = clock.timestamp = 7
      expect([life.refreshed(6), life.refreshed(7), life.refreshed(8)]).toEqual([7, 7, 8])
    }
  })
})

describe('the options', () => {
  it('have defaults, and round up to whole milliseconds', () => {
    expect(checkedTtl({ time: '1h' })).toEqual({
      timeMs: 3_600_000,
      refreshedByReads: false,
      returnsExpired: false,
      clock: 'processing',
    })
    expect(checkedTtl({ time: 0.5 }).timeMs).toBe(1)
  })

  it('are refused by name', () => {
    const wrong: [string, object][] = [
      ['ttl.time', { time: 0 }],
      ['ttl.time', { time: -1 }],
      ['ttl.time', { time: 'soon' }],
      ['ttl.time', { time: Number.POSITIVE_INFINITY }],
      ['ttl.update', { time: 1, update: 'on-read' }],
      ['ttl.visibility', { time: 1, visibility: 'always' }],
      ['ttl.clock', { time: 1, clock: 'wall' }],
    ]
    for (const [option, options] of wrong) {
      expect(() => checkedTtl(options as TtlOptions)).toThrow(
        expect.objectContaining({
          code: 'INVALID_ARGUMENT',
          message: expect.stringContaining(option),
        }),
      )
    }
  })
})
