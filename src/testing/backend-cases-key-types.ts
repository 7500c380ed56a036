/** The state backend contract, part: keys and map keys of every type; bytes, tuples and structs are the same by value. */
import { deepEqual, equal, ok, throws } from 'node:assert/strict'
import { hasCode } from '../base/errors.js'
import { LIMITS } from '../base/limits.js'
import { type KeyIdentity, keyIdentity } from '../keygroup/key-identity.js'
import { checkedKey, type Key, type KeyType, keyText, keyTypeOf } from '../state/key.js'
import type { BackendCase, BackendContext } from './backend-context.js'

/** Most keys of one type, each a new object whenever it is asked for. */
interface KeysOfType {
  readonly type: KeyType
  readonly make: () => readonly Key[]
}

const LONGEST = 2n ** 63n - 1n

const BIGINTS: KeysOfType = {
  type: 'bigint',
  make: () => [
    ...[0n, 1n, -1n, 2n ** 31n, -(2n ** 31n), 2n ** 32n, 2n ** 53n, 2n ** 53n + 1n, -(2n ** 53n)],
    ...[LONGEST, -LONGEST, -LONGEST - 1n],
  ],
}

const BYTES: KeysOfType = {
  type: 'bytes',
  make: () =>
    [[], [0], [0, 0], [0, 1], [0, 255], [1], [0, 1, 2], [6, 97, 0, 1], [255], [255, 0]].map(
      (bytes) => Uint8Array.from(bytes),
    ),
}

const TUPLES: KeysOfType = {
  type: 'tuple(string,long)',
  make: () => [
    ['', 0],
    ['', 1],
    ['a', 0],
    ['a', -1],
    ['a\0', 0],
    ['\0a', 0],
    ['\ud800', 0],
    ['\ufffd', 0],
    ['a', Number.MAX_SAFE_INTEGER],
    ['a', -Number.MAX_SAFE_INTEGER],
  ],
}

const NESTED: KeysOfType = {
  type: 'tuple(tuple(bytes,boolean),struct(x:double,y:bigint))',
  make: () => {
    const rows = [
      [0, false, 0.5, 0n],
      [0, true, 0.5, 0n],
      [1, false, 0.5, 0n],
      [0, false, 2, 0n],
      [0, false, 2 ** 53, 0n],
      [0, false, Number.NEGATIVE_INFINITY, 0n],
      [0, false, 0.5, 2n],
    ] as const
    return rows.map(([byte, flag, x, y]) => [[Uint8Array.of(byte), flag], { x, y }])
  },
}

const STRUCTS: KeysOfType = {
  type: 'struct(__proto__:long,city:string)',
  make: () =>
    [
      ['', 0],
      ['Vienna', 0],
      ['Vienna', 1],
      ['Vienna\0', 0],
      ['\udc00', 0],
      ['Graz', -1],
    ].map(([city, number]) =>
      JSON.parse(JSON.stringify({ city, N: number }).replace('"N"', '"__proto__"')),
    ),
}

const MANY: readonly KeysOfType[] = [BIGINTS, BYTES, TUPLES, NESTED, STRUCTS]

function apart(id: string, title: string, keys: KeysOfType): BackendCase {
  return { id, title, run: (context) => keepsApart(context, keys) }
}

/** Keys that are no text, number or boolean. */
export const keyTypeCases: readonly BackendCase[] = [
  apart('key-bigint', 'bigint keys are apart, beyond 2^53 and up to both ends of 64 bits', BIGINTS),
  apart(
    'key-bytes',
    'keys of bytes are the same by value and apart from what they begin with',
    BYTES,
  ),
  apart(
    'key-tuple',
    'tuples are one key if their elements are, and keys apart if one differs',
    TUPLES,
  ),
  apart(
    'key-nested',
    'tuples and structs within tuples count by value, integers as doubles',
    NESTED,
  ),
  apart('key-struct', 'structs are one key if their fields are, one named __proto__ too', STRUCTS),
  {
    id: 'key-struct-order',
    title: 'the order in which a struct has its fields does not matter',
    async run({ h, here }) {
      h.use({ a: 1, b: { c: 'x', d: true } }).value.update('here')
      h.use({ b: { d: true, c: 'x' }, a: 1 }).map.put({ y: 1, x: 2 }, 'there')
      await here()
      const states = h.use({ b: { d: true, c: 'x' }, a: 1 })
      equal(states.value.value(), 'here')
      equal(states.map.get({ x: 2, y: 1 }), 'there')
      equal(h.keys().length, 1)
    },
  },
  {
    id: 'key-double-large',
    title: 'number keys beyond 2^53 are doubles, and apart from the bigints of that value',
    async run({ h, here }) {
      const large = [2 ** 53, 2 ** 53 + 2, 2 ** 63, -(2 ** 63), 1e308]
      for (const key of large) {
        h.use(key).value.update(key)
        h.use(0.5).map.put(key, 'number')
        if (Math.abs(key) < 2 ** 63) h.use(0.5).map.put(BigInt(key), 'bigint')
      }
      await here()
      for (const key of large) {
        equal(h.use(key).value.value(), key)
        equal(h.use(0.5).map.get(key), 'number')
      }
      equal(h.use(0.5).map.get(2n ** 53n), 'bigint')
      equal(h.use(0.5).map.get(2n ** 53n + 1n), undefined)
    },
  },
  {
    id: 'key-zero-within',
    title: '−0 and 0 are one key within tuples and structs too',
    async run({ h, here }) {
      h.use([-0, { x: -0 }]).value.update('zero')
      h.use([0, { x: 0 }]).map.put([-0], 'zero')
      await here()
      equal(h.use([0, { x: -0 }]).value.value(), 'zero')
      equal(h.use([-0, { x: 0 }]).map.get([0]), 'zero')
      deepEqual(h.keys(), [[0, { x: 0 }]])
    },
  },
  {
    id: 'key-refused',
    title: 'NaN at any depth, a bigint beyond 64 bits and a key of another type change nothing',
    async run({ h, here }) {
      h.use(['a', 1]).value.update(1)
      await here()
      const digest = h.digest()
      const refused: readonly unknown[] = [
        ...[Number.NaN, ['a', Number.NaN], ['a', 0.5], ['a', 1n], ['a'], ['a', 1, 1], 'a', 1],
        ...[2n ** 63n, [], {}, { a: undefined }, [null], [new Date(0)], new Map(), ['a', {}]],
      ]
      for (const key of refused) {
        throws(
          () => h.use(key as Key),
          (error) => hasCode(error, 'INVALID_KEY'),
          keyText(key),
        )
      }
      for (const mapKey of [[Number.NaN], { x: Number.NaN }, 2n ** 63n, [], {}] as Key[]) {
        const { map } = h.use(['a', 1])
        throws(
          () => map.put(mapKey, 1),
          (error) => hasCode(error, 'INVALID_KEY'),
          keyText(mapKey),
        )
      }
      equal(h.digest(), digest)
    },
  },
  {
    id: 'key-changed-after',
    title: 'a key that the caller changes after making it current is still the key it was',
    async run({ h, here }) {
      const bytes = Uint8Array.of(1, 2)
      const key = [bytes, { tags: ['a'] }] as [Uint8Array, { tags: string[] }]
      const mapKey = [Uint8Array.of(7)]
      const states = h.use(key)
      bytes[0] = 9
      key[1].tags[0] = 'b'
      states.value.update('kept')
      states.map.put(mapKey, 'entry')
      ;(mapKey[0] as Uint8Array)[0] = 8
      mapKey.push(bytes)
      await here()
      const again = h.use([Uint8Array.of(1, 2), { tags: ['a'] }])
      equal(again.value.value(), 'kept')
      equal(again.map.get([Uint8Array.of(7)]), 'entry')
      equal(again.map.get([Uint8Array.of(8)]), undefined)
      equal(h.use(key).value.value(), undefined)
      equal(h.keys().length, 1)
    },
  },
  {
    id: 'map-key-all-types',
    title: 'map keys of all types are entries of one map, apart from text that is like their bytes',
    async run({ h, here }) {
      const make = (): Key[] => {
        const keys = [
          ...MANY.flatMap((keys) => keys.make()),
          1,
          0.5,
          '1',
          true,
          'true',
          '',
          [1],
          [1n],
        ]
        const resembling = keys.map(identityOf)
        return [...keys, ...resembling.filter((key) => !keys.includes(key))]
      }
      for (const [i, mapKey] of make().entries()) h.use('k').map.put(mapKey, i)
      await here()
      for (const [i, mapKey] of make().entries())
        equal(h.use('k').map.get(mapKey), i, keyText(mapKey))
      sameKeys(
        [...h.use('k').map.entries()].map(([mapKey]) => mapKey),
        make(),
      )
      for (const mapKey of make().filter((_, i) => i % 3 > 0)) h.use('k').map.remove(mapKey)
      await here()
      sameKeys(
        [...h.use('k').map.entries()].map(([mapKey]) => mapKey),
        make().filter((_, i) => i % 3 === 0),
      )
    },
  },
  {
    id: 'key-large',
    title: 'keys of a megabyte are kept, as key and as map key; larger ones are refused',
    async run({ h, here }) {
      const large = (last: number, size = 1_000_000): Uint8Array => {
        const bytes = new Uint8Array(size).fill(1)
        bytes[size - 1] = last
        return bytes
      }
      h.use(large(1)).value.update('one')
      h.use(large(2)).value.update('two')
      h.use(large(1)).map.put([large(3)], 'in tuple')
      h.use(large(1)).map.put({ a: large(3) }, 'in struct')
      for (const key of [large(1, LIMITS.keyBytesMax), new Uint8Array(LIMITS.keyBytesMax / 2)]) {
        const tooLarge = (error: unknown): boolean => hasCode(error, 'LIMIT_EXCEEDED')
        throws(() => h.use(key), tooLarge)
        throws(() => h.use(large(1)).map.put([key], 1), tooLarge)
      }
      await here()
      equal(h.use(large(1)).value.value(), 'one')
      equal(h.use(large(2)).value.value(), 'two')
      equal(h.use(large(1)).map.get([large(3)]), 'in tuple')
      equal(h.use(large(1)).map.get({ a: large(3) }), 'in struct')
      equal(h.keys().length, 2)
    },
  },
]

/** Gives each key states of its own under every kind of table, and takes every other one away again. */
async function keepsApart(
  { open, backend, states, here }: BackendContext,
  { type, make }: KeysOfType,
): Promise<void> {
  const h = await open({ backend, states, keyType: type })
  for (const [i, key] of make().entries()) {
    h.use(key).value.update(i)
    h.use(key).list.add(i)
    h.use(key).map.put(key, i)
    h.use(make()[0] as Key).otherMap.put(key, i)
  }
  await here(h)
  for (const [i, key] of make().entries()) {
    equal(h.use(key).value.value(), i, keyText(key))
    h.use(key).list.add('again')
    deepEqual(h.use(key).list.get(), [i, 'again'])
    deepEqual([...h.use(key).map.entries()], [[key, i]])
    equal(h.use(make()[0] as Key).otherMap.get(key), i)
  }
  sameKeys(h.keys(), make())
  for (const key of make().filter((_, i) => i % 2 === 1)) {
    const states = h.use(key)
    states.value.clear()
    states.list.clear()
    states.map.remove(key)
  }
  await here(h)
  sameKeys(
    h.keys(),
    make().filter((_, i) => i % 2 === 0),
  )
}

function sameKeys(found: readonly Key[], expected: readonly Key[]): void {
  const identities = new Set(found.map(identityOf))
  equal(identities.size, found.length, 'a key is there twice')
  ok(
    expected.every((key) => identities.has(identityOf(key))),
    'a key is missing',
  )
  equal(found.length, expected.length)
}

/** Of a key as the cases write it: not checked yet. */
function identityOf(key: Key): KeyIdentity {
  return keyIdentity(checkedKey(key, keyTypeOf(key)))
}
