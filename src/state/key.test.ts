import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LIMITS } from '../base/limits.js'
import { checkedKey, KEY_TYPES, type KeyType, keyText, keyTypeOf } from './key.js'

const anyKey = fc.oneof(fc.string(), fc.maxSafeInteger(), fc.double({ noNaN: true }), fc.boolean())

/** Nothing of these can be a key. */
const NO_KEYS = [
  Number.NaN,
  null,
  undefined,
  {},
  [],
  [1],
  1n,
  Symbol('x'),
  () => 1,
  new Date(0),
  new String('x'),
]

describe('the type of a key', () => {
  it('is that of its value, a safe integer being a long and any other number a double', () => {
    const expected: readonly (readonly [unknown, KeyType])[] = [
      ['', 'string'],
      ['1', 'string'],
      [0, 'long'],
      [-0, 'long'],
      [Number.MAX_SAFE_INTEGER, 'long'],
      [-Number.MAX_SAFE_INTEGER, 'long'],
      [Number.MAX_SAFE_INTEGER + 1, 'double'],
      [0.5, 'double'],
      [Number.NEGATIVE_INFINITY, 'double'],
      [true, 'boolean'],
      [false, 'boolean'],
    ]
    for (const [key, type] of expected) expect(keyTypeOf(key), String(key)).toBe(type)
  })

  it('does not exist for anything that cannot be a key', () => {
    const invalid = expect.objectContaining({ code: 'INVALID_KEY' })
    for (const key of NO_KEYS) {
      expect(() => keyTypeOf(key)).toThrow(invalid)
      for (const type of KEY_TYPES) expect(() => checkedKey(key, type)).toThrow(invalid)
    }
  })
})

describe('a checked key', () => {
  it('is the key itself where the type is its own, or a double and it a number; else it is refused', () => {
    fc.assert(
      fc.property(anyKey, fc.constantFrom(...KEY_TYPES), (key, type) => {
        if (keyTypeOf(key) === type || (type === 'double' && typeof key === 'number')) {
          expect(checkedKey(key, type)).toBe(key === 0 ? 0 : key)
        } else {
          expect(() => checkedKey(key, type)).toThrow(
            expect.objectContaining({ code: 'INVALID_KEY' }),
          )
        }
      }),
      { numRuns: 500 },
    )
  })

  it('is 0 for −0', () => {
    expect(checkedKey(-0, 'long')).toBe(0)
    expect(checkedKey(-0, 'double')).toBe(0)
  })

  it('is at most as long as the limit allows', () => {
    const longest = 'k'.repeat(LIMITS.keyLengthMax)
    expect(checkedKey(longest, 'string')).toBe(longest)
    expect(() => checkedKey(`${longest}k`, 'string')).toThrow(
      expect.objectContaining({ code: 'LIMIT_EXCEEDED' }),
    )
  })
})

describe('a key in a message', () => {
  it('is told from any other short key, and is never long', () => {
    const texts = ['a', '1', 1, '', 'true', true, Number.POSITIVE_INFINITY, 'Infinity', 0.5].map(
      keyText,
    )
    expect(new Set(texts).size).toBe(texts.length)
    expect(keyText('"\n'.repeat(100_000)).length).toBeLessThan(200)
    for (const key of NO_KEYS) expect(keyText(key).length).toBeLessThan(40)
  })
})
