import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anyKey } from '../../test/arbitrary-keys.js'
import { ByteReader, ByteWriter, compareBytes, startsWith } from '../base/bytes.js'
import { LIMITS } from '../base/limits.js'
import { checkedKey, type Key, keyTypeOf } from '../state/key.js'
import { keyIdentity } from './key-identity.js'
import { readOrdered, writeOrdered } from './ordered.js'
import { readRowKey, writeMapKey, writeRowPrefix } from './row-key.js'

const anyString = fc.string({ unit: 'binary', maxLength: 12 })
const anyLong = fc.maxSafeInteger().map((value) => (value === 0 ? 0 : value))
const anyDouble = fc.double({ noNaN: true }).map((value) => (value === 0 ? 0 : value))
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
        expect(readOrdered(from)).toStrictEqual(key)
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
        if (keyIdentity(a) !== keyIdentity(b)) expect(startsWith(encode(a), encode(b))).toBe(false)
      }),
      { numRuns: 3000 },
    )
  })

  it('bring back tuples and structs of doubles as the type has them, integers too', () => {
    const type = 'struct(a:tuple(double,long),b:double)'
    const key = checkedKey({ b: 2, a: [1, 1] }, type)
    const out = new ByteWriter()
    writeOrdered(out, key, type)
    const back = readOrdered(new ByteReader(out.view(), 'test'))
    expect(back).toStrictEqual({ a: [1, 1], b: 2 })
    expect(Object.isFrozen(back)).toBe(true)
    expect(Buffer.from(out.view()).toString('hex')).toBe(
      '0a610009' +
        '05bff0000000000000' +
        '048000000000000001' +
        '006200' +
        '05c000000000000000' +
        '00',
    )
  })

  it('never run over the end or hang on hostile bytes', () => {
    const tags = fc.constantFrom(0, 1, 2, 4, 6, 8, 9, 10, 0x61, 0x62, 0xff)
    const hostile = fc.oneof(
      fc.uint8Array({ maxLength: 24 }),
      fc.array(tags, { maxLength: 40 }).map((some) => Uint8Array.from([0, 0, ...some])),
    )
    fc.assert(
      fc.property(hostile, (bytes) => {
        try {
          const row = readRowKey(bytes)
          expect(row.keyGroup).toBeLessThan(65_536)
          // What is read is a key.
          expect(checkedKey(row.key, keyTypeOf(row.key))).toStrictEqual(row.key)
        } catch (error) {
          expect(error).toMatchObject({ code: 'CORRUPT' })
        }
      }),
      { numRuns: 5000 },
    )
  })

  it('are refused where a tuple or struct is one that no key can be', () => {
    const damaged: readonly (readonly number[])[] = [
      [9, 0],
      [9, 1, 0],
      [9, 2],
      [10, 0],
      [10, 0x61, 0, 2, 0x61, 0, 2, 0],
      [10, 0x62, 0, 2, 0x61, 0, 2, 0],
      [10, 0x31, 0, 2, 0],
      [10, 0x61, 2, 0],
      [10, ...Array<number>(65).fill(0x61), 0, 2, 0],
      [9, ...Array<number>(26).fill(2), 0],
      [...Array<number>(9).fill(9), 2, ...Array<number>(9).fill(0)],
      [9, ...Array.from({ length: 12 }, () => [9, ...Array<number>(25).fill(2), 0]).flat(), 0],
      [8, 0],
      [8, 0, 2],
      [8, 1],
      Array<number>(1e6).fill(9),
      Array<number>(1e6).fill(10),
    ]
    for (const bytes of damaged) {
      expect(() => readOrdered(new ByteReader(Uint8Array.from(bytes), 'test'))).toThrow(
        expect.objectContaining({ code: 'CORRUPT' }),
      )
    }
  })
})

describe('a key with its bytes', () => {
  it('is refused exactly if its encoding is larger than the limit', () => {
    const text = 'k'.repeat(200_000)
    const zeros = new Uint8Array(50_000)
    const most = (LIMITS.keyBytesMax - 3) / 2
    const cases: readonly ((more: number) => Key)[] = [
      (more) => new Uint8Array(LIMITS.keyBytesMax - 3 + more).fill(1),
      (more) => new Uint8Array(Math.floor(most) + more),
      (more) => [new Uint8Array(LIMITS.keyBytesMax - 5 + more).fill(1)],
      (more) => ({ ab: new Uint8Array(LIMITS.keyBytesMax - 8 + more).fill(1) }),
      (more) => {
        const before: Key[] = [text, '\0é→😀\ud800', zeros, 1, 1n, 0.5, true, [{ a: text }]]
        return [...before, new Uint8Array(LIMITS.keyBytesMax - 5 - 500_060 + more).fill(1)]
      },
    ]
    for (const make of cases) {
      const kept = checkedKey(make(0), keyTypeOf(make(0)))
      const out = new ByteWriter(LIMITS.keyBytesMax)
      writeOrdered(out, kept)
      expect(LIMITS.keyBytesMax - out.length).toBeLessThan(2)
      expect(() => checkedKey(make(1), keyTypeOf(make(1)))).toThrow(
        expect.objectContaining({ code: 'LIMIT_EXCEEDED' }),
      )
    }
    const texts = [`${'k'.repeat(LIMITS.keyLengthMax)}k`]
    expect(() => checkedKey(texts, 'tuple(string)')).toThrow(
      expect.objectContaining({ code: 'LIMIT_EXCEEDED' }),
    )
  })
})

describe('row keys', () => {
  it('bring back group, key, namespace and map key, and sort by group first', () => {
    const group = fc.integer({ min: 0, max: 32_767 })
    fc.assert(
      fc.property(
        group,
        anyKey,
        fc.option(anyKey, { nil: undefined }),
        anyKey,
        (keyGroup, ...keys) => {
          const [key, namespace, mapKey] = keys
          const out = new ByteWriter()
          writeRowPrefix(out, keyGroup, key, keyTypeOf(key), namespace)
          const prefix = out.copy()
          writeMapKey(out, mapKey)
          expect(readRowKey(out.view())).toStrictEqual({ keyGroup, key, namespace, mapKey })
          expect(readRowKey(prefix)).toStrictEqual({ keyGroup, key, namespace, mapKey: undefined })
          expect(compareBytes(prefix, out.view())).toBeLessThan(0)
        },
      ),
    )
  })
})
