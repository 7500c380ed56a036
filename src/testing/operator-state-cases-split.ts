/** The operator state contract, part: split lists. A list per subtask; each element belongs to one of them. */
import { deepEqual, equal, ok, throws } from 'node:assert/strict'
import { hasCode } from '../base/errors.js'
import { allOf, type OperatorStateCase } from './operator-context.js'

const TEN_THOUSAND: readonly number[] = Array.from({ length: 10_000 }, (_, i) => i)

/** Lists of subtasks, and how they are dealt out anew. */
export const splitCases: readonly OperatorStateCase[] = [
  {
    id: 'operator-split-verbs',
    title: 'a split list is empty at first, and takes add, addAll, update and clear as a list does',
    async run({ h, here }) {
      deepEqual(h.use(0).split.get(), [])
      h.use(0).split.add(42)
      h.use(0).split.addAll([4711, 'x'])
      await here()
      deepEqual(allOf(h.contents().split), [42, 4711, 'x'])
      h.use(0).split.update([7])
      h.use(1).split.update([8, 9])
      await here()
      deepEqual(allOf(h.contents().split), [7, 8, 9])
      h.use(0).split.clear()
      h.use(1).split.update([])
      await here()
      deepEqual(h.contents().split, [[], []])
    },
  },
  {
    id: 'operator-split-apart',
    title: 'the lists of subtasks, and of states, are apart',
    async run({ h, here }) {
      h.use(0).split.add('a')
      h.use(1).split.add('b')
      h.use(0).otherSplit.add('c')
      h.use(1).otherSplit.add('d')
      await here()
      deepEqual(h.contents().split, [['a'], ['b']])
      h.use(1).split.clear()
      deepEqual(h.contents().split, [['a'], []])
      deepEqual(h.contents().otherSplit, [['c'], ['d']])
    },
  },
  {
    id: 'operator-split-refused',
    title:
      'undefined, holes and what is no array are refused before anything changes; null is an element',
    async run({ h, here }) {
      h.use(0).split.addAll([1, null])
      await here()
      const { split } = h.use(0)
      const before = h.contents()
      throws(() => split.add(undefined), isInvalid)
      throws(() => split.addAll([2, undefined]), isInvalid)
      throws(() => split.update(new Array(2)), isInvalid)
      throws(() => split.update(null as unknown as unknown[]), isInvalid)
      deepEqual(h.contents(), before)
      deepEqual(allOf(h.contents().split), [1, null])
    },
  },
  {
    id: 'operator-split-own-view',
    title: 'a list may be given its own elements',
    async run({ h, here }) {
      h.use(0).split.addAll([1, 2, 3, 4])
      await here()
      const { split } = h.use(0)
      const [before, other] = [[...split.get()], [...h.use(1).split.get()]]
      split.addAll(split.get())
      split.update(split.get())
      deepEqual(h.contents().split, [[...before, ...before], other])
    },
  },
  {
    id: 'operator-split-order',
    title: 'ten thousand elements keep their order',
    async run({ h, here }) {
      h.use(0).split.addAll(TEN_THOUSAND)
      h.use(1).split.addAll(TEN_THOUSAND)
      await here()
      deepEqual(allOf(h.contents().split), [...TEN_THOUSAND, ...TEN_THOUSAND])
    },
  },
  {
    id: 'operator-split-append',
    title: 'an element added to a long list is written alone',
    async run({ h, here }) {
      h.use(0).split.addAll(TEN_THOUSAND)
      h.use(1).split.add('short')
      await here()
      await h.checkpoint()
      h.use(0).split.add(7)
      const delta = await h.checkpoint()
      deepEqual(delta.rows, { split: [0, 0, 1, 0] })
      ok((delta.run?.length ?? 0) < 400, `${delta.run?.length} bytes`)
    },
  },
  {
    id: 'operator-split-same-parallelism',
    title: 'a restore at the same parallelism moves no element, however uneven the lists are',
    once: true,
    async run({ h }) {
      await h.restore(3)
      h.use(0).split.addAll([1, 2, 3, 4, 5])
      h.use(2).split.add(6)
      h.use(1).otherSplit.add(7)
      for (let round = 0; round < 3; round++) {
        await h.checkpoint()
        await h.restore()
        equal(h.dirty, false)
        deepEqual(h.contents().split, [[1, 2, 3, 4, 5], [], [6]])
        deepEqual(h.contents().otherSplit, [[], [7], []])
      }
    },
  },
  {
    id: 'operator-split-rescale',
    title:
      'at another parallelism elements are dealt out evenly, in order, the first subtasks one more',
    once: true,
    async run({ h }) {
      h.use(0).split.addAll([0, 1, 2, 3, 4, 5, 6])
      h.use(1).split.addAll([7, 8, 9])
      const expected: readonly (readonly [number, unknown])[] = [
        [
          3,
          [
            [0, 1, 2, 3],
            [4, 5, 6],
            [7, 8, 9],
          ],
        ],
        [1, [[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]]],
        [
          4,
          [
            [0, 1, 2],
            [3, 4, 5],
            [6, 7],
            [8, 9],
          ],
        ],
        [
          2,
          [
            [0, 1, 2, 3, 4],
            [5, 6, 7, 8, 9],
          ],
        ],
        [12, [...Array.from({ length: 10 }, (_, i) => [i]), [], []]],
        [1, [[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]]],
      ]
      for (const [parallelism, lists] of expected) {
        await h.checkpoint()
        await h.restore(parallelism)
        deepEqual(h.contents().split, lists, `${parallelism} subtasks`)
      }
    },
  },
  {
    id: 'operator-split-rescale-each',
    title: 'each state is dealt out by itself, beginning with the first subtask',
    once: true,
    async run({ h }) {
      h.use(1).split.addAll([1, 2, 3, 4])
      h.use(0).otherSplit.add('a')
      h.use(1).otherSplit.add('b')
      await h.checkpoint()
      await h.restore(3)
      deepEqual(h.contents().split, [[1, 2], [3], [4]])
      deepEqual(h.contents().otherSplit, [['a'], ['b'], []])
    },
  },
  {
    id: 'operator-split-rescale-committed',
    title: 'moved elements are written with the next checkpoint, then no more',
    once: true,
    async run({ h }) {
      h.use(0).split.addAll([1, 2, 3])
      await h.checkpoint()
      await h.restore(3)
      equal(h.dirty, true)
      deepEqual((await h.checkpoint()).rows, { split: [3, 0, 0, 0] })
      equal(h.dirty, false)
      await h.restore(1)
      deepEqual((await h.checkpoint()).rows, { split: [1, 2, 0, 0] })
      await h.restore(1)
      equal(h.dirty, false)
      deepEqual(h.contents().split, [[1, 2, 3]])
    },
  },
  {
    id: 'operator-split-rescale-lost',
    title: 'a rescale of which no checkpoint was committed is as if it had not been',
    once: true,
    async run({ h }) {
      h.use(0).split.addAll([1, 2, 3])
      h.use(1).split.add(4)
      await h.checkpoint()
      await h.restore(4)
      h.use(3).split.add('lost')
      const snapshot = h.beginSnapshot()
      snapshot.write()
      snapshot.abandon()
      await h.restore(2)
      deepEqual(h.contents().split, [[1, 2, 3], [4]])
      equal(h.dirty, false)
    },
  },
  {
    id: 'operator-split-rescale-abandoned',
    title: 'a failed checkpoint after a rescale loses and doubles nothing',
    once: true,
    async run({ h }) {
      h.use(0).split.addAll([1, 2, 3])
      h.use(1).split.addAll([4, 5])
      await h.checkpoint()
      await h.restore(3)
      for (let rows = 0; rows < 4; rows++) {
        const snapshot = h.beginSnapshot()
        for (let row = 0; row < rows && !snapshot.write(); row++);
        snapshot.abandon()
        equal(h.dirty, true)
      }
      h.use(2).split.add(6)
      await h.checkpoint()
      await h.restore()
      deepEqual(h.contents().split, [
        [1, 2],
        [3, 4],
        [5, 6],
      ])
      await h.restore(2)
      deepEqual(h.contents().split, [
        [1, 2, 3],
        [4, 5, 6],
      ])
    },
  },
]

function isInvalid(error: unknown): boolean {
  return hasCode(error, 'INVALID_ARGUMENT')
}
