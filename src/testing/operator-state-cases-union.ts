/** The operator state contract, part: union lists. After a restore each subtask's list is that of all of them. */
import { deepEqual, equal, ok, throws } from 'node:assert/strict'
import { hasCode } from '../base/errors.js'
import { allOf, type OperatorStateCase } from './operator-context.js'

/** What each subtask sees, and what is written of it. */
export const unionCases: readonly OperatorStateCase[] = [
  {
    id: 'operator-union-verbs',
    title: 'a union list takes add, addAll, update and clear as a list does',
    async run({ h, here }) {
      await here()
      const { union } = h.use(0)
      deepEqual(union.get(), [])
      union.add(17)
      union.addAll([3, 'x'])
      deepEqual(union.get(), [17, 3, 'x'])
      deepEqual(h.use(1).union.get(), [])
      union.update([1, 2])
      deepEqual(union.get(), [1, 2])
      union.clear()
      deepEqual(union.get(), [])
    },
  },
  {
    id: 'operator-union-refused',
    title: 'undefined and what is no array are refused; neither list nor pool is touched',
    async run({ h, here }) {
      for (const subtask of [0, 1]) h.use(subtask).union.addAll([subtask, null])
      await here()
      const before = h.contents()
      const { union } = h.use(0)
      throws(() => union.add(undefined), isInvalid)
      throws(() => union.addAll([1, undefined]), isInvalid)
      throws(() => union.update(new Array(1)), isInvalid)
      throws(() => union.update('x' as unknown as unknown[]), isInvalid)
      deepEqual(h.contents(), before)
    },
  },
  {
    id: 'operator-union-everyone',
    title: 'after every restore each subtask has all elements of all subtasks, in their order',
    once: true,
    async run({ h }) {
      await h.restore(3)
      h.use(2).union.add('c')
      h.use(0).union.addAll(['a', 'b'])
      await h.checkpoint()
      for (const parallelism of [3, 1, 4, 2]) {
        await h.restore(parallelism)
        deepEqual(h.contents().union, Array(parallelism).fill(['a', 'b', 'c']))
        equal(h.dirty, false)
      }
    },
  },
  {
    id: 'operator-union-not-multiplied',
    title: 'restores and checkpoints alone neither multiply elements nor write them again',
    async run({ h, here }) {
      h.use(0).union.add('a')
      h.use(1).union.add('b')
      await h.checkpoint()
      await here()
      for (const parallelism of [2, 5, 5, 1, 3]) {
        await h.restore(parallelism)
        deepEqual((await h.checkpoint()).rows, {})
        deepEqual(h.contents().union, Array(parallelism).fill(['a', 'b']))
      }
    },
  },
  {
    id: 'operator-union-add',
    title: 'what a subtask adds to a restored list is its own until the next restore',
    once: true,
    async run({ h }) {
      h.use(0).union.add('a')
      h.use(1).union.add('b')
      await h.checkpoint()
      await h.restore()
      h.use(1).union.add('d')
      h.use(0).union.addAll(['c'])
      deepEqual(h.contents().union, [
        ['a', 'b', 'c'],
        ['a', 'b', 'd'],
      ])
      deepEqual((await h.checkpoint()).rows, { union: [2, 0, 0, 0] })
      h.use(0).union.add('C')
      deepEqual((await h.checkpoint()).rows, { union: [0, 0, 1, 0] })
      await h.restore(3)
      deepEqual(h.contents().union, Array(3).fill(['a', 'b', 'c', 'C', 'd']))
    },
  },
  {
    id: 'operator-union-take-over',
    title: 'when each subtask replaces what it was given, only what they put there is left',
    async run({ h, here }) {
      h.use(0).union.addAll(['a', 'b'])
      h.use(1).union.addAll(['c', 'd', 'e'])
      await h.checkpoint()
      await here()
      h.use(0).union.update(['A'])
      h.use(1).union.clear()
      h.use(1).union.add('B')
      deepEqual(h.contents().union, [['A'], ['B']])
      await h.checkpoint()
      await h.restore()
      deepEqual(h.contents().union, [
        ['A', 'B'],
        ['A', 'B'],
      ])
    },
  },
  {
    id: 'operator-union-positions',
    title: 'positions taken over by index at each barrier are there once, at any parallelism',
    once: true,
    async run({ h }) {
      const partitions = Array.from({ length: 7 }, (_, partition) => ({ partition, at: 0 }))
      h.use(0).union.addAll(partitions)
      for (const parallelism of [3, 3, 1, 8, 2]) {
        await h.checkpoint()
        await h.restore(parallelism)
        for (let subtask = 0; subtask < parallelism; subtask++) {
          const { union } = h.use(subtask)
          const all = union.get() as typeof partitions
          equal(all.length, 7)
          const own = all.filter(({ partition }) => partition % parallelism === subtask)
          union.update(own.map(({ partition, at }) => ({ partition, at: at + 1 })))
        }
      }
      await h.checkpoint()
      await h.restore(1)
      const positions = allOf(h.contents().union) as typeof partitions
      deepEqual(
        positions.toSorted((a, b) => a.partition - b.partition),
        partitions.map(({ partition }) => ({ partition, at: 5 })),
      )
    },
  },
  {
    id: 'operator-union-last-holder',
    title: 'what was restored stays, once, until the last subtask has replaced its list',
    once: true,
    async run({ h }) {
      h.use(0).union.addAll(['a', 'b'])
      await h.checkpoint()
      await h.restore(3)
      h.use(0).union.clear()
      h.use(2).union.update(['c'])
      h.use(2).union.update(['d'])
      deepEqual(h.contents().union, [[], ['a', 'b'], ['d']])
      deepEqual((await h.checkpoint()).rows, { union: [1, 0, 0, 0] })
      await h.restore(2)
      deepEqual(h.contents().union, Array(2).fill(['a', 'b', 'd']))
      h.use(0).union.clear()
      equal(h.dirty, false)
      h.use(1).union.clear()
      deepEqual((await h.checkpoint()).rows, { union: [0, 2, 0, 0] })
      await h.restore(2)
      deepEqual(h.contents().union, [[], []])
    },
  },
  {
    id: 'operator-union-abandoned',
    title: 'elements deleted by a snapshot that failed are deleted by the next one',
    once: true,
    async run({ h }) {
      h.use(0).union.addAll(['a', 'b'])
      await h.checkpoint()
      await h.restore()
      h.use(0).union.update(['c'])
      h.use(1).union.clear()
      const snapshot = h.beginSnapshot()
      while (!snapshot.write());
      h.use(1).union.add('d')
      snapshot.abandon()
      await h.checkpoint()
      await h.restore(1)
      deepEqual(h.contents().union, [['c', 'd']])
    },
  },
  {
    id: 'operator-union-copied',
    title: 'a subtask that puts back all it was given has a copy of its own',
    once: true,
    async run({ h }) {
      h.use(0).union.addAll(['a', 'b'])
      await h.checkpoint()
      await h.restore(2)
      for (const subtask of [0, 1]) h.use(subtask).union.update(h.use(subtask).union.get())
      await h.checkpoint()
      await h.restore(2)
      deepEqual(h.contents().union, Array(2).fill(['a', 'b', 'a', 'b']))
    },
  },
  {
    id: 'operator-union-size',
    title: 'an element added to a long restored list is written alone',
    once: true,
    async run({ h }) {
      h.use(0).union.addAll(Array.from({ length: 10_000 }, (_, i) => i))
      await h.checkpoint()
      await h.restore(3)
      h.use(1).union.add(7)
      const delta = await h.checkpoint()
      deepEqual(delta.rows, { union: [1, 0, 0, 0] })
      ok((delta.run?.length ?? 0) < 400, `${delta.run?.length} bytes`)
    },
  },
]

function isInvalid(error: unknown): boolean {
  return hasCode(error, 'INVALID_ARGUMENT')
}
