import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { javaHash, keyGroupOf } from '../../src/keygroup/hash.js'
import { defaultMaxParallelism, subtaskRange } from '../../src/keygroup/key-group-range.js'
import type { Key, KeyType } from '../../src/state/key.js'

/** Made by Flink's own classes: src/main/java/KeyGroups.java. */
interface Vectors {
  readonly max: readonly number[]
  readonly keys: readonly (readonly [string, string, number, readonly number[]])[]
  readonly ranges: readonly (readonly [number, number, number, number, number])[]
  readonly defaults: readonly (readonly [number, number])[]
}

const vectors = JSON.parse(
  readFileSync(new URL('./key-groups.json', import.meta.url), 'utf8'),
) as Vectors

function keyOf(type: KeyType, text: string): Key {
  if (type === 'string') return text
  return type === 'boolean' ? text === 'true' : Number(text)
}

describe("Flink's own key groups", () => {
  for (const type of ['string', 'long', 'double', 'boolean'] as const) {
    it(`are ours for every ${type} key`, () => {
      const keys = vectors.keys.filter(([one]) => one === type)
      expect(keys.length).toBeGreaterThan(1)
      for (const [, text, hashCode, groups] of keys) {
        const key = keyOf(type, text)
        expect(javaHash(key, type), text).toBe(hashCode)
        expect(
          vectors.max.map((max) => keyGroupOf(key, type, max)),
          text,
        ).toEqual(groups)
      }
    })
  }

  it('belong to the same subtask', () => {
    for (const [max, parallelism, index, first, last] of vectors.ranges) {
      expect(subtaskRange(index, parallelism, max)).toEqual({ first, last })
    }
  })

  it('have the same number by default', () => {
    for (const [parallelism, max] of vectors.defaults) {
      expect(defaultMaxParallelism(parallelism)).toBe(max)
    }
  })
})
