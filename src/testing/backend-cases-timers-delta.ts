/**
 * The state backend contract, part: what a snapshot writes of timers. A timer that was added is a PUT, one that is gone
 * a DELETE; what no run knows of and is gone again is nothing at all. Rows are counted as PUT, DELETE, APPEND, CLEAR.
 */
import { deepEqual, equal, ok } from 'node:assert/strict'
import { seededRandom } from '../base/random.js'
import { keyGroupOf } from '../keygroup/hash.js'
import { subtaskOf } from '../keygroup/key-group-range.js'
import { openTimers, pollAll, type TimerHarness } from './backend-cases-timers.js'
import type { BackendCase } from './backend-context.js'

function add(h: TimerHarness, ...times: number[]): void {
  for (const time of times) h.timers('k', 'event').add(time, undefined)
}

function remove(h: TimerHarness, ...times: number[]): void {
  for (const time of times) h.timers('k', 'event').remove(time, undefined)
}

const times = (h: TimerHarness): number[] => pollAll(h).map(({ time }) => time)

const deltas: readonly BackendCase[] = [
  {
    id: 'timer-delta',
    title: 'a delta has a PUT for each new timer and a DELETE for each that fired or was removed',
    async run(context) {
      const h = await openTimers(context)
      add(h, 1, 2, 3, 4)
      deepEqual((await h.checkpoint()).rows, { event: [4, 0, 0, 0] })
      await context.here(h)
      equal(h.poll('event', 1)?.time, 1)
      remove(h, 4)
      add(h, 5)
      h.timers('k', 'processing').add(1, undefined)
      deepEqual((await h.checkpoint()).rows, { event: [1, 2, 0, 0], processing: [1, 0, 0, 0] })
      deepEqual((await h.checkpoint()).rows, {})
      await h.restore()
      deepEqual(times(h), [2, 3, 5])
    },
  },
  {
    id: 'timer-delta-nothing',
    title:
      'a timer that came and went between two barriers writes nothing, nor one that went and came back',
    async run(context) {
      const h = await openTimers(context)
      add(h, 7)
      await h.checkpoint()
      await context.here(h)
      add(h, 1, 2)
      remove(h, 1)
      equal(h.poll('event', 2)?.time, 2)
      equal(h.dirty, false)
      remove(h, 7)
      equal(h.dirty, true)
      add(h, 7)
      equal(h.dirty, false)
      deepEqual((await h.checkpoint()).rows, {})
      deepEqual(times(h), [7])
    },
  },
  {
    id: 'timer-delta-among-many',
    title:
      'of hundreds of timers that came and went between two barriers only those that are left are written',
    async run(context) {
      const h = await openTimers(context)
      add(h, -1)
      await h.checkpoint()
      await context.here(h)
      const kept = [-1]
      for (let time = 0; time < 600; time++) {
        add(h, time)
        if (time % 7 === 0) kept.push(time)
        else if (time % 2 === 0) remove(h, time)
        // Those that are odd go a while later, in the midst of the others.
        const before = time - 90
        if (before > 0 && before % 2 !== 0 && before % 7 !== 0) remove(h, before)
      }
      for (let time = 510; time < 600; time++) if (time % 7 !== 0) remove(h, time)
      deepEqual((await h.checkpoint()).rows, { event: [kept.length - 1, 0, 0, 0] })
      remove(h, 7, 14, 595)
      deepEqual((await h.checkpoint()).rows, { event: [0, 3, 0, 0] })
      await h.restore()
      deepEqual(
        times(h),
        kept.filter((time) => ![7, 14, 595].includes(time)),
      )
    },
  },
  {
    id: 'timer-barrier',
    title:
      'timers that change while a snapshot is written are in it as they were, and in the next as they are',
    async run(context) {
      for (let written = 0; written < 6; written++) {
        const h = await openTimers(context)
        add(h, 1, 2)
        await h.checkpoint()
        await context.here(h)
        remove(h, 1)
        add(h, 3, 4)
        const snapshot = h.beginSnapshot()
        for (let i = 0; i < written; i++) snapshot.write()
        // Gone: 3 (in flight) and 2 (held). Back: 1. New: 5.
        remove(h, 3, 2)
        add(h, 1, 5, 3)
        remove(h, 3)
        deepEqual((await snapshot.commit()).rows, { event: [2, 1, 0, 0] })
        deepEqual((await h.checkpoint()).rows, { event: [2, 2, 0, 0] })
        await h.restore()
        deepEqual(times(h), [1, 4, 5])
      }
    },
  },
  {
    id: 'timer-abandoned',
    title: 'what a snapshot that failed would have written is written by the next, deletions too',
    async run(context) {
      for (let written = 0; written < 6; written++) {
        const h = await openTimers(context)
        add(h, 1, 2, 3)
        await h.checkpoint()
        await context.here(h)
        remove(h, 1, 2)
        add(h, 4, 5, 6)
        const snapshot = h.beginSnapshot()
        for (let i = 0; i < written; i++) snapshot.write()
        add(h, 2)
        remove(h, 3, 6)
        snapshot.abandon()
        // 6 was in no run, 2 is as the runs have it.
        deepEqual((await h.checkpoint()).rows, { event: [2, 2, 0, 0] })
        deepEqual((await h.checkpoint()).rows, {})
        await h.restore()
        deepEqual(times(h), [2, 4, 5])
      }
    },
  },
  {
    id: 'timer-restore-uncommitted',
    title:
      'a restore goes back to what was committed: fired timers are there again, new ones are not',
    async run(context) {
      const h = await openTimers(context)
      add(h, 1, 2)
      await h.checkpoint()
      await context.here(h)
      equal(h.poll('event', 1)?.time, 1)
      add(h, 3)
      await h.restore()
      deepEqual(times(h), [1, 2])
    },
  },
  {
    id: 'timer-rescale',
    title: 'each timer goes with its key group, at any parallelism',
    once: true,
    async run(context) {
      const h = await openTimers(context)
      const keys = Array.from({ length: 60 }, (_, i) => `key-${i}`)
      for (const [i, key] of keys.entries()) h.timers(key, 'event').add(i % 7, undefined)
      await h.checkpoint()
      let before: unknown
      for (const parallelism of [1, 3, 2, 8]) {
        await h.restore(parallelism)
        for (const [index, backend] of h.backends.entries()) {
          for (const { key, keyGroup } of backend.timers('event').timers()) {
            equal(keyGroup, keyGroupOf(key, 'string', 8))
            equal(subtaskOf(keyGroup, parallelism, 8), index)
          }
        }
        const taken = pollAll(h)
        equal(taken.length, 60)
        deepEqual(taken, before ?? taken)
        before = taken
        await h.restore()
      }
    },
  },
  {
    id: 'timer-history',
    title:
      'through any history of barriers, commits, failures and restores the timers are those they should be',
    once: true,
    async run(context) {
      for (let seed = 1; seed <= 6; seed++) await history(await openTimers(context, 'long'), seed)
    },
  },
]

/** Random changes beside a plain set, with a snapshot in flight most of the time. */
async function history(h: TimerHarness, seed: number): Promise<void> {
  const random = seededRandom(seed)
  const below = (n: number): number => Math.floor(random.next() * n)
  let now = new Set<string>()
  let committed = new Set<string>()
  let atBarrier = now
  let snapshot: ReturnType<TimerHarness['beginSnapshot']> | undefined
  for (let step = 0; step < 1500; step++) {
    const [key, time] = [below(8), below(12)]
    const name = `${time}/${key}`
    const what = below(100)
    if (what < 40) equal(h.timers(key, 'event').add(time, undefined), !now.has(name))
    if (what < 40) now.add(name)
    else if (what < 70) equal(h.timers(key, 'event').remove(time, undefined), now.delete(name))
    else if (what < 80) {
      const timer = h.poll('event', time)
      if (timer !== undefined) ok(now.delete(`${timer.time}/${timer.key}`))
      else ok([...now].every((one) => Number.parseInt(one, 10) > time))
    } else if (what < 90) {
      if (snapshot === undefined) {
        snapshot = h.beginSnapshot()
        atBarrier = new Set(now)
      } else snapshot.write()
    } else if (what < 98 && snapshot !== undefined) {
      if (below(3) > 0) {
        await snapshot.commit()
        committed = atBarrier
      } else snapshot.abandon()
      snapshot = undefined
    } else if (what === 99 && below(5) === 0) {
      await h.restore(1 + below(4))
      snapshot = undefined
      now = new Set(committed)
    }
  }
  snapshot?.abandon()
  await h.checkpoint()
  await h.restore(3)
  const left = pollAll(h).map(({ time, key }) => `${time}/${key}`)
  deepEqual(new Set(left), now, `seed ${seed}`)
  equal(left.length, now.size)
}

/** What is written of timers. */
export const timerDeltaCases: readonly BackendCase[] = deltas
