/** The state backend contract, part: what snapshots write of an ordered map, however they end, and restores of it. */
import { deepEqual, equal, ok } from 'node:assert/strict'
import type { Key } from '../state/key.js'
import type { BackendCase, BackendContext } from './backend-context.js'

/** Rows are counted as PUT, DELETE, APPEND, CLEAR. */
export const orderedMapDeltaCases: readonly BackendCase[] = [
  {
    id: 'ordered-delta-entries',
    title:
      'of a large ordered map only the entries that changed are written, one row each; reads write none',
    async run(context) {
      const { h } = context
      await hundred(context)
      h.use('k').ordered.put(1, 'changed')
      h.use('k').ordered.put(1, 'changed again')
      h.use('k').ordered.put(0.5, 'new')
      h.use('k').ordered.remove(2)
      deepEqual((await h.checkpoint()).rows, { ordered: [2, 1, 0, 0] })
      equal([...h.use('k').ordered.range({ gt: 3 })].length, 96)
      h.use('k').ordered.first()
      deepEqual((await h.checkpoint()).rows, {})
    },
  },
  {
    id: 'ordered-delta-remove-range',
    title: 'removing a range writes one DELETE for each entry; putting one back makes it a PUT',
    async run(context) {
      const { h } = context
      await hundred(context)
      h.use('k').ordered.removeRange({ lt: 10 })
      h.use('k').ordered.put(5, 'back')
      deepEqual((await h.checkpoint()).rows, { ordered: [1, 9, 0, 0] })
      await h.restore()
      deepEqual(keysOf(context).slice(0, 3), [5, 10, 11])
    },
  },
  {
    id: 'ordered-delta-clear',
    title: 'clearing an ordered map, or removing all of it at once, writes one row',
    async run(context) {
      const { h } = context
      for (const change of [
        () => h.use('k').ordered.clear(),
        () => h.use('k').ordered.removeRange({ gte: 0, lte: 99 }),
        () => h.use('k').ordered.removeRange({}),
      ]) {
        await hundred(context)
        change()
        deepEqual((await h.checkpoint()).rows, { ordered: [0, 0, 0, 1] })
        await h.restore()
        deepEqual(h.keys(), [])
      }
    },
  },
  {
    id: 'ordered-delta-passing',
    title: 'entries that came and went between two snapshots are not written',
    async run({ h, here }) {
      h.use('k').ordered.put('kept', 1)
      await h.checkpoint()
      await here()
      for (let i = 0; i < 50; i++) h.use('k').ordered.put(i, i)
      h.use('k').ordered.removeRange({ lt: 40 })
      for (let i = 40; i < 50; i++) h.use('k').ordered.remove(i)
      deepEqual((await h.checkpoint()).rows, {})
      deepEqual(h.use('k').ordered.first(), ['kept', 1])
    },
  },
  {
    id: 'ordered-barrier',
    title:
      'a snapshot has the ordered map as it was at the barrier, whatever changes while it is written',
    async run(context) {
      const { h } = context
      await hundred(context)
      h.use('k').ordered.removeRange({ gte: 10, lt: 20 })
      for (let i = 0; i < 30; i++) h.use('k').ordered.put(i + 0.5, 'at the barrier')
      const contents = h.contents()
      const snapshot = h.beginSnapshot()
      for (let i = 0; !snapshot.write(); i++) {
        h.use('k').ordered.remove(i + 0.5)
        h.use('k').ordered.put(i, 'after')
        if (i === 15) h.use('k').ordered.removeRange({ gt: 20, lt: 25 })
        if (i === 25) h.use('k').ordered.clear()
      }
      await snapshot.commit()
      const after = h.contents()
      const { runs } = h
      deepEqual((await context.fresh(runs)).contents(), contents)
      await context.here()
      deepEqual(h.contents(), after)
    },
  },
  {
    id: 'ordered-abandon',
    title: 'ranges removed before a snapshot that was given up are removed by the next one',
    async run(context) {
      const { h } = context
      await hundred(context)
      h.use('k').ordered.removeRange({ lt: 10 })
      const snapshot = h.beginSnapshot()
      for (let row = 0; row < 5; row++) snapshot.write()
      h.use('k').ordered.put(3, 'meanwhile')
      snapshot.abandon()
      deepEqual((await h.checkpoint()).rows, { ordered: [1, 9, 0, 0] })
      h.use('k').ordered.removeRange({})
      h.beginSnapshot().abandon()
      deepEqual((await h.checkpoint()).rows, { ordered: [0, 0, 0, 1] })
      await h.restore()
      deepEqual(h.keys(), [])
    },
  },
  {
    id: 'ordered-abandon-forgets',
    title: 'a restore after a snapshot was given up has the committed entries, in order',
    async run(context) {
      const { h } = context
      await hundred(context)
      const contents = h.contents()
      h.use('k').ordered.removeRange({ gt: 50 })
      h.use('k').ordered.put(-1, 'lost')
      h.beginSnapshot().abandon()
      await h.restore()
      deepEqual(h.contents(), contents)
      deepEqual(h.use('k').ordered.first(), [0, 0])
      deepEqual(h.use('k').ordered.last(), [99, 99])
    },
  },
  {
    id: 'ordered-restore-older',
    title:
      'each checkpoint of a chain restores the ordered map to its own moment, compacted or not',
    async run(context) {
      const { h } = context
      const moments: Key[][] = []
      for (let round = 0; round < 6; round++) {
        for (let i = 0; i < 10; i++) h.use('k').ordered.put(round + i / 10, round)
        h.use('k').ordered.removeRange({ gt: round - 0.5, limit: 3 })
        if (round === 3) h.use('k').ordered.removeRange({ lt: 2 })
        await h.checkpoint()
        moments.push(keysOf(context))
        if (round === 2) await context.here()
      }
      ok(moments.every((keys) => keys.length > 0))
      const { runs } = h
      // A restore in between adds no runs: what it finds is committed.
      for (const [round, keys] of moments.entries()) {
        const older = await context.fresh(runs.slice(0, runs.length - (5 - round)))
        deepEqual(
          Array.from(older.use('k').ordered.entries(), ([mapKey]) => mapKey),
          keys,
        )
      }
      await h.compact()
      await h.restore(3)
      deepEqual(keysOf(context), moments.at(-1))
    },
  },
]

/** 0 to 99 under `k`, committed. */
async function hundred({ h, here }: BackendContext): Promise<void> {
  for (let i = 99; i >= 0; i--) h.use('k').ordered.put(i, i)
  await h.checkpoint()
  await here()
}

function keysOf({ h }: BackendContext): Key[] {
  return Array.from(h.use('k').ordered.entries(), ([mapKey]) => mapKey)
}
