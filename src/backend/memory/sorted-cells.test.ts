/** Against a plain sorted array: ranges, and going through cells while they come and go, over splits and merges. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compareMapKeys } from '../../keygroup/sorted-map-key.js'
import type { MapRange } from '../state-table.js'
import { Cell, Home } from './cell.js'
import { SortedCells } from './sorted-cells.js'

const home = new Home(0, undefined, 'k')
const SPAN = 4000

/** The cells and what they should be: sorted numbers. */
class Pair {
  readonly sorted = new SortedCells(compareMapKeys)
  readonly cells = new Map<number, Cell>()

  put(key: number): void {
    if (this.cells.has(key)) return
    const cell = new Cell(key, home)
    this.cells.set(key, cell)
    this.sorted.insert(cell)
  }

  remove(key: number): void {
    const cell = this.cells.get(key)
    if (cell === undefined) return
    this.cells.delete(key)
    this.sorted.delete(cell)
  }

  expected(range: MapRange): number[] {
    const keys = [...this.cells.keys()].filter((key) => within(key, range)).sort((a, b) => a - b)
    if (range.reverse) keys.reverse()
    return keys.slice(0, range.limit)
  }

  found(range: MapRange): number[] {
    return Array.from(this.sorted.cells(range), ({ key }) => key as number)
  }
}

function within(key: number, { low, lowIncluded, high, highIncluded }: MapRange): boolean {
  const [from, to] = [low as number | undefined, high as number | undefined]
  const above = from === undefined || key > from || (lowIncluded && key === from)
  return above && (to === undefined || key < to || (highIncluded && key === to))
}

const bound = fc.option(fc.integer({ min: -5, max: SPAN + 5 }), { nil: undefined })
const anyRange: fc.Arbitrary<MapRange> = fc.record({
  low: bound,
  lowIncluded: fc.boolean(),
  high: bound,
  highIncluded: fc.boolean(),
  reverse: fc.boolean(),
  limit: fc.oneof(fc.constant(Number.POSITIVE_INFINITY), fc.nat({ max: 20 })),
})

/** A stretch of keys, put or removed upwards, downwards or scattered: long enough to split and merge leaves. */
const stretch = fc.record({
  put: fc.boolean(),
  start: fc.nat({ max: SPAN }),
  count: fc.oneof(fc.nat({ max: 5 }), fc.nat({ max: 1500 })),
  step: fc.constantFrom(1, -1, 2, 7, 1237),
})
type Stretch = typeof stretch extends fc.Arbitrary<infer S> ? S : never

function play(pair: Pair, { put, start, count, step }: Stretch): void {
  for (let i = 0; i < count; i++) {
    const key = (((start + i * step) % SPAN) + SPAN) % SPAN
    if (put) pair.put(key)
    else pair.remove(key)
  }
}

describe('sorted cells', () => {
  it('hold what a sorted array would, in every range, after any stretches of additions and removals', () => {
    const history = fc.array(stretch, { minLength: 1, maxLength: 8 })
    fc.assert(
      fc.property(history, fc.array(anyRange, { maxLength: 5 }), (stretches, ranges) => {
        const pair = new Pair()
        for (const one of stretches) {
          play(pair, one)
          for (const range of ranges) {
            const expected = pair.expected(range)
            expect(pair.found(range)).toEqual(expected)
            expect(pair.sorted.first(range)?.key).toBe(expected[0])
          }
        }
      }),
      { numRuns: 60 },
    )
  })

  it('are gone through in order while they change: each that stays once, none that is gone before it is reached', () => {
    const changes = fc.array(stretch, { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(
        stretch,
        anyRange,
        changes,
        fc.integer({ min: 1, max: 300 }),
        (first, range, ...more) => {
          const [stretches, pace] = more
          const pair = new Pair()
          play(pair, { ...first, put: true })
          const stayed = new Set(pair.expected({ ...range, limit: Number.POSITIVE_INFINITY }))
          const seen: number[] = []
          let next = 0
          for (const { key } of pair.sorted.cells(range)) {
            expect(pair.cells.has(key as number)).toBe(true)
            seen.push(key as number)
            if (seen.length % pace !== 0 || next === stretches.length) continue
            play(pair, stretches[next++] as Stretch)
            for (const one of stayed) if (!pair.cells.has(one)) stayed.delete(one)
          }
          const inOrder = [...new Set(seen)].sort((a, b) => (range.reverse ? b - a : a - b))
          expect(seen).toEqual(inOrder)
          expect(seen.length).toBeLessThanOrEqual(range.limit)
          const reached = new Set(seen)
          if (seen.length < range.limit)
            expect([...stayed].filter((one) => !reached.has(one))).toEqual([])
        },
      ),
      { numRuns: 60 },
    )
  })
})
