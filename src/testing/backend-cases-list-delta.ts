/**
 * The state backend contract, part: what a snapshot writes of lists. What was added is an APPEND of just that; a list
 * that is new, replaced or was cleared is a PUT. Rows are counted as PUT, DELETE, APPEND, CLEAR.
 */
import { deepEqual, equal, ok } from 'node:assert/strict'
import type { BackendCase, CaseStates } from './backend-context.js'
import type { KeyedHarness } from './keyed-harness.js'

const HUNDRED_THOUSAND: readonly number[] = Array.from({ length: 100_000 }, (_, i) => i)

/** Nothing of a list is lost, written twice or written without need. */
export const listDeltaCases: readonly BackendCase[] = [
  {
    id: 'list-delta-new',
    title: 'new lists are a PUT each, however their elements came',
    async run({ h, here }) {
      await here()
      h.use('a').list.add(1)
      h.use('a').list.addAll([2, 3])
      h.use('b').list.update([1])
      h.use('b').list.add(2)
      h.use('c').otherList.add(1)
      deepEqual((await h.checkpoint()).rows, { list: [2, 0, 0, 0], otherList: [1, 0, 0, 0] })
    },
  },
  {
    id: 'list-delta-append',
    title: 'elements added to a committed list are one APPEND, after a restore too',
    async run({ h, here }) {
      h.use('k').list.add('first')
      h.use('still').list.add('unchanged')
      await h.checkpoint()
      for (let round = 0; round < 3; round++) {
        await here()
        h.use('k').list.add(round)
        h.use('k').list.addAll([round, round])
        deepEqual((await h.checkpoint()).rows, { list: [0, 0, 1, 0] })
      }
      await h.restore()
      deepEqual(h.use('k').list.get(), ['first', 0, 0, 0, 1, 1, 1, 2, 2, 2])
    },
  },
  {
    id: 'list-delta-size',
    title: 'an element added to a list of a hundred thousand is written alone',
    async run({ h, here }) {
      h.use('small').list.add(1)
      h.use('k').list.addAll(HUNDRED_THOUSAND)
      await h.checkpoint()
      await here()
      h.use('small').list.add(7)
      const small = await h.checkpoint()
      h.use('k').list.add(7)
      const large = await h.checkpoint()
      deepEqual(large.rows, { list: [0, 0, 1, 0] })
      ok((large.run?.length ?? 0) <= (small.run?.length ?? 0), `${large.run?.length} bytes`)
      await h.restore()
      deepEqual(h.use('k').list.get(), [...HUNDRED_THOUSAND, 7])
    },
  },
  {
    id: 'list-delta-million',
    title: 'an element added to a list of a million makes a run of less than 200 bytes',
    once: true,
    async run({ h }) {
      h.use('k').list.addAll(Array.from({ length: 1_000_000 }, (_, i) => i))
      await h.checkpoint()
      await h.restore()
      h.use('k').list.add(7)
      const { run } = await h.checkpoint()
      ok(run !== undefined && run.length < 200, `${run?.length} bytes`)
      await h.restore()
      equal(h.use('k').list.get().length, 1_000_001)
    },
  },
  {
    id: 'list-delta-update',
    title: 'an update is a PUT, whatever was added before it or after it, and then APPENDs go on',
    async run({ h, here }) {
      h.use('k').list.addAll([1, 2, 3])
      await h.checkpoint()
      await here()
      h.use('k').list.add(4)
      h.use('k').list.update([5])
      h.use('k').list.add(6)
      deepEqual((await h.checkpoint()).rows, { list: [1, 0, 0, 0] })
      h.use('k').list.add(7)
      deepEqual((await h.checkpoint()).rows, { list: [0, 0, 1, 0] })
      await h.restore()
      deepEqual(h.use('k').list.get(), [5, 6, 7])
    },
  },
  {
    id: 'list-delta-clear',
    title: 'a cleared list is a DELETE, one that was added to again a PUT',
    async run({ h, here }) {
      for (const key of ['a', 'b', 'c']) h.use(key).list.addAll([1, 2])
      await h.checkpoint()
      await here()
      h.use('a').list.clear()
      h.use('b').list.update([])
      h.use('c').list.clear()
      h.use('c').list.add(3)
      deepEqual((await h.checkpoint()).rows, { list: [1, 2, 0, 0] })
      deepEqual((await h.checkpoint()).rows, {})
      h.use('a').list.add('again')
      h.use('c').list.add(4)
      deepEqual((await h.checkpoint()).rows, { list: [1, 0, 1, 0] })
      await h.restore()
      deepEqual(h.contents(), contents({ a: ['again'], c: [3, 4] }))
    },
  },
  {
    id: 'list-delta-read',
    title: 'reading lists is no change; adding, replacing and clearing them is, until a snapshot',
    async run({ h, here }) {
      h.use('k').list.add(1)
      await h.checkpoint()
      await here()
      h.use('k').list.get()
      h.use('absent').list.get()
      equal(h.dirty, false)
      const changes = [
        () => h.use('k').list.add(2),
        () => h.use('k').list.addAll([3]),
        () => h.use('k').list.update([1]),
        () => h.use('k').list.clear(),
      ]
      for (const change of changes) {
        change()
        equal(h.dirty, true)
        h.beginSnapshot().abandon()
        equal(h.dirty, true)
        await h.checkpoint()
        equal(h.dirty, false)
      }
    },
  },
  {
    id: 'list-chain',
    title:
      'a chain of PUTs, APPENDs and DELETEs comes to the same, whichever neighbours are merged',
    async run({ h, here }) {
      await playChain(h, here)
      const [expected, chain] = [h.contents(), h.runs]
      for (let first = 0; first < chain.length; first++) {
        for (const count of [2, 3, 5]) {
          await h.restoreTo(chain)
          await h.compact(first, first + count)
          await h.restore()
          deepEqual(h.contents(), expected, `${count} runs from the one numbered ${first}`)
        }
      }
      await h.restoreTo(chain)
      for (let first = 0; h.runs.length > 1; first = (first + 1) % h.runs.length) {
        await h.compact(first, first + 2)
        await h.restore(1 + (first % 3))
        deepEqual(h.contents(), expected)
      }
    },
  },
]

/** A dozen small checkpoints, with every kind of row upon every other. */
async function playChain(h: KeyedHarness<CaseStates>, here: () => Promise<void>): Promise<void> {
  for (let i = 0; i < 12; i++) {
    for (let key = 0; key < 16; key++) {
      const { list } = h.use(key)
      const step = (i * (key + 3) + key) % 7
      if (step < 4) list.add(`${i} ${key}`)
      else if (step === 4) list.update([i, key])
      else if (step === 5) list.clear()
    }
    await h.checkpoint()
    if (i === 5) await here()
  }
}

function contents(lists: Readonly<Record<string, readonly unknown[]>>): unknown {
  return new Map(Object.entries(lists).map(([key, list]) => [key, { list }]))
}
