import { describe, expect, it } from 'vitest'
import {
  checkParallelism,
  defaultMaxParallelism,
  intersection,
  subtaskOf,
  subtaskRange,
} from './key-group-range.js'

describe('key-group ranges', () => {
  it('cover every group exactly once, and agree with the owner of each group', () => {
    for (const max of [1, 2, 7, 128, 129, 1000]) {
      for (let parallelism = 1; parallelism <= Math.min(max, 40); parallelism++) {
        let next = 0
        for (let index = 0; index < parallelism; index++) {
          const range = subtaskRange(index, parallelism, max)
          expect(range.first).toBe(next)
          for (let group = range.first; group <= range.last; group++) {
            expect(subtaskOf(group, parallelism, max)).toBe(index)
          }
          next = range.last + 1
        }
        expect(next).toBe(max)
      }
    }
  })

  it('have the bounds of Flink as the default max parallelism', () => {
    expect(defaultMaxParallelism(1)).toBe(128)
    expect(defaultMaxParallelism(85)).toBe(128)
    expect(defaultMaxParallelism(86)).toBe(256)
    expect(defaultMaxParallelism(128)).toBe(256)
    expect(defaultMaxParallelism(32_000)).toBe(32_768)
  })

  it('intersect where they overlap and nowhere else', () => {
    expect(intersection({ first: 0, last: 5 }, { first: 5, last: 9 })).toEqual({
      first: 5,
      last: 5,
    })
    expect(intersection({ first: 0, last: 4 }, { first: 5, last: 9 })).toBeUndefined()
  })

  it('refuse a parallelism that no group can carry', () => {
    for (const [parallelism, max] of [
      [0, 128],
      [129, 128],
      [1.5, 128],
      [1, 40_000],
      [Number.NaN, 1],
    ]) {
      expect(() => checkParallelism(Number(parallelism), Number(max))).toThrow(/parallelism/)
    }
  })
})
