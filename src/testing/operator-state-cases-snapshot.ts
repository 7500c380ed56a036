/** The operator state contract, part: snapshots. What is in them, how they end, what they do not write. */
import { deepEqual, equal, throws } from 'node:assert/strict'
import { HoldfastError, hasCode } from '../base/errors.js'
import { keyGroupOfRow } from '../keygroup/row-key.js'
import { splitListState } from '../state/operator-state.js'
import { messagePack, type Serializer } from '../state/serializer.js'
import { allOf, type OperatorCaseStates, type OperatorStateCase } from './operator-context.js'
import type { OperatorHarness } from './operator-harness.js'

/** Barriers of operator state. */
export const operatorSnapshotCases: readonly OperatorStateCase[] = [
  {
    id: 'operator-empty',
    title: 'states in which nothing is write nothing',
    async run({ h, here }) {
      equal(h.dirty, false)
      deepEqual(await h.checkpoint(), { run: undefined, rows: {} })
      await here()
      h.use(0).split.addAll([])
      h.use(0).union.update([])
      h.use(0).broadcast.clear()
      deepEqual((await h.checkpoint()).rows, {})
      const nothing = { split: [[], []], union: [[], []], broadcast: new Map() }
      deepEqual(h.contents(), {
        ...nothing,
        otherSplit: nothing.split,
        otherBroadcast: nothing.broadcast,
      })
    },
  },
  {
    id: 'operator-dirty',
    title: 'reading is no change; adding, replacing, clearing and putting is, until a snapshot',
    async run({ h, here }) {
      await here()
      const { split, union, broadcast } = h.use(0)
      void [split.get(), union.get(), broadcast.get('x'), [...broadcast.entries()]]
      equal(h.dirty, false)
      const changes = [
        () => split.add(1),
        () => split.clear(),
        () => union.add(1),
        () => union.update([2]),
        () => broadcast.put('x', 1),
        () => broadcast.remove('x'),
      ]
      for (const change of changes) {
        change()
        equal(h.dirty, true)
        await h.checkpoint()
        equal(h.dirty, false)
      }
    },
  },
  {
    id: 'operator-isolation',
    title: 'what changes after a barrier is not in its checkpoint, whenever it is written',
    async run({ h, here }) {
      h.use(0).split.addAll([42, 4711])
      h.use(1).split.addAll([7, 13, 23])
      h.use(0).union.addAll([17, 18])
      h.use(0).broadcast.put(1, 2)
      h.use(0).otherBroadcast.put(2, 5)
      await here()
      h.use(0).broadcast.put(2, 5)
      const before = h.contents()
      for (let written = 0; written < 6; written++) {
        const copy = await committedAt(h, written)
        deepEqual(allOf(copy.split), allOf(before.split))
        deepEqual([copy.broadcast, copy.otherBroadcast], [before.broadcast, before.otherBroadcast])
        deepEqual((copy.union as unknown[][])[0], [17, 18])
      }
    },
  },
  {
    id: 'operator-abandoned',
    title: 'the changes of a snapshot that failed are in the next one, deletions too',
    async run({ h, here }) {
      h.use(0).split.addAll([1, 2])
      h.use(1).split.addAll([3, 4])
      h.use(0).broadcast.put('a', 1)
      h.use(0).broadcast.put('b', 2)
      await h.checkpoint()
      await here()
      h.use(0).split.clear()
      h.use(1).split.add(5)
      h.use(0).broadcast.remove('a')
      const snapshot = h.beginSnapshot()
      snapshot.write()
      h.use(1).split.add(6)
      snapshot.abandon()
      equal(h.dirty, true)
      deepEqual((await h.checkpoint()).rows, { split: [0, 1, 1, 0], broadcast: [0, 1, 0, 0] })
      await h.restore()
      deepEqual(h.contents().split, [[], [3, 4, 5, 6]])
      deepEqual(h.contents().broadcast, new Map([['b', 2]]))
    },
  },
  {
    id: 'operator-closed',
    title: 'a snapshot that is under way when everything is closed has committed nothing',
    async run({ h, here }) {
      h.use(0).split.add('kept')
      h.use(0).broadcast.put('k', 'kept')
      await h.checkpoint()
      await here()
      h.use(0).split.add('lost')
      h.use(1).broadcast.put('k', 'lost')
      h.beginSnapshot().write()
      await h.restore()
      deepEqual(allOf(h.contents().split), ['kept'])
      deepEqual(h.contents().broadcast, new Map([['k', 'kept']]))
      equal(h.dirty, false)
    },
  },
  {
    id: 'operator-one-snapshot',
    title: 'a second snapshot before the first is settled is refused and disturbs nothing',
    async run({ h, here }) {
      await here()
      h.use(0).split.add(1)
      const snapshot = h.beginSnapshot()
      throws(
        () => h.backend.snapshot(),
        (error) => hasCode(error, 'INVALID_STATE'),
      )
      deepEqual((await snapshot.commit()).rows, { split: [1, 0, 0, 0] })
      await h.restore()
      deepEqual(allOf(h.contents().split), [1])
    },
  },
  {
    id: 'operator-rows',
    title: 'all rows are of key group 0, which every max parallelism has',
    async run({ h, here }) {
      await h.restore(3)
      for (const subtask of [0, 1, 2]) {
        h.use(subtask).split.add(subtask)
        h.use(subtask).union.add(subtask)
        h.use(subtask).broadcast.put(subtask, subtask)
      }
      await h.checkpoint()
      await h.restore(2)
      await here()
      const groups = new Set<number>()
      for (const { reader } of h.committed.chain) {
        for (const section of reader.sections) {
          const cursor = reader.rows(section, { first: 0, last: 32_767 })
          for (let rows = await cursor.next(); rows !== undefined; rows = await cursor.next()) {
            for (const row of rows) groups.add(keyGroupOfRow(row.key))
          }
        }
      }
      deepEqual([...groups], [0])
    },
  },
  {
    id: 'operator-serializer',
    title: 'elements go through the serializer of their state; what it refuses names the state',
    once: true,
    async run({ open }) {
      const even: Serializer<number> = {
        ...messagePack<number>(),
        id: 'even',
        write: (value, out) => {
          if (value % 2 === 1) throw new HoldfastError('INVALID_ARGUMENT', 'it is odd')
          messagePack<number>().write(value / 2, out)
        },
        read: (bytes) => messagePack<number>().read(bytes) * 2,
      }
      const h = await open({ states: { numbers: splitListState({ serializer: even }) } })
      h.use(0).numbers.addAll([2, 4])
      await h.checkpoint()
      await h.restore(1)
      deepEqual(h.use(0).numbers.get(), [2, 4])
      h.use(0).numbers.add(5)
      const snapshot = h.beginSnapshot()
      throws(
        () => {
          while (!snapshot.write());
        },
        (error) => hasCode(error, 'INVALID_ARGUMENT') && /"numbers".*odd/.test(String(error)),
      )
      snapshot.abandon()
      h.use(0).numbers.update([6])
      await h.checkpoint()
      await h.restore(2)
      deepEqual(h.contents().numbers, [[6], []])
    },
  },
  {
    id: 'operator-chain',
    title: 'a chain of checkpoints comes to the same, whichever neighbours are merged',
    async run({ h, here }) {
      for (let i = 0; i < 12; i++) {
        const { split, union, broadcast } = h.use(i % 2)
        if (i % 5 === 3) split.update([i])
        else split.addAll([i, i])
        if (i % 4 === 2) union.clear()
        else union.add(i)
        if (i === 7) broadcast.clear()
        broadcast.put(i % 3, i)
        broadcast.remove((i + 1) % 3)
        await h.checkpoint()
        if (i === 5) await here()
      }
      await h.restore()
      const expected = h.contents()
      for (let first = 0; h.committed.chain.length > 1; first++) {
        await h.compact(first % h.committed.chain.length, (first % h.committed.chain.length) + 2)
        await h.restore()
        deepEqual(h.contents(), expected)
      }
    },
  },
]

/**
 * What a checkpoint holds whose barrier was before some changes, of which `written` rows were written before them;
 * everything is as at the barrier afterwards.
 */
async function committedAt(h: OperatorHarness<OperatorCaseStates>, written: number) {
  const snapshot = h.beginSnapshot()
  for (let row = 0; row < written && !snapshot.write(); row++);
  h.use(0).split.add(77)
  h.use(1).split.update([1])
  h.use(0).broadcast.put(32, 97)
  h.use(1).broadcast.put(1, 'later')
  h.use(0).otherBroadcast.clear()
  h.use(0).union.clear()
  h.use(1).union.update([99])
  await snapshot.commit()
  await h.restore()
  return h.contents()
}
