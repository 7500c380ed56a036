import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ByteReader, ByteWriter, compareBytes, startsWith } from '../base/bytes.js'
import { type Key, keyTypeOf } from '../state/key.js'
import { readOrdered, writeOrdered } from './ordered.js'
import { readRowKey, writeMapKey, writeRowPrefix } from './row-key.js'

const anyString = fc.string({ unit: 'binary', maxLength: 12 })
const surrogates = fc
  .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 6 })
  .map((units) => String.fromCharCode(...units))
const anyLong = fc.maxSafeInteger().map((value) => (value === 0 ? 0 : value))
const anyDouble = fc.double({ noNaN: true }).map((value) => (value === 0 ? 0 : value))
const anyKey: fc.Arbitrary<Key> = fc.oneof(anyString, surrogates, anyLong, anyDouble, fc.boolean())

function encode(value: Key): Uint8Array {
  const out = new ByteWriter(4)
  writeOrdered(out, value, keyTypeOf(value))
  return out.copy()
}

/** Order by code points, which is what UTF-8 keeps. */
function compareText(a: string, b: string): number {
  const [x, y] = [[...a], [...b]]
  for (let i = 0; i < Math.min(x.length, y.length); i++) {
    const difference = (x[i]?.codePointAt(0) ?? 0) - (y[i]?.codePointAt(0) ?? 0)
    if (difference !== 0) return Math.sign(difference)
  }
  return Math.sign(x.length - y.length)
}

describe('ordered bytes', () => {
  it('bring back every key, and say where it ends', () => {
    fc.assert(
      fc.property(anyKey, (key) => {
        const from = new ByteReader(encode(key), 'test')
        expect(readOrdered(from)).toBe(key)
        expect(from.done).toBe(true)
      }),
      { numRuns: 3000 },
    )
  })

  it('bring back long texts, whatever comes before and after them, and whatever one unit of them is', () => {
    const filler = fc.constantFrom('a', '\x01', '\x7f')
    const odd = fc.constantFrom('', '\0', '\x7f', '\x80', 'é', '→', '😀', '\ud800')
    fc.assert(
      fc.property(filler, odd, fc.nat(6000), fc.nat(6000), (unit, other, before, after) => {
        const text = unit.repeat(before) + other + unit.repeat(after)
        const out = new ByteWriter(4)
        for (const key of ['first', text, 'last']) writeOrdered(out, key, 'string')
        const from = new ByteReader(out.copy().subarray(), 'test')
        expect([readOrdered(from), readOrdered(from), readOrdered(from)]).toEqual([
          'first',
          text,
          'last',
        ])
        expect(from.done).toBe(true)
      }),
      { numRuns: 200 },
    )
  })

  it('keep the order of integers, of doubles and of texts', () => {
    const ordered = <T extends Key>(
      values: fc.Arbitrary<T>,
      compare: (a: T, b: T) => number,
    ): void =>
      fc.assert(
        fc.property(values, values, (a, b) => {
          expect(Math.sign(compareBytes(encode(a), encode(b)))).toBe(compare(a, b))
        }),
        { numRuns: 2000 },
      )
    ordered(anyLong, (a, b) => Math.sign(a - b))
    ordered(
      anyDouble.filter((value) => !Number.isSafeInteger(value)),
      (a, b) => (a < b ? -1 : a > b ? 1 : 0),
    )
    ordered(anyString, compareText)
  })

  it('are never a prefix of one another', () => {
    fc.assert(
      fc.property(anyKey, anyKey, (a, b) => {
        if (a !== b) expect(startsWith(encode(a), encode(b))).toBe(false)
      }),
      { numRuns: 3000 },
    )
  })

  it('never run over the end or hang on hostile bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 24 }), (bytes) => {
        try {
          const row = readRowKey(bytes)
          expect(row.keyGroup).toBeLessThan(65_536)
        } catch (error) {
          expect(error).toMatchObject({ code: 'CORRUPT' })
        }
      }),
      { numRuns: 3000 },
    )
  })
})

describe('row keys', () => {
  it('bring back group, key and map key, and sort by group first', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 32_767 }), anyKey, anyKey, (group, key, mapKey) => {
        const out = new ByteWriter()
        writeRowPrefix(out, group, key, keyTypeOf(key), undefined)
        const prefix = out.copy()
        writeMapKey(out, mapKey)
        expect(readRowKey(out.view())).toEqual({
          keyGroup: group,
          key,
          namespace: undefined,
          mapKey,
        })
        expect(readRowKey(prefix)).toEqual({
          keyGroup: group,
          key,
          namespace: undefined,
          mapKey: undefined,
        })
        expect(compareBytes(prefix, out.view())).toBeLessThan(0)
      }),
    )
  })
})
