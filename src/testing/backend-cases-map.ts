/** The state backend contract, part: a map per key. */
import { deepEqual, equal, throws } from 'node:assert/strict'
import { hasCode } from '../base/errors.js'
import { LIMITS } from '../base/limits.js'
import { type Key, keyText } from '../state/key.js'
import { type BackendCase, entriesOf } from './backend-context.js'

/** Things that are no map keys, as a program without types may pass them. */
const BAD_MAP_KEYS = [
  Number.NaN,
  null,
  undefined,
  {},
  [],
  [null],
  Symbol('x'),
  2n ** 63n,
  new Date(0),
  () => 'x',
]

/** Entries are put, read and removed one by one, or all at once. */
export const mapCases: readonly BackendCase[] = [
  {
    id: 'map-absent',
    title: 'a map nothing was put in is empty, and reading it leaves nothing behind',
    async run({ h, here }) {
      for (let round = 0; round < 2; round++) {
        const { map } = h.use('k')
        equal(map.get('x'), undefined)
        equal(map.contains('x'), false)
        equal(map.isEmpty(), true)
        deepEqual([...map.entries()], [])
        deepEqual(h.keys(), [])
        await here()
      }
    },
  },
  {
    id: 'map-put-get',
    title: 'the value put last under a map key is read by it, and no other entry is there',
    async run({ h, here }) {
      for (const round of ['one', 'two', 'three']) {
        h.use('k').map.put('x', round)
        h.use('k').map.put('y', round)
        h.use('k').map.put('y', 'last')
        if (round !== 'one') await here()
        const { map } = h.use('k')
        equal(map.get('x'), round)
        equal(map.get('y'), 'last')
        equal(map.get('z'), undefined)
        equal(map.contains('x'), true)
        equal(map.contains('z'), false)
        equal(map.isEmpty(), false)
        deepEqual(entriesOf(map), new Map(Object.entries({ x: round, y: 'last' })))
      }
    },
  },
  {
    id: 'map-remove',
    title: 'a removed entry is gone, its neighbours stay; removing what is absent is nothing',
    async run({ h, here }) {
      for (const mapKey of ['x', 'y', 'z']) h.use('k').map.put(mapKey, mapKey)
      await here()
      for (let round = 0; round < 2; round++) {
        h.use('k').map.remove('y')
        h.use('k').map.remove('absent')
        h.use('absent').map.remove('y')
        equal(h.use('k').map.contains('y'), false)
        await here()
        deepEqual(
          entriesOf(h.use('k').map),
          new Map([
            ['x', 'x'],
            ['z', 'z'],
          ]),
        )
        deepEqual(h.keys(), ['k'])
      }
    },
  },
  {
    id: 'map-put-undefined',
    title: 'putting undefined removes the entry, as remove does',
    async run({ h, here }) {
      h.use('k').map.put('x', 1)
      h.use('k').map.put('y', 2)
      await here()
      h.use('k').map.put('x', undefined)
      h.use('absent').map.put('x', undefined)
      equal(h.use('k').map.contains('x'), false)
      await here()
      deepEqual(h.contents(), new Map([['k', { map: new Map([['y', 2]]) }]]))
    },
  },
  {
    id: 'map-null-value',
    title: 'null and falsy values are values: contained, listed, and told from absent ones',
    async run({ h, here }) {
      const values = new Map<Key, unknown>([
        ['null', null],
        ['zero', 0],
        ['no', false],
        ['text', ''],
      ])
      for (const [mapKey, value] of values) h.use('k').map.put(mapKey, value)
      h.use('only').map.put('x', null)
      await here()
      const { map } = h.use('k')
      deepEqual(entriesOf(map), values)
      for (const [mapKey, value] of values) {
        equal(map.get(mapKey), value)
        equal(map.contains(mapKey), true)
      }
      equal(map.contains('absent'), false)
      equal(h.use('only').map.isEmpty(), false)
      h.use('only').map.remove('x')
      equal(h.use('only').map.contains('x'), false)
      await here()
      deepEqual(h.keys(), ['k'])
    },
  },
  {
    id: 'map-last-removal',
    title: 'removing the last entry makes the map empty and the key unlisted; it can be used again',
    async run({ h, here }) {
      for (let round = 0; round < 2; round++) {
        h.use('k').map.put('x', round)
        h.use('k').map.put('y', round)
        await here()
        h.use('k').map.remove('x')
        equal(h.use('k').map.isEmpty(), false)
        h.use('k').map.remove('y')
        equal(h.use('k').map.isEmpty(), true)
        deepEqual(h.keys(), [])
        await here()
        deepEqual(h.keys(), [])
      }
    },
  },
  {
    id: 'map-clear',
    title: 'clear removes every entry of its key and state, and of no other',
    async run({ h, here }) {
      for (const key of ['a', 'b']) {
        for (let i = 0; i < 10; i++) {
          h.use(key).map.put(i, i)
          h.use(key).otherMap.put(i, i)
        }
      }
      await here()
      h.use('a').map.clear()
      equal(h.use('a').map.isEmpty(), true)
      equal(h.use('a').map.get(3), undefined)
      await here()
      deepEqual([...h.use('a').map.entries()], [])
      equal(entriesOf(h.use('a').otherMap).size, 10)
      equal(entriesOf(h.use('b').map).size, 10)
      h.use('absent').map.clear()
      deepEqual(h.keys().toSorted(), ['a', 'b'])
    },
  },
  {
    id: 'map-clear-then-put',
    title: 'after clear and put in one interval only the new entries are there',
    async run({ h, here }) {
      for (const mapKey of ['x', 'y', 'z']) h.use('k').map.put(mapKey, 'old')
      await here()
      h.use('k').map.put('w', 'doomed')
      h.use('k').map.clear()
      h.use('k').map.put('y', 'new')
      h.use('k').map.put('v', 'new')
      deepEqual(
        entriesOf(h.use('k').map),
        new Map([
          ['y', 'new'],
          ['v', 'new'],
        ]),
      )
      await here()
      deepEqual(
        entriesOf(h.use('k').map),
        new Map([
          ['y', 'new'],
          ['v', 'new'],
        ]),
      )
    },
  },
  {
    id: 'map-clear-repeatedly',
    title:
      'a map filled and cleared again and again holds what was put last, wherever a checkpoint falls',
    async run({ h, here }) {
      for (let round = 0; round < 4; round++) {
        const { map } = h.use('k')
        for (let i = 0; i <= round; i++) map.put(i, `${round}.${i}`)
        map.clear()
        map.clear()
        map.put(round, 'kept')
        map.put('gone', 1)
        map.remove('gone')
        if (round % 2 === 0) await here()
        deepEqual([...h.use('k').map.entries()], [[round, 'kept']])
      }
      h.use('k').map.clear()
      await here()
      deepEqual(h.keys(), [])
    },
  },
  {
    id: 'map-remove-then-put',
    title: 'an entry removed and put again, in one interval or over several, is there once',
    async run({ h, here }) {
      h.use('k').map.put('x', 1)
      h.use('k').map.remove('x')
      h.use('k').map.put('x', 2)
      await here()
      deepEqual([...h.use('k').map.entries()], [['x', 2]])
      h.use('k').map.remove('x')
      await here()
      equal(h.use('k').map.contains('x'), false)
      h.use('k').map.put('x', 3)
      await here()
      deepEqual([...h.use('k').map.entries()], [['x', 3]])
    },
  },
  {
    id: 'map-keys-apart',
    title: 'maps of different keys and states share no entry under the same map key',
    async run({ h, here }) {
      for (const key of ['a', 'b', 'c']) {
        h.use(key).map.put('x', `${key} map`)
        h.use(key).otherMap.put('x', `${key} other`)
      }
      h.use('b').map.remove('x')
      await here()
      h.use('c').otherMap.clear()
      equal(h.use('a').map.get('x'), 'a map')
      equal(h.use('b').map.get('x'), undefined)
      equal(h.use('b').otherMap.get('x'), 'b other')
      equal(h.use('c').map.get('x'), 'c map')
      equal(h.use('c').otherMap.get('x'), undefined)
    },
  },
  {
    id: 'map-key-types',
    title: 'map keys of different types are different entries of one map',
    async run({ h, here }) {
      const mapKeys: Key[] = [1, '1', true, 'true', 1.5, '1.5', 0, '', false, 'false', -1, Infinity]
      for (const mapKey of mapKeys) h.use('k').map.put(mapKey, [mapKey])
      await here()
      for (const mapKey of mapKeys) deepEqual(h.use('k').map.get(mapKey), [mapKey])
      deepEqual(entriesOf(h.use('k').map), new Map(mapKeys.map((mapKey) => [mapKey, [mapKey]])))
      h.use('k').map.remove(1)
      await here()
      equal(h.use('k').map.contains(1), false)
      equal(h.use('k').map.contains('1'), true)
      equal(h.use('k').map.contains(true), true)
    },
  },
  {
    id: 'map-bad-keys',
    title: 'what cannot be a map key is refused by every call, and nothing is changed',
    async run({ h, here }) {
      h.use('k').map.put('x', 1)
      await here()
      for (const bad of BAD_MAP_KEYS as readonly unknown[] as readonly Key[]) {
        const { map } = h.use('k')
        const calls = [
          () => map.get(bad),
          () => map.put(bad, 1),
          () => map.put(bad, undefined),
          () => map.remove(bad),
          () => map.contains(bad),
        ]
        for (const call of calls)
          throws(call, (error) => hasCode(error, 'INVALID_KEY'), keyText(bad))
        throws(
          () => h.use('absent').map.put(bad, 1),
          (error) => hasCode(error, 'INVALID_KEY'),
        )
      }
      await here()
      deepEqual(h.contents(), new Map([['k', { map: new Map([['x', 1]]) }]]))
    },
  },
  {
    id: 'map-key-length',
    title: 'the longest text allowed is a map key, a longer one is refused and nothing is changed',
    async run({ h, here }) {
      const longest = 'é'.repeat(LIMITS.keyLengthMax)
      h.use('k').map.put(longest, 'kept')
      throws(
        () => h.use('k').map.put(`${longest}é`, 1),
        (error) => hasCode(error, 'LIMIT_EXCEEDED'),
      )
      throws(
        () => h.use('absent').map.put(`${longest}é`, 1),
        (error) => hasCode(error, 'LIMIT_EXCEEDED'),
      )
      await here()
      equal(h.use('k').map.get(longest), 'kept')
      equal(entriesOf(h.use('k').map).size, 1)
      deepEqual(h.keys(), ['k'])
    },
  },
]
