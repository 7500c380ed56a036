/** The state backend contract, part: keys, and the listing of keys. */
import { deepEqual, equal, ok, throws } from 'node:assert/strict'
import type { KeyedStateBackend } from '../backend/state-backend.js'
import { hasCode } from '../base/errors.js'
import { keyGroupOf } from '../keygroup/hash.js'
import type { Key } from '../state/key.js'
import { type BackendCase, type BackendContext, CASE_STATES } from './backend-context.js'

const SAFE = Number.MAX_SAFE_INTEGER

const LONGS = [0, 1, -1, 255, 256, -256, 2 ** 31, -(2 ** 31), 2 ** 32, 2 ** 32 + 1, SAFE, -SAFE]
const TEXTS = [
  '',
  '\0',
  '\0\0',
  'a',
  'a\0',
  'a\0b',
  'A',
  'aa',
  ' a',
  'é',
  'e\u0301',
  '1',
  'true',
  '→',
  '😀',
]
const SURROGATES = [
  '\ud800',
  '\udc00',
  '\udc00\ud800',
  '\ud83d',
  '\ude00',
  '\ufffd',
  '\uffff',
  '\u{10ffff}',
]

/** Every kind of key keeps its own state; a listing names each key that has any, once. */
export const keyCases: readonly BackendCase[] = [
  {
    id: 'key-long',
    title: 'integer keys are apart: negative, around 2^31 and 2^32, up to the largest safe one',
    run: (context) => keepsApart(context, LONGS),
  },
  {
    id: 'key-text',
    title: 'text keys are apart: empty, with NUL, alike but for case, accents or length',
    run: (context) => keepsApart(context, TEXTS),
  },
  {
    id: 'key-surrogates',
    title:
      'text keys that are no valid Unicode are apart from each other and from what resembles them',
    run: (context) => keepsApart(context, SURROGATES),
  },
  {
    id: 'key-text-long',
    title: 'text keys of 5,000 characters are apart by their last one',
    run: (context) =>
      keepsApart(
        context,
        ['a', 'b', '→'].map((last) => 'x'.repeat(5000) + last),
      ),
  },
  {
    id: 'key-double',
    title: 'number keys are apart: fractions, infinities, the smallest, and integers among them',
    run: (context) =>
      keepsApart(context, [
        0.5,
        -0.5,
        2,
        -2,
        0,
        1e300,
        -1e300,
        Infinity,
        -Infinity,
        Number.MIN_VALUE,
        SAFE,
      ]),
  },
  {
    id: 'key-boolean',
    title: 'true and false are two keys',
    run: (context) => keepsApart(context, [true, false]),
  },
  {
    id: 'key-zero',
    title: '−0 and 0 are one key, as key and as map key',
    async run({ h, here }) {
      h.use(-0).value.update('zero')
      h.use(0).map.put(-0, 'zero')
      await here()
      equal(h.use(0).value.value(), 'zero')
      equal(h.use(-0).map.get(0), 'zero')
      ok([...h.use(0).map.entries()].every(([mapKey]) => Object.is(mapKey, 0)))
      h.use(-0).map.remove(0)
      h.use(0).value.clear()
      await here()
      deepEqual(h.keys(), [])
    },
  },
  {
    id: 'key-boundaries',
    title: 'where a key ends and its map key begins is never confused',
    async run({ h, here }) {
      const pairs = [
        ['a', 'bc'],
        ['ab', 'c'],
        ['abc', ''],
        ['', 'abc'],
        ['a\0', 'b'],
        ['a', '\0b'],
      ] as const
      for (const [key, mapKey] of pairs) h.use(key).map.put(mapKey, `${key}|${mapKey}`)
      await here()
      h.use('ab').map.clear()
      await here()
      for (const [key, mapKey] of pairs) {
        equal(h.use(key).map.get(mapKey), key === 'ab' ? undefined : `${key}|${mapKey}`)
      }
    },
  },
  {
    id: 'keys-none',
    title: 'a backend without state lists no key',
    async run({ h, here }) {
      deepEqual(h.keys(), [])
      await here()
      deepEqual(h.keys(), [])
      equal(h.use('k').value.value(), undefined)
      deepEqual(h.keys(), [])
    },
  },
  {
    id: 'keys-once',
    title: 'a key with several states is listed once, with its key group',
    async run({ h, here }) {
      for (let key = 0; key < 50; key++) {
        const states = h.use(key)
        if (key % 2 === 0) states.value.update(key)
        if (key % 3 === 0) states.map.put(key, key)
        if (key % 5 === 0) states.otherMap.put('x', key)
        states.other.update(key)
      }
      await here()
      const listed = h.backends.flatMap((backend) => [...backend.keys()])
      equal(listed.length, 50)
      for (const [key, keyGroup] of listed) equal(keyGroup, keyGroupOf(key, 'long', 8))
      deepEqual(new Set(h.keys()), new Set(Array.from({ length: 50 }, (_, key) => key)))
    },
  },
  {
    id: 'keys-gone',
    title: 'a key is listed until the last of its states is removed, in whatever way',
    async run({ h, here }) {
      const removals: readonly ((key: Key) => void)[] = [
        (key) => h.use(key).value.clear(),
        (key) => h.use(key).other.update(undefined),
        (key) => h.use(key).map.clear(),
        (key) => h.use(key).otherMap.remove('x'),
      ]
      const states = h.use('k')
      states.value.update(1)
      states.other.update(1)
      states.map.put('x', 1)
      states.otherMap.put('x', 1)
      for (const remove of removals) {
        await here()
        deepEqual(h.keys(), ['k'])
        remove('k')
      }
      deepEqual(h.keys(), [])
      await here()
      deepEqual(h.keys(), [])
    },
  },
  {
    id: 'keys-visited-cleared',
    title: 'each visited key may be cleared while keys are visited; all are visited',
    async run({ h, here }) {
      for (let key = 0; key < 100; key++) {
        h.use(key).value.update(key)
        h.use(key).map.put('x', key)
      }
      await here()
      let visited = 0
      for (const backend of h.backends) {
        for (const [key] of backend.keys()) {
          const states = h.use(key)
          equal(states.value.value(), key)
          states.value.clear()
          states.map.remove('x')
          visited++
        }
      }
      equal(visited, 100)
      deepEqual(h.keys(), [])
      await here()
      deepEqual(h.keys(), [])
    },
  },
  {
    id: 'keys-visited-changed',
    title: 'each visited key may be changed while keys are visited; none is visited twice',
    async run({ h, here }) {
      for (let key = 0; key < 100; key++) h.use(key).value.update(key)
      await here()
      const visited: Key[] = []
      for (const backend of h.backends) {
        for (const [key] of backend.keys()) {
          visited.push(key)
          const states = h.use(key)
          states.value.clear()
          states.value.update(Number(key) * 2)
          states.map.put('seen', true)
        }
      }
      await here()
      deepEqual(
        visited.toSorted((a, b) => Number(a) - Number(b)),
        Array.from({ length: 100 }, (_, i) => i),
      )
      for (let key = 0; key < 100; key++) equal(h.use(key).value.value(), key * 2)
    },
  },
  {
    id: 'prefetch',
    title: 'prefetching keys, present or not, twice or none, changes nothing that can be read',
    async run({ h, here }) {
      h.use('a').value.update(1)
      await here()
      const digest = h.digest()
      for (const keys of [['a'], ['absent', 'a', 'a'], []]) {
        for (const backend of h.backends) await backend.prefetch(keys)
        equal(h.use('a').value.value(), 1)
        equal(h.use('absent').value.value(), undefined)
      }
      equal(h.digest(), digest)
      equal(h.use('a').value.value(), 1)
    },
  },
  {
    id: 'key-out-of-range',
    title: 'a key whose group the backend does not own is refused, and the current key stays',
    once: true,
    async run({ open }) {
      const h = await open({ states: CASE_STATES, parallelism: 2, maxParallelism: 8 })
      const [first, second] = h.backends as [KeyedStateBackend, KeyedStateBackend]
      first.setCurrentKey('mine', 3, 'string')
      for (const [backend, group] of [
        [first, 4],
        [first, 8],
        [second, 3],
      ] as const) {
        throws(
          () => backend.setCurrentKey('not mine', group, 'string'),
          (error) => hasCode(error, 'INVALID_KEY'),
        )
      }
      equal(first.currentKey?.key, 'mine')
      equal(second.currentKey, undefined)
    },
  },
]

/** Gives each key a value and an entry of its own, and takes every other one away again. */
async function keepsApart({ h, here }: BackendContext, keys: readonly Key[]): Promise<void> {
  for (const [i, key] of keys.entries()) {
    h.use(key).value.update(i)
    h.use(key).map.put(key, i)
    h.use(keys[0] ?? '').otherMap.put(key, i)
  }
  await here()
  for (const [i, key] of keys.entries()) {
    equal(h.use(key).value.value(), i)
    deepEqual([...h.use(key).map.entries()], [[key, i]])
    equal(h.use(keys[0] ?? '').otherMap.get(key), i)
  }
  for (const key of keys.filter((_, i) => i % 2 === 1)) {
    h.use(key).value.clear()
    h.use(key).map.remove(key)
  }
  await here()
  deepEqual(new Set(h.keys()), new Set(keys.filter((_, i) => i % 2 === 0)))
}
