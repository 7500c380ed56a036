/**
 * The state backend contract, part: what a timer service asks of its queues: which timer is next, how many there are,
 * and whose they are after restores. Behaviours of Flink's timer services and of its key-grouped queues.
 */
import { deepEqual, equal, ok } from 'node:assert/strict'
import type { Timer } from '../backend/timer-queue.js'
import { keyGroupOf } from '../keygroup/hash.js'
import { subtaskOf } from '../keygroup/key-group-range.js'
import {
  inOrder,
  openTimers,
  pollAll,
  short,
  sizeOf,
  type TimerHarness,
} from './backend-cases-timers.js'
import type { BackendCase } from './backend-context.js'

const QUEUES = ['event', 'processing'] as const

/** All timers of a queue, by subtask. */
function listed(h: TimerHarness, name: string): Timer[][] {
  return h.backends.map((backend) => [...backend.timers(name).timers()])
}

const next: readonly BackendCase[] = [
  {
    id: 'timer-none-due',
    title:
      'taking what is due takes nothing, and changes nothing, if no timer is due or there is none',
    async run(context) {
      const h = await openTimers(context)
      for (const upTo of [0, Number.POSITIVE_INFINITY]) equal(h.poll('event', upTo), undefined)
      equal(h.dirty, false)
      for (const key of ['a', 'b']) h.timers(key, 'event').add(50, undefined)
      await h.checkpoint()
      await context.here(h)
      for (const upTo of [Number.NEGATIVE_INFINITY, -50, 0, 49])
        equal(h.poll('event', upTo), undefined)
      equal(h.poll('processing', 50), undefined)
      equal(h.dirty, false)
      equal(sizeOf(h), 2)
      equal(pollAll(h, 50).length, 2)
    },
  },
  {
    id: 'timer-delete-absent',
    title: 'removing a timer that is not there, has been taken or is removed already is nothing',
    async run(context) {
      const h = await openTimers(context)
      const remove = (key: string, time: number, namespace?: string): boolean =>
        h.timers(key, 'event').remove(time, namespace)
      equal(remove('a', 1), false)
      for (const time of [1, 2, 3]) h.timers('a', 'event').add(time, undefined)
      await h.checkpoint()
      await context.here(h)
      for (const [key, time, namespace] of [
        ['b', 1],
        ['a', 4],
        ['a', 1, 'n'],
      ] as const) {
        equal(remove(key, time, namespace), false)
      }
      equal(h.dirty, false)
      ok(remove('a', 3))
      equal(remove('a', 3), false)
      equal(h.poll('event', 1)?.time, 1)
      equal(remove('a', 1), false)
      equal(sizeOf(h), 1)
      deepEqual((await h.checkpoint()).rows, { event: [0, 2, 0, 0] })
      equal(remove('a', 1), false)
      deepEqual(pollAll(h).map(short), [[2, 'a']])
    },
  },
  {
    id: 'timer-delete-earliest',
    title: 'when the earliest timer is removed the next one is the earliest, of many too',
    async run(context) {
      const h = await openTimers(context)
      const times = Array.from({ length: 120 }, (_, i) => Math.floor(((i * 53) % 120) / 3))
      for (const [i, time] of times.entries()) h.timers(`k${i % 5}`, 'event').add(time, String(i))
      await context.here(h)
      const left = listed(h, 'event').flat().sort(inOrder)
      for (const expected of left) {
        const heads = h.backends.flatMap((backend) => backend.timers('event').peek() ?? [])
        deepEqual(heads.sort(inOrder)[0], expected)
        ok(h.timers(expected.key as string, 'event').remove(expected.time, expected.namespace))
      }
      equal(left.length, 120)
      equal(sizeOf(h), 0)
      equal(h.poll('event'), undefined)
    },
  },
  {
    id: 'timer-earlier',
    title: 'an earlier timer added later is the next; a later one is not, and none added twice is',
    async run(context) {
      const h = await openTimers(context)
      const queue = (): ReturnType<TimerHarness['timers']> => h.timers('k', 'processing')
      for (const [time, first] of [
        [50, 50],
        [70, 50],
        [20, 20],
        [20, 20],
        [-3, -3],
        [60, -3],
      ] as const) {
        queue().add(time, undefined)
        equal(queue().peek()?.time, first)
        await context.here(h)
      }
      // Between two that are taken, before and after the last one.
      equal(h.poll('processing')?.time, -3)
      queue().add(-7, undefined)
      queue().add(55, undefined)
      deepEqual(
        pollAll(h, undefined, 'processing').map(({ time }) => time),
        [-7, 20, 50, 55, 60, 70],
      )
    },
  },
  {
    id: 'timer-count',
    title: 'timers are counted, in all and by namespace; those taken or removed no longer',
    async run(context) {
      const h = await openTimers(context)
      const counts = (): number[] => {
        const all = listed(h, 'event').flat()
        const of = (name?: string): number => all.filter((one) => one.namespace === name).length
        return [sizeOf(h), of(), of('ciao'), of('hello')]
      }
      deepEqual(counts(), [0, 0, 0, 0])
      for (const key of ['a', 'b']) {
        for (const namespace of [undefined, 'ciao', 'hello'])
          h.timers(key, 'event').add(10, namespace)
        h.timers(key, 'event').add(10, 'hello')
        h.timers(key, 'event').add(20, 'hello')
      }
      deepEqual(counts(), [8, 2, 2, 4])
      await context.here(h)
      h.timers('a', 'event').remove(10, 'ciao')
      deepEqual(counts(), [7, 2, 1, 4])
      equal(pollAll(h, 10).length, 5)
      deepEqual(counts(), [2, 0, 0, 2])
      equal(sizeOf(h, 'processing'), 0)
      equal(pollAll(h).length, 2)
      deepEqual(counts(), [0, 0, 0, 0])
    },
  },
]

const restored: readonly BackendCase[] = [
  {
    id: 'timer-each-processing',
    title: 'the timers of each of several queues can be gone through, without changing any',
    async run(context) {
      const h = await openTimers(context)
      for (let i = 0; i < 12; i++) {
        h.timers(`k${i % 5}`, 'processing').add(i, i % 2 === 0 ? undefined : 'n')
        if (i < 3) h.timers(`k${i}`, 'event').add(100 + i, undefined)
      }
      await h.checkpoint()
      await context.here(h)
      const [event, processing] = QUEUES.map((name) => listed(h, name).flat().sort(inOrder))
      equal(h.dirty, false)
      deepEqual([event?.length, processing?.length], [3, 12])
      deepEqual(pollAll(h, undefined, 'processing'), processing)
      deepEqual(listed(h, 'processing').flat(), [])
      deepEqual(pollAll(h), event)
    },
  },
  {
    id: 'timer-key-groups',
    title: 'a subtask has the timers of its key groups, of both queues, and no others',
    async run(context) {
      const h = await openTimers(context)
      const names = Array.from({ length: 40 }, (_, i) => `key-${i}`)
      for (const [i, key] of names.entries()) {
        h.timers(key, 'event').add(i % 3, undefined)
        h.timers(key, 'processing').add(i % 4, 'n')
      }
      await context.here(h)
      for (const name of QUEUES) {
        const parts = listed(h, name)
        for (const [index, part] of parts.entries()) {
          for (const { key, keyGroup } of part) {
            equal(keyGroup, keyGroupOf(key, 'string', 8))
            equal(subtaskOf(keyGroup, parts.length, 8), index)
          }
        }
        deepEqual(
          parts
            .flat()
            .map(({ key }) => key as string)
            .sort(),
          names.toSorted(),
        )
        equal(pollAll(h, undefined, name).length, 40)
      }
    },
  },
  {
    id: 'timer-restore-duplicates',
    title:
      'a timer of several runs comes back once, and added again after the restore is still one',
    async run(context) {
      const h = await openTimers(context)
      // In the runs: 1 and 2 put, deleted and put again; 3 put and deleted; 4 put.
      for (const time of [1, 2, 3]) h.timers('k', 'event').add(time, undefined)
      await h.checkpoint()
      for (const time of [1, 2, 3]) h.timers('k', 'event').remove(time, undefined)
      await h.checkpoint()
      for (const time of [2, 1, 4]) h.timers('k', 'event').add(time, undefined)
      await h.checkpoint()
      await h.compact(1, 3)
      await h.restore()
      await context.here(h)
      equal(sizeOf(h), 3)
      for (const time of [4, 2, 1, 2]) equal(h.timers('k', 'event').add(time, undefined), false)
      equal(h.dirty, false)
      ok(h.timers('k', 'event').add(3, undefined))
      deepEqual(
        pollAll(h).map(({ time }) => time),
        [1, 2, 3, 4],
      )
    },
  },
]

/** What a timer service asks of its queues. */
export const timerServiceCases: readonly BackendCase[] = [...next, ...restored]
