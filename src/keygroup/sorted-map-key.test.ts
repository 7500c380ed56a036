import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ByteReader, ByteWriter, compareBytes } from '../base/bytes.js'
import { checkedKey, type Key, keyTypeOf } from '../state/key.js'
import { readOrdered } from './ordered.js'
import { compareMapKeys, writeSortedMapKey } from './sorted-map-key.js'

const part = fc.oneof(
  fc.double({ noNaN: true }),
  fc.integer({ min: -3, max: 3 }),
  fc.maxSafeInteger(),
  fc.string({ unit: 'binary', maxLength: 4 }),
  fc.boolean(),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.uint8Array({ maxLength: 4 }),
)
const anyKey = fc
  .oneof(part, fc.array(part, { minLength: 1, maxLength: 3 }), fc.record({ a: part, b: part }))
  .map((key: Key) => checkedKey(key, keyTypeOf(key)))

function bytesOf(key: Key): Uint8Array {
  const out = new ByteWriter()
  writeSortedMapKey(out, key)
  return out.copy()
}

describe('the map keys of ordered state', () => {
  it('are in the same order as their bytes, and come back from them', () => {
    fc.assert(
      fc.property(anyKey, anyKey, (a, b) => {
        const byBytes = compareBytes(bytesOf(a), bytesOf(b))
        expect(Math.sign(compareMapKeys(a, b))).toBe(Math.sign(byBytes))
        expect(readOrdered(new ByteReader(bytesOf(a), 'a map key'))).toEqual(a)
      }),
      { numRuns: 1000 },
    )
  })

  it('have numbers in order of size, whole or not', () => {
    const numbers = fc.oneof(fc.double({ noNaN: true }), fc.integer({ min: -9, max: 9 }))
    fc.assert(
      fc.property(numbers, numbers, (x, y) => {
        const [a, b] = [x === 0 ? 0 : x, y === 0 ? 0 : y]
        expect(Math.sign(compareMapKeys(a, b))).toBe(a < b ? -1 : a > b ? 1 : 0)
        expect(Math.sign(compareBytes(bytesOf(a), bytesOf(b)))).toBe(a < b ? -1 : a > b ? 1 : 0)
      }),
    )
  })
})
