/** The state backend contract, part: what a snapshot writes. The changes since the last one, and no more. */
import { deepEqual, equal } from 'node:assert/strict'
import { type BackendCase, type BackendContext, entriesOf } from './backend-context.js'

/** Rows are counted as PUT, DELETE, APPEND, CLEAR. */
export const deltaCases: readonly BackendCase[] = [
  {
    id: 'delta-nothing',
    title: 'an interval without changes writes no run, however much was read in it',
    async run({ h, here }) {
      deepEqual(await h.checkpoint(), { run: undefined, rows: {} })
      h.use('k').value.update(1)
      h.use('k').map.put('x', 1)
      await h.checkpoint()
      await here()
      for (let round = 0; round < 2; round++) {
        equal(h.use('k').value.value(), 1)
        equal(h.use('k').map.get('x'), 1)
        equal(h.use('k').map.isEmpty(), false)
        equal(h.use('absent').map.contains('x'), false)
        equal(h.keys().length, 1)
        deepEqual(await h.checkpoint(), { run: undefined, rows: {} })
      }
    },
  },
  {
    id: 'delta-changes-only',
    title: 'only the keys changed since the last snapshot are written, under their state',
    async run({ h, here }) {
      for (let key = 0; key < 100; key++) {
        h.use(key).value.update(key)
        h.use(key).other.update(key)
      }
      deepEqual((await h.checkpoint()).rows, { value: [100, 0, 0, 0], other: [100, 0, 0, 0] })
      await here()
      h.use(7).value.update('seven')
      deepEqual((await h.checkpoint()).rows, { value: [1, 0, 0, 0] })
      h.use(8).other.update('eight')
      h.use(100).other.update('new')
      deepEqual((await h.checkpoint()).rows, { other: [2, 0, 0, 0] })
    },
  },
  {
    id: 'delta-last-change',
    title: 'many changes of one entry in an interval are one row, with the last value',
    async run({ h, here }) {
      h.use('k').map.put('x', 'kept by a run')
      await h.checkpoint()
      await here()
      for (let i = 0; i < 50; i++) {
        h.use('k').value.update(i)
        if (i % 10 === 0) h.use('k').value.clear()
        h.use('k').map.put('x', i)
        if (i % 7 === 0) h.use('k').map.remove('x')
      }
      deepEqual((await h.checkpoint()).rows, { value: [1, 0, 0, 0], map: [0, 1, 0, 0] })
      await h.restore()
      deepEqual(h.contents(), new Map([['k', { value: 49 }]]))
    },
  },
  {
    id: 'delta-deletes',
    title: 'a removed value and a removed entry are a DELETE each',
    async run({ h, here }) {
      for (const key of ['a', 'b', 'c']) {
        h.use(key).value.update(key)
        h.use('map').map.put(key, key)
      }
      await h.checkpoint()
      await here()
      h.use('a').value.clear()
      h.use('b').value.update(undefined)
      h.use('map').map.remove('c')
      deepEqual((await h.checkpoint()).rows, { value: [0, 2, 0, 0], map: [0, 1, 0, 0] })
      deepEqual((await h.checkpoint()).rows, {})
      await h.restore()
      deepEqual(h.keys().toSorted(), ['c', 'map'])
    },
  },
  {
    id: 'delta-entries',
    title: 'of a large map only the entries that changed are written',
    async run(context) {
      const { h } = context
      await thousandEntries(context)
      h.use('k').map.put(1, 'changed')
      h.use('k').map.put('new', 1)
      h.use('k').map.remove(2)
      deepEqual((await h.checkpoint()).rows, { map: [2, 1, 0, 0] })
    },
  },
  {
    id: 'delta-clear',
    title: 'clearing a map of a thousand entries writes one row',
    async run(context) {
      const { h } = context
      await thousandEntries(context)
      h.use('k').map.put(1, 'changed')
      h.use('k').map.put('new', 1)
      h.use('k').map.clear()
      deepEqual((await h.checkpoint()).rows, { map: [0, 0, 0, 1] })
      await h.restore()
      deepEqual(h.keys(), [])
    },
  },
  {
    id: 'delta-clear-and-put',
    title: 'a map cleared and filled anew writes one CLEAR and its new entries',
    async run(context) {
      const { h } = context
      await thousandEntries(context)
      h.use('k').map.clear()
      h.use('k').map.put(1, 'new')
      h.use('k').map.clear()
      h.use('k').map.put(2, 'new')
      h.use('k').map.put('three', 'new')
      deepEqual((await h.checkpoint()).rows, { map: [2, 0, 0, 1] })
      await h.restore()
      deepEqual(
        entriesOf(h.use('k').map),
        new Map<unknown, unknown>([
          [2, 'new'],
          ['three', 'new'],
        ]),
      )
    },
  },
  {
    id: 'delta-after-clear',
    title: 'after a clear is committed, the map is written entry by entry again',
    async run(context) {
      const { h } = context
      await thousandEntries(context)
      h.use('k').map.clear()
      await h.checkpoint()
      h.use('k').map.put(1, 'new')
      deepEqual((await h.checkpoint()).rows, { map: [1, 0, 0, 0] })
      await context.here()
      h.use('k').map.put(2, 'new')
      deepEqual((await h.checkpoint()).rows, { map: [1, 0, 0, 0] })
      await h.restore()
      equal(entriesOf(h.use('k').map).size, 2)
    },
  },
  {
    id: 'delta-chain',
    title:
      'a long chain of small deltas comes to what one snapshot of everything would, merged or not',
    async run({ h, here }) {
      for (let i = 0; i < 40; i++) {
        h.use(i % 13).value.update(i)
        h.use(i % 7).map.put(i % 5, i)
        if (i % 3 === 0) h.use((i * 5) % 13).value.clear()
        if (i % 4 === 0) h.use((i * 3) % 7).map.remove(i % 3)
        if (i % 11 === 0) h.use(i % 7).map.clear()
        await h.checkpoint()
        if (i % 10 === 0) await here()
      }
      const contents = h.contents()
      await h.restore()
      deepEqual(h.contents(), contents)
      await h.compact()
      equal(h.runs.length, 1)
      await h.restore(5)
      deepEqual(h.contents(), contents)
    },
  },
  {
    id: 'delta-groups',
    title: 'one key group or as many as there can be: every key is written and restored',
    once: true,
    async run(context) {
      for (const maxParallelism of [1, 2, 32_768]) {
        const { value, map } = context.states
        const h = await context.open({ states: { value, map }, maxParallelism })
        for (let key = 0; key < 60; key++) {
          h.use(key).value.update(key)
          h.use(key).map.put(key, key)
        }
        deepEqual((await h.checkpoint()).rows, { value: [60, 0, 0, 0], map: [60, 0, 0, 0] })
        const digest = h.digest()
        await h.restore(Math.min(maxParallelism, 2))
        equal(h.digest(), digest)
      }
    },
  },
  {
    id: 'dirty',
    title: 'dirty says whether there are changes since the last snapshot, committed or given up',
    async run({ h, here }) {
      equal(h.dirty, false)
      h.use('k').value.update(1)
      equal(h.dirty, true)
      await h.checkpoint()
      equal(h.dirty, false)
      await here()
      h.use('k').value.value()
      h.use('k').map.isEmpty()
      equal(h.dirty, false)
      for (const change of [() => h.use('k').value.clear(), () => h.use('k').map.put('x', 1)]) {
        change()
        equal(h.dirty, true)
        await h.checkpoint()
        equal(h.dirty, false)
      }
      h.use('k').map.clear()
      const snapshot = h.beginSnapshot()
      equal(h.dirty, false)
      h.use('new').other.update(1)
      equal(h.dirty, true)
      snapshot.abandon()
      equal(h.dirty, true)
      await h.checkpoint()
      equal(h.dirty, false)
    },
  },
  {
    id: 'dirty-abandoned',
    title: 'after a snapshot was given up there are changes again, deletions and clears too',
    async run({ h, here }) {
      h.use('k').value.update(1)
      h.use('k').map.put('x', 1)
      for (const change of [() => h.use('k').value.clear(), () => h.use('k').map.clear()]) {
        await h.checkpoint()
        await here()
        change()
        h.beginSnapshot().abandon()
        equal(h.dirty, true)
      }
      await h.checkpoint()
      equal(h.dirty, false)
      await h.restore()
      deepEqual(h.keys(), [])
    },
  },
]

async function thousandEntries({ h, here }: BackendContext): Promise<void> {
  for (let i = 0; i < 1000; i++) h.use('k').map.put(i, i)
  deepEqual((await h.checkpoint()).rows, { map: [1000, 0, 0, 0] })
  await here()
}
