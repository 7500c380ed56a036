/** The state backend contract, part: a list per key. What is read is what was added, in that order. */
import { deepEqual, equal, throws } from 'node:assert/strict'
import { hasCode } from '../base/errors.js'
import type { ListState } from '../state/state.js'
import type { BackendCase } from './backend-context.js'

/** Elements are kept one by one, in order. */
export const listCases: readonly BackendCase[] = [
  {
    id: 'list-absent',
    title: 'a list that was never added to is empty, and reading it leaves nothing behind',
    async run({ h, here }) {
      h.use('present').list.add('x')
      for (let round = 0; round < 2; round++) {
        deepEqual(h.use('absent').list.get(), [])
        deepEqual(h.use('present').otherList.get(), [])
        deepEqual(h.keys(), ['present'])
        await here()
      }
    },
  },
  {
    id: 'list-add',
    title: 'elements are read in the order they were added, over any number of intervals',
    async run({ h, here }) {
      for (let i = 0; i < 12; i++) {
        h.use('k').list.add(11 - i)
        if (i % 4 === 1) await here()
      }
      await here()
      deepEqual(h.use('k').list.get(), [11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0])
    },
  },
  {
    id: 'list-add-all',
    title: 'elements added together come after those there are, and before those added later',
    async run({ h, here }) {
      h.use('k').list.addAll(['a', 'b'])
      h.use('k').list.add('c')
      await here()
      h.use('k').list.addAll(['d', 'e'])
      h.use('k').list.addAll(['f'])
      deepEqual(h.use('k').list.get(), ['a', 'b', 'c', 'd', 'e', 'f'])
      await here()
      deepEqual(h.use('k').list.get(), ['a', 'b', 'c', 'd', 'e', 'f'])
    },
  },
  {
    id: 'list-add-all-empty',
    title: 'adding no elements changes nothing: a list stays, an absent one stays absent',
    async run({ h, here }) {
      h.use('k').list.add('x')
      await h.checkpoint()
      await here()
      h.use('k').list.addAll([])
      h.use('absent').list.addAll([])
      equal(h.dirty, false)
      deepEqual(h.contents(), new Map([['k', { list: ['x'] }]]))
      deepEqual((await h.checkpoint()).rows, {})
    },
  },
  {
    id: 'list-equal-elements',
    title: 'equal elements are all kept',
    async run({ h, here }) {
      const element = { id: 1 }
      for (let i = 0; i < 3; i++) h.use('k').list.addAll([element, element, 'x'])
      await here()
      deepEqual(
        h.use('k').list.get(),
        [1, 2, 3].flatMap(() => [element, element, 'x']),
      )
    },
  },
  {
    id: 'list-update',
    title: 'an update replaces all elements, by more or by fewer, and makes a list that was absent',
    async run({ h, here }) {
      for (const elements of [['a'], ['b', 'c', 'd'], ['e'], ['e']]) {
        h.use('k').list.update(elements)
        deepEqual(h.use('k').list.get(), elements)
        await here()
        deepEqual(h.use('k').list.get(), elements)
      }
      h.use('k').list.add('f')
      await here()
      deepEqual(h.use('k').list.get(), ['e', 'f'])
    },
  },
  {
    id: 'list-update-empty',
    title: 'an update to no elements removes the list, as clear does',
    async run({ h, here }) {
      h.use('k').list.addAll([1, 2])
      h.use('never').list.update([])
      await here()
      h.use('k').list.update([])
      deepEqual(h.use('k').list.get(), [])
      deepEqual(h.keys(), [])
      await here()
      deepEqual(h.use('k').list.get(), [])
      deepEqual(h.keys(), [])
    },
  },
  {
    id: 'list-arrays-copied',
    title: "arrays given to update and addAll stay the caller's: changing them changes no list",
    async run({ h, here }) {
      const [updated, added] = [
        [1, 2],
        [3, 4],
      ]
      h.use('k').list.update(updated)
      h.use('k').list.addAll(added)
      h.use('absent').list.addAll(added)
      updated.push(-1)
      added.length = 0
      await here()
      h.use('k').list.add(5)
      deepEqual(h.use('k').list.get(), [1, 2, 3, 4, 5])
      deepEqual(h.use('absent').list.get(), [3, 4])
      deepEqual(updated, [1, 2, -1])
    },
  },
  {
    id: 'list-own-elements',
    title: 'a list can be added to itself and updated to what it is or a part of it',
    async run({ h, here }) {
      h.use('k').list.addAll([1, 2])
      await here()
      h.use('k').list.addAll(h.use('k').list.get())
      deepEqual(h.use('k').list.get(), [1, 2, 1, 2])
      h.use('k').list.update(h.use('k').list.get())
      await here()
      h.use('k').list.update(h.use('k').list.get().slice(1))
      const view = h.use('k').list.get()
      h.use('other').list.addAll(view)
      h.use('k').list.add(3)
      await here()
      deepEqual(h.use('k').list.get(), [2, 1, 2, 3])
      deepEqual(h.use('other').list.get(), [2, 1, 2])
    },
  },
  {
    id: 'list-clear',
    title: 'a cleared list is empty and stays so, its neighbours stay',
    async run({ h, here }) {
      for (const key of ['a', 'b']) {
        h.use(key).list.addAll([key, key])
        h.use(key).otherList.add('other')
      }
      await here()
      h.use('a').list.clear()
      deepEqual(h.use('a').list.get(), [])
      await here()
      const rest = { list: ['b', 'b'], otherList: ['other'] }
      deepEqual(h.contents().get('a'), { otherList: ['other'] })
      deepEqual(h.contents().get('b'), rest)
    },
  },
  {
    id: 'list-clear-absent',
    title: 'clearing an absent list is nothing, the first time and the second',
    async run({ h, here }) {
      h.use('never').list.clear()
      equal(h.dirty, false)
      h.use('once').list.add(1)
      await here()
      for (let round = 0; round < 2; round++) h.use('once').list.clear()
      await here()
      h.use('once').list.clear()
      h.use('never').list.update([])
      deepEqual(h.keys(), [])
      deepEqual(h.use('never').list.get(), [])
    },
  },
  {
    id: 'list-clear-then-add',
    title: 'a list cleared and added to in one interval has the new elements only',
    async run({ h, here }) {
      for (const key of ['new', 'old']) {
        h.use(key).list.addAll(['x', 'y'])
        if (key === 'old') await here()
        h.use(key).list.clear()
        h.use(key).list.add('z')
        await here()
        deepEqual(h.use(key).list.get(), ['z'], key)
      }
    },
  },
  {
    id: 'list-steps',
    title: 'a list is what its last steps made it, wherever a checkpoint falls',
    async run({ h, here }) {
      let expected: unknown[] = []
      const steps = [
        'add',
        'add',
        'clear',
        'add',
        'update',
        'add',
        'update',
        'clear',
        'clear',
        'add',
      ]
      for (const [i, step] of steps.entries()) {
        const { list } = h.use('k')
        if (step === 'add') list.add(i)
        else if (step === 'update') list.update([i, 'new'])
        else list.clear()
        expected = step === 'add' ? [...expected, i] : step === 'update' ? [i, 'new'] : []
        deepEqual(list.get(), expected)
        await here()
        deepEqual(h.use('k').list.get(), expected)
        equal(h.keys().length, expected.length === 0 ? 0 : 1)
      }
    },
  },
  {
    id: 'list-no-current-key',
    title: 'no list can be used before a key is current, not even to add nothing',
    once: true,
    async run({ h }) {
      for (let round = 0; round < 2; round++) {
        const list = h.backends[0]?.state('list') as ListState<unknown>
        const calls = {
          get: () => list.get(),
          add: () => list.add(1),
          addAll: () => list.addAll([1]),
          'addAll of nothing': () => list.addAll([]),
          update: () => list.update([1]),
          'update to nothing': () => list.update([]),
          clear: () => list.clear(),
        }
        for (const [name, call] of Object.entries(calls)) {
          throws(call, (error) => hasCode(error, 'INVALID_STATE'), name)
        }
        equal(h.dirty, false)
        h.use('k').list.add(round)
        await h.checkpoint()
        await h.restore()
      }
      deepEqual(h.use('k').list.get(), [0, 1])
    },
  },
]
