import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TimerRuns } from './timer-runs.js'
import { SortedTimes } from './timer-sort.js'

const MAX = Number.MAX_SAFE_INTEGER
const GROUPS = 7

/** Buckets are numbers whose key group is their remainder. */
const groupOf = (bucket: number): number => bucket % GROUPS

/** Times as they may come: few or many, near or far, negative too. */
const spreads = fc.constantFrom(3, 1000, 86_400_000, 2 ** 33, 2 ** 45, MAX)

describe('a sorted list of buckets', () => {
  it('is in order of time, then key group, over any range of times', () => {
    fc.assert(
      fc.property(
        spreads.chain((spread) => fc.array(fc.maxSafeInteger().map((n) => n % spread))),
        (times) => {
          // One bucket per time and group.
          const entries = [...new Set(times)].flatMap((time, i) => [
            { time, bucket: i * GROUPS + 3 },
            { time, bucket: i * GROUPS + 1 },
          ])
          const list = new SortedTimes(entries.length)
          for (const { time, bucket } of entries) list.append(time, bucket)
          list.sort(groupOf)
          const sorted = entries.toSorted((a, b) => a.time - b.time || a.bucket - b.bucket)
          expect([...list.times]).toEqual(sorted.map(({ time }) => time))
          expect([...list.buckets]).toEqual(sorted.map(({ bucket }) => bucket))
        },
      ),
    )
  })
})

describe('the runs of a queue', () => {
  it('give buckets in order, whatever is added, taken and dropped between', () => {
    const phase = fc.record({
      add: fc.nat(9000),
      spread: spreads,
      from: fc.integer({ min: -2000, max: 2000 }),
      step: fc.integer({ min: -3, max: 3 }),
      pop: fc.nat(9000),
      prune: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(phase, { maxLength: 6 }), (phases) => {
        let touched = 0
        const runs = new TimerRuns(groupOf, (buckets) => {
          touched += buckets.length
        })
        let entries: { time: number; bucket: number }[] = []
        const known = new Set<number>()
        let bucket = 0
        const byPlace = (a: { time: number; bucket: number }, b: typeof a): number =>
          a.time - b.time || groupOf(a.bucket) - groupOf(b.bucket)
        for (const { add, spread, from, step, pop, prune } of phases) {
          for (let i = 0; i < add; i++) {
            const time = step === 0 ? ((i * 7_919_993) % spread) + from : from + i * step
            const place = time * GROUPS + groupOf(bucket)
            if (!Number.isSafeInteger(time) || known.has(place)) bucket++
            else {
              known.add(place)
              runs.push(time, bucket)
              entries.push({ time, bucket: bucket++ })
            }
          }
          entries.sort(byPlace)
          const taken = entries.splice(0, pop)
          for (const expected of taken) {
            if (runs.firstTime !== expected.time) expect(runs.firstTime).toBe(expected.time)
            if (runs.first !== expected.bucket) expect(runs.first).toBe(expected.bucket)
            runs.pop()
          }
          if (prune) {
            runs.prune((one) => one % 3 !== 0)
            entries = entries.filter((one) => one.bucket % 3 !== 0)
          }
          expect(runs.length).toBe(entries.length)
        }
        for (const expected of entries) {
          if (runs.first !== expected.bucket) expect(runs.first).toBe(expected.bucket)
          runs.pop()
        }
        expect([runs.first, runs.firstTime, runs.length]).toEqual([-1, Number.POSITIVE_INFINITY, 0])
        expect(touched).toBeLessThanOrEqual(4 * bucket)
      }),
      { numRuns: 12 },
    )
  })

  it('are merged when there are many, and still give every bucket in order', () => {
    const runs = new TimerRuns(groupOf, () => undefined)
    const count = 300 * 4096
    for (let i = 0; i < count; i++) runs.push((i * 7_919) % count, i)
    let outOfOrder = 0
    for (let time = 0; time < count; time++) {
      if (runs.firstTime !== time) outOfOrder++
      runs.pop()
    }
    expect(outOfOrder).toBe(0)
    expect(runs.length).toBe(0)
  })
})
