import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { javaHash, keyGroupOf } from '../../src/keygroup/hash.js'
import { defaultMaxParallelism, subtaskRange } from '../../src/keygroup/key-group-range.js'
import { checkedKey, type Key, type KeyType } from '../../src/state/key.js'

/** Made by Flink's own classes: src/main/java/KeyGroups.java. */
interface Vectors {
  readonly max: readonly number[]
  readonly keys: readonly (readonly [
    string,
    string | readonly string[],
    number,
    readonly number[],
  ])[]
  readonly ranges: readonly (readonly [number, number, number, number, number])[]
  readonly defaults: readonly (readonly [number, number])[]
}

const vectors = JSON.parse(
  readFileSync(new URL('./key-groups.json', import.meta.url), 'utf8'),
) as Vectors

/** By the name of a type in the vectors: ours, and how the text of a key is read. */
const TYPES: Readonly<Record<string, readonly [KeyType, (text: never) => Key]>> = {
  string: ['string', (text: string) => text],
  long: ['long', Number],
  double: ['double', Number],
  boolean: ['boolean', (text: string) => text === 'true'],
  tuple: ['tuple(string,long)', ([text, number]: [string, string]) => [text, Number(number)]],
}

describe("Flink's own key groups", () => {
  for (const [name, [type, read]] of Object.entries(TYPES)) {
    it(`are ours for every ${name} key`, () => {
      const keys = vectors.keys.filter(([one]) => one === name)
      expect(keys.length).toBeGreaterThan(1)
      for (const [, text, hashCode, groups] of keys) {
        const key = checkedKey(read(text as never), type)
        expect(javaHash(key, type), String(text)).toBe(hashCode)
        expect(
          vectors.max.map((max) => keyGroupOf(key, type, max)),
          String(text),
        ).toEqual(groups)
      }
    })
  }

  it('are ours for longs as bigints, and for the values of a tuple as a struct', () => {
    for (const [name, text, hashCode] of vectors.keys) {
      if (name === 'long') expect(javaHash(BigInt(text as string), 'bigint')).toBe(hashCode)
      if (name !== 'tuple') continue
      const key = { a: text[0] as string, b: BigInt(text[1] as string) }
      expect(javaHash(key, 'struct(a:string,b:bigint)')).toBe(hashCode)
    }
  })

  it('know every type of the vectors', () => {
    expect(new Set(vectors.keys.map(([name]) => name))).toEqual(new Set(Object.keys(TYPES)))
  })

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
