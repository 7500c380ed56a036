import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anyKey, anyText } from '../../test/arbitrary-keys.js'
import { ByteWriter, compareBytes } from '../base/bytes.js'
import { checkedKey, type Key, type KeyType } from '../state/key.js'
import { compareKeys } from './compare-keys.js'
import { writeOrdered } from './ordered.js'

function byBytes(a: Key, b: Key, type?: KeyType): number {
  const [x, y] = [a, b].map((key) => {
    const out = new ByteWriter(4)
    writeOrdered(out, key, type)
    return out.copy()
  })
  return Math.sign(compareBytes(x as Uint8Array, y as Uint8Array))
}

describe('the order of keys', () => {
  it('is that of their bytes, for keys of any types', () => {
    fc.assert(
      fc.property(anyKey, anyKey, (a, b) => {
        expect(Math.sign(compareKeys(a, b))).toBe(byBytes(a, b))
        expect(compareKeys(a, a)).toBe(0)
      }),
      { numRuns: 5000 },
    )
  })

  it('is that of their bytes for text with every mix of surrogates', () => {
    fc.assert(
      fc.property(anyText, anyText, anyText, (start, a, b) => {
        expect(Math.sign(compareKeys(start + a, start + b))).toBe(byBytes(start + a, start + b))
      }),
      { numRuns: 5000 },
    )
  })

  it('takes integers for doubles where the type does, at any depth', () => {
    const number = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.double({ noNaN: true }))
    const types = ['double', 'tuple(double,double)', 'struct(a:tuple(double),b:double)'] as const
    fc.assert(
      fc.property(fc.tuple(number, number, number, number), ([a, b, c, d]) => {
        const shapes: readonly (readonly [unknown, unknown])[] = [
          [a, b],
          [
            [a, b],
            [c, d],
          ],
          [
            { b: a, a: [b] },
            { b: c, a: [d] },
          ],
        ]
        for (const [i, type] of types.entries()) {
          const [x, y] = (shapes[i] ?? []).map((key) => checkedKey(key, type)) as [Key, Key]
          expect(Math.sign(compareKeys(x, y, type))).toBe(byBytes(x, y, type))
        }
        const [x, y] = [checkedKey(a, 'double'), checkedKey(b, 'double')]
        expect(Math.sign(compareKeys(x, y, 'double'))).toBe(x < y ? -1 : x > y ? 1 : 0)
      }),
      { numRuns: 500 },
    )
  })

  it('is the documented one: types first, then values, what another one begins with before it', () => {
    const ascending: readonly Key[] = [
      false,
      true,
      -1,
      0,
      Number.MAX_SAFE_INTEGER,
      Number.NEGATIVE_INFINITY,
      0.5,
      2 ** 53,
      '',
      '\0',
      'a',
      '\ud800',
      '\udfff',
      '\uffff',
      '😀',
      -(2n ** 63n),
      0n,
      2n ** 63n - 1n,
      new Uint8Array(),
      Uint8Array.of(0),
      Uint8Array.of(0, 0),
      Uint8Array.of(1),
      Uint8Array.of(255),
      [false],
      [1],
      [1, 'a'],
      [2],
      ['a'],
      [['a']],
      { a: 1 },
      { a: 1, b: 0 },
      { a: 2 },
      { aa: 0 },
      { b: 0 },
    ]
    for (const [i, a] of ascending.entries()) {
      for (const [j, b] of ascending.entries()) {
        expect(Math.sign(compareKeys(a, b))).toBe(Math.sign(i - j))
      }
    }
  })
})
