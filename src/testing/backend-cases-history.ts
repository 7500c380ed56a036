/**
 * The state backend contract, part: lists, reducing and aggregating state around barriers. Scripts played at every
 * moment of one snapshot; and, for two snapshots in a row, every history there is: each combination of changes
 * before and during them, each a key of its own.
 */
import { deepEqual } from 'node:assert/strict'
import type { BackendCase, BackendContext, CaseStates, Use } from './backend-context.js'
import { type BarrierScript, barrierCase } from './barrier-script.js'
import type { HarnessSnapshot } from './harness-snapshot.js'
import type { KeyedHarness } from './keyed-harness.js'

const SCRIPTS: readonly BarrierScript[] = [
  {
    id: 'barrier-list-added',
    title: 'elements added to lists before the barrier, after it, later',
    committed: (use) => ['a', 'b', 'c'].forEach((key) => void use(key).list.add('committed')),
    before: (use) => ['a', 'b', 'd'].forEach((key) => void use(key).list.addAll(['before', 'too'])),
    after: (use) => ['a', 'c', 'd', 'e'].forEach((key) => void use(key).list.add('after')),
    later: (use) => ['a', 'b', 'e'].forEach((key) => void use(key).list.add('later')),
  },
  {
    id: 'barrier-list-replaced',
    title: 'lists added to before the barrier and replaced after it, and the other way round',
    committed: (use) => ['a', 'b'].forEach((key) => void use(key).list.add('committed')),
    before: (use) => {
      use('a').list.add('before')
      use('b').list.update(['before'])
    },
    after: (use) => {
      use('a').list.update(['after'])
      use('b').list.add('after')
    },
    later: (use) => ['a', 'b'].forEach((key) => void use(key).list.add('later')),
  },
  {
    id: 'barrier-list-cleared',
    title: 'lists added to before the barrier and cleared after it, one added to again',
    committed: (use) => ['a', 'b'].forEach((key) => void use(key).list.add('committed')),
    before: (use) => ['a', 'b', 'c'].forEach((key) => void use(key).list.add('before')),
    after: (use) => {
      for (const key of ['a', 'b', 'c']) use(key).list.clear()
      use('b').list.add('after')
    },
    later: (use) => use('c').list.add('later'),
  },
  {
    id: 'barrier-list-cleared-before',
    title: 'lists cleared before the barrier and added to after it, or cleared again, or later',
    committed: (use) => ['a', 'b', 'c'].forEach((key) => void use(key).list.add('committed')),
    before: (use) => ['a', 'b', 'c'].forEach((key) => void use(key).list.clear()),
    after: (use) => {
      use('a').list.add('after')
      use('b').list.add('vain')
      use('b').list.clear()
    },
    later: (use) => ['a', 'b', 'c'].forEach((key) => void use(key).list.add('later')),
  },
  {
    id: 'barrier-list-replaced-twice',
    title: 'lists replaced on both sides of the barrier, with elements added in between',
    before: (use) => {
      use('k').list.update(['before'])
      use('k').list.add('more')
      use('k').otherList.add('before')
    },
    after: (use) => {
      use('k').list.add('doomed')
      use('k').list.update(['after', 'all'])
      use('k').list.add('more')
      use('k').otherList.update(['after'])
    },
    later: (use) => use('k').otherList.add('later'),
  },
  {
    id: 'barrier-reducing',
    title: 'reducing states added to and cleared on both sides of the barrier',
    committed: (use) => ['a', 'b', 'c'].forEach((key) => void use(key).reducing.add('committed')),
    before: (use) => {
      for (const key of ['a', 'd']) use(key).reducing.add('before')
      use('b').reducing.clear()
    },
    after: (use) => {
      for (const key of ['a', 'b', 'd']) use(key).reducing.add('after')
      use('c').reducing.clear()
    },
    later: (use) => ['a', 'c'].forEach((key) => void use(key).reducing.add('later')),
  },
  {
    id: 'barrier-aggregating',
    title: 'accumulators changed in place, several times and cleared, on both sides of the barrier',
    committed: (use) =>
      ['a', 'b', 'c'].forEach((key) => void use(key).aggregating.add('committed')),
    before: (use) => {
      for (const key of ['a', 'd']) use(key).aggregating.add('before')
      use('b').aggregating.clear()
    },
    after: (use) => {
      for (const key of ['a', 'b', 'c', 'd']) use(key).aggregating.add('after')
      use('a').aggregating.add('after again')
      use('d').aggregating.clear()
    },
    later: (use) => ['a', 'c', 'd'].forEach((key) => void use(key).aggregating.add('later')),
  },
]

/** What may happen to a key at one time. */
type Change = (use: ReturnType<Use>, time: string) => void

const LIST_CHANGES: readonly Change[] = [
  () => undefined,
  ({ list }, time) => list.add(time),
  ({ list }, time) => list.update([time, 'new']),
  ({ list }) => list.clear(),
]

const FOLD_CHANGES: readonly Change[] = [
  () => undefined,
  ({ aggregating, reducing }, time) => {
    aggregating.add(time)
    reducing.add(time)
  },
  ({ aggregating, reducing }) => {
    aggregating.clear()
    reducing.clear()
  },
]

/** No change is lost or doubled, whatever happens when. */
export const historyCases: readonly BackendCase[] = [
  ...SCRIPTS.map(barrierCase),
  {
    id: 'list-every-history',
    title:
      'lists come through two snapshots, each committed or given up, with any changes before and meanwhile',
    run: (context) => playHistories(context, LIST_CHANGES),
  },
  {
    id: 'fold-every-history',
    title: 'accumulators come through two snapshots, each committed or given up, with any changes',
    run: (context) => playHistories(context, FOLD_CHANGES),
  },
]

/** When a change may happen: long before, before the first snapshot, during it, during the second. */
const TIMES = ['committed', 'before', 'during the first', 'during the second'] as const
/** How many moments there are: when exactly during a snapshot: before any row, halfway through the rows, after all, halfway through settling. */
const MOMENTS = 4
/** Whether the first and the second snapshot are committed. */
const OUTCOMES = [
  [false, false],
  [false, true],
  [true, false],
  [true, true],
] as const

async function playHistories(context: BackendContext, changes: readonly Change[]): Promise<void> {
  const count = changes.length ** TIMES.length
  const happen = (h: KeyedHarness<CaseStates>, at: number): void => {
    for (let history = 0; history < count; history++) {
      const change = changes[Math.floor(history / changes.length ** at) % changes.length]
      change?.(h.use(history), TIMES[at] ?? '')
    }
  }
  const calm = await context.fresh()
  const expected = TIMES.map((_, at) => {
    happen(calm, at)
    return calm.contents()
  })
  for (const [firstCommits, secondCommits] of OUTCOMES) {
    for (let moment = 0; moment < MOMENTS; moment++) {
      const h = await context.fresh()
      happen(h, 0)
      await h.checkpoint()
      if (moment === 0) await context.here(h)
      happen(h, 1)
      const how = { moment, halfway: count >> 2 }
      await end(h.beginSnapshot(), { ...how, commits: firstCommits }, () => happen(h, 2))
      await end(h.beginSnapshot(), { ...how, commits: secondCommits }, () => happen(h, 3))
      const atSecondBarrier = h.runs
      const where = `moment ${moment}, ${firstCommits}, ${secondCommits}`
      deepEqual(h.contents(), expected[3], where)
      await h.checkpoint()
      await h.restore()
      deepEqual(h.contents(), expected[3], `${where}, restored`)
      if (!secondCommits) continue
      await h.restoreTo(atSecondBarrier)
      deepEqual(h.contents(), expected[2], `${where}, restored from the second snapshot`)
    }
  }
}

interface Ending {
  readonly commits: boolean
  readonly moment: number
  /** So many rows, or settled entries. */
  readonly halfway: number
}

async function end(snapshot: HarnessSnapshot, how: Ending, meanwhile: () => void): Promise<void> {
  const { commits, moment, halfway } = how
  if (moment === 0) meanwhile()
  if (moment === 1) {
    for (let row = 0; row < halfway && !snapshot.write(); row++);
    meanwhile()
  }
  while (!snapshot.write());
  if (moment === 2) meanwhile()
  if (commits) await snapshot.seal()
  if (moment === 3) {
    for (let slice = 0; slice < halfway && !snapshot.settle(); slice++);
    meanwhile()
  }
  while (!snapshot.ended) snapshot.settle()
}
