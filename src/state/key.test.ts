import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anyKey } from '../../test/arbitrary-keys.js'
import { LIMITS } from '../base/limits.js'
import { checkedKey, type Key, type KeyType, keyText, keyTypeOf } from './key.js'

const KEY_TYPES = [
  'string',
  'long',
  'double',
  'boolean',
  'bigint',
  'bytes',
  'tuple(long)',
  'struct(a:string)',
] as const satisfies readonly KeyType[]

const cycle: unknown[] = []
cycle.push(cycle)

/** A tree of arrays that are shared: small, but 25^8 values when gone through. */
let bush: unknown = 1
for (let i = 0; i < 8; i++) bush = Array(25).fill(bush)

/** Nothing of these can be a key. */
const NO_KEYS = [
  Number.NaN,
  null,
  undefined,
  {},
  [],
  [Number.NaN],
  Array(3),
  [{}],
  { a: undefined },
  { 'not a name': 1 },
  { '': 1 },
  { 1: 1 },
  { é: 1 },
  { ['a'.repeat(65)]: 1 },
  Array(26).fill(1),
  Object.fromEntries(Array.from({ length: 26 }, (_, i) => [`f${i}`, 1])),
  [[[[[[[[[1]]]]]]]]],
  Array(25).fill(Array(25).fill(1)),
  cycle,
  bush,
  2n ** 63n,
  -(2n ** 63n) - 1n,
  10n ** 1000n,
  new Uint8ClampedArray(1),
  new Uint16Array(1),
  new ArrayBuffer(1),
  new Map(),
  Symbol('x'),
  () => 1,
  new Date(0),
  new String('x'),
  new (class Point {
    x = 1
  })(),
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
      [1n, 'bigint'],
      [2n ** 63n - 1n, 'bigint'],
      [-(2n ** 63n), 'bigint'],
      [new Uint8Array(), 'bytes'],
      [Buffer.from('x'), 'bytes'],
      [['a', 1], 'tuple(string,long)'],
      [[[0.5], 1n], 'tuple(tuple(double),bigint)'],
      [{ b: 1, a: 'x' }, 'struct(a:string,b:long)'],
      [Object.assign(Object.create(null), { $: [true] }), 'struct($:tuple(boolean))'],
      [JSON.parse('{"__proto__":1,"a":2}'), 'struct(__proto__:long,a:long)'],
    ]
    for (const [key, type] of expected) expect(keyTypeOf(key), type).toBe(type)
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
  it('is the same key where the type is its own, or a double and it a number; else it is refused', () => {
    fc.assert(
      fc.property(anyKey, fc.constantFrom(...KEY_TYPES), (key, type) => {
        expect(checkedKey(key, keyTypeOf(key))).toStrictEqual(key)
        if (keyTypeOf(key) === type || (type === 'double' && typeof key === 'number')) {
          expect(checkedKey(key, type)).toStrictEqual(key)
        } else {
          expect(() => checkedKey(key, type)).toThrow(
            expect.objectContaining({ code: 'INVALID_KEY' }),
          )
        }
      }),
      { numRuns: 1000 },
    )
  })

  it('takes an integer for a double where the type says so, and nothing else for anything else', () => {
    expect(checkedKey([1, 2], 'tuple(double,long)')).toEqual([1, 2])
    expect(checkedKey({ a: [1] }, 'struct(a:tuple(double))')).toEqual({ a: [1] })
    const refused: readonly (readonly [unknown, KeyType])[] = [
      [[0.5], 'tuple(long)'],
      [[1n], 'tuple(long)'],
      [[1], 'tuple(bigint)'],
      [[1, 2], 'tuple(long)'],
      [[1], 'tuple(long,long)'],
      [{ a: 1, b: 1 }, 'struct(a:long)'],
      [{ b: 1 }, 'struct(a:long)'],
      [Object.create({ a: 1 }), 'struct(a:long)'],
      [{ 0: 1 }, 'tuple(long)'],
      [[1], 'symbol' as KeyType],
    ]
    for (const [key, type] of refused) {
      expect(() => checkedKey(key, type)).toThrow(expect.objectContaining({ code: 'INVALID_KEY' }))
    }
  })

  it('does not change when what it was made from does', () => {
    const inner = { at: [1, Uint8Array.of(1, 2)] }
    const bytes = Buffer.from([1, 2])
    const kept = checkedKey([inner, bytes], 'tuple(struct(at:tuple(long,bytes)),bytes)')
    inner.at[0] = 9
    ;(inner.at[1] as Uint8Array)[0] = 9
    bytes[0] = 9
    expect(kept).toStrictEqual([{ at: [1, Uint8Array.of(1, 2)] }, Uint8Array.of(1, 2)])
    const [struct] = kept as [{ at: number[] }]
    expect([kept, struct, struct.at].every(Object.isFrozen)).toBe(true)
  })

  it('has the fields of an object in order, one named __proto__ being like any other', () => {
    const key = JSON.parse('{"b":1,"__proto__":{"a":true},"a":2}')
    const kept = checkedKey(key, keyTypeOf(key)) as Readonly<Record<string, Key>>
    expect(Object.keys(kept)).toEqual(['__proto__', 'a', 'b'])
    expect(Object.getPrototypeOf(kept)).toBe(Object.prototype)
    expect(Object.getOwnPropertyDescriptor(kept, '__proto__')?.value).toStrictEqual({ a: true })
    expect(Reflect.get({}, 'a')).toBeUndefined()
  })

  it('is 0 for −0', () => {
    expect(checkedKey(-0, 'long')).toBe(0)
    expect(checkedKey(-0, 'double')).toBe(0)
    expect(checkedKey([-0, { a: -0 }], 'tuple(double,struct(a:long))')).toStrictEqual([0, { a: 0 }])
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
    const texts = [
      ...['a', '1', 1, '', 'true', true, Number.POSITIVE_INFINITY, 'Infinity', 0.5, 1n, '1n'],
      ...[['a'], ['a', 1], [['a']], { a: 1 }, { a: '1' }, { b: 1 }, [{ a: 1 }]],
      ...[new Uint8Array(), Uint8Array.of(1), Uint8Array.of(2), Uint8Array.of(1, 2)],
    ].map(keyText)
    expect(new Set(texts).size).toBe(texts.length)
    expect(keyText('"\n'.repeat(100_000)).length).toBeLessThan(200)
    const long = 'x'.repeat(1e6)
    for (const key of [...NO_KEYS, Array(25).fill(long), { [long]: long }, Symbol(long)]) {
      expect(keyText(key).length).toBeLessThan(400)
    }
    const trap = new Proxy(
      {},
      {
        ownKeys: () => {
          throw new Error('no')
        },
      },
    )
    expect(keyText([trap])).toBe('an object')
  })
})
