/** The operator state contract, part: broadcast maps. One map, the same for every subtask. */
import { deepEqual, equal, throws } from 'node:assert/strict'
import { hasCode } from '../base/errors.js'
import { entriesOf } from './backend-context.js'
import type { OperatorStateCase } from './operator-context.js'

/** What subtasks see of the map, and what is written of it. */
export const broadcastCases: readonly OperatorStateCase[] = [
  {
    id: 'operator-broadcast-verbs',
    title: 'a broadcast map takes get, put, remove, contains, isEmpty, entries and clear',
    async run({ h, here }) {
      equal(h.use(0).broadcast.isEmpty(), true)
      h.use(0).broadcast.put('a', 1)
      h.use(0).broadcast.put('b', null)
      h.use(0).otherBroadcast.put('a', 'apart')
      await here()
      const { broadcast } = h.use(1)
      equal(broadcast.get('a'), 1)
      equal(broadcast.get('b'), null)
      equal(broadcast.get('c'), undefined)
      equal(broadcast.contains('b'), true)
      equal(broadcast.contains('c'), false)
      equal(broadcast.isEmpty(), false)
      broadcast.remove('a')
      broadcast.put('b', undefined)
      equal(broadcast.isEmpty(), true)
      broadcast.put('d', 4)
      broadcast.clear()
      await here()
      deepEqual(h.contents().broadcast, new Map())
      deepEqual(h.contents().otherBroadcast, new Map([['a', 'apart']]))
    },
  },
  {
    id: 'operator-broadcast-shared',
    title: 'what is put for one subtask is there for all of them, at once',
    async run({ h, here }) {
      await here()
      h.use(0).broadcast.put('rule', 1)
      equal(h.use(1).broadcast.get('rule'), 1)
      h.use(1).broadcast.put('rule', 2)
      equal(h.use(0).broadcast.get('rule'), 2)
    },
  },
  {
    id: 'operator-broadcast-once',
    title: 'each entry is written once, however many subtasks there are',
    once: true,
    async run({ h }) {
      await h.restore(5)
      for (let i = 0; i < 10; i++) h.use(i % 5).broadcast.put(i, i)
      deepEqual((await h.checkpoint()).rows, { broadcast: [10, 0, 0, 0] })
    },
  },
  {
    id: 'operator-broadcast-rescale',
    title:
      'every subtask has the whole map after a rescale, new ones too, and nothing is to be written',
    once: true,
    async run({ h }) {
      const rules = new Map(Array.from({ length: 100 }, (_, i) => [`rule ${i}`, { limit: i }]))
      for (const [name, rule] of rules) h.use(0).broadcast.put(name, rule)
      await h.checkpoint()
      for (const parallelism of [5, 1, 3]) {
        await h.restore(parallelism)
        equal(h.dirty, false)
        for (let subtask = 0; subtask < parallelism; subtask++) {
          deepEqual(entriesOf(h.use(subtask).broadcast), rules)
        }
      }
    },
  },
  {
    id: 'operator-broadcast-delta',
    title: 'a changed entry is a PUT, a removed one a DELETE, a cleared map one CLEAR',
    async run({ h, here }) {
      for (let i = 0; i < 100; i++) h.use(0).broadcast.put(i, i)
      await h.checkpoint()
      await here()
      h.use(1).broadcast.put(7, 'seven')
      h.use(0).broadcast.remove(8)
      deepEqual((await h.checkpoint()).rows, { broadcast: [1, 1, 0, 0] })
      h.use(0).broadcast.clear()
      h.use(1).broadcast.put(1, 'new')
      deepEqual((await h.checkpoint()).rows, { broadcast: [1, 0, 0, 1] })
      await h.restore()
      deepEqual(h.contents().broadcast, new Map([[1, 'new']]))
    },
  },
  {
    id: 'operator-broadcast-keys',
    title: 'map keys are text, numbers and booleans, −0 being 0; NaN and others are refused',
    async run({ h, here }) {
      const keys = ['', '1', 1, 0, -1.5, true, false, '__proto__', '\ud800']
      for (const key of keys) h.use(0).broadcast.put(key, typeof key)
      h.use(1).broadcast.put(-0, 'zero')
      await here()
      const { broadcast } = h.use(0)
      equal(broadcast.get(0), 'zero')
      deepEqual(new Set(entriesOf(broadcast).keys()), new Set(keys))
      const before = h.contents()
      for (const key of [Number.NaN, null, undefined, () => 1, Symbol('s')]) {
        throws(
          () => broadcast.put(key as never, 1),
          (error) => hasCode(error, 'INVALID_KEY'),
        )
      }
      deepEqual(h.contents(), before)
    },
  },
  {
    id: 'operator-broadcast-iteration',
    title: 'the map may be changed while its entries are gone through',
    async run({ h, here }) {
      for (let i = 0; i < 10; i++) h.use(0).broadcast.put(i, i)
      await here()
      const seen: unknown[] = []
      for (const [key] of h.use(0).broadcast.entries()) {
        seen.push(key)
        h.use(1).broadcast.remove(key)
        h.use(1).split.add(key)
      }
      equal(seen.length, 10)
      equal(h.use(0).broadcast.isEmpty(), true)
      deepEqual(h.use(1).split.get(), seen)
    },
  },
  {
    id: 'operator-broadcast-alone',
    title: 'a map is kept, changed and emptied over several checkpoints with no list beside it',
    async run({ h, here }) {
      const expected = new Map<number, number>()
      const all: readonly (readonly [number, number])[] = [
        [1, 2],
        [2, 5],
        [3, 6],
      ]
      for (const [key, value] of all) {
        h.use(0).broadcast.put(key, value)
        expected.set(key, value)
      }
      await here()
      deepEqual(h.contents().broadcast, expected)
      h.use(0).broadcast.remove(1)
      expected.delete(1)
      await here()
      deepEqual(h.contents().broadcast, expected)
      h.use(0).broadcast.clear()
      await here()
      deepEqual(h.contents().broadcast, new Map())
    },
  },
]
