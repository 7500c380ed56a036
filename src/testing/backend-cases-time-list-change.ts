/**
 * The state backend contract, part: time lists while they change and are gone through, their namespaces, and what
 * snapshots write of them.
 */
import { deepEqual, equal } from 'node:assert/strict'
import { type Namespace, VOID_NAMESPACE } from '../state/namespace.js'
import type { TimeListState } from '../state/ordered-state.js'
import { merge } from './backend-cases-merge.js'
import { inside } from './backend-cases-namespace.js'
import type { BackendCase, BackendContext } from './backend-context.js'

/** Rows are counted as PUT, DELETE, APPEND, CLEAR. */
export const timeListChangeCases: readonly BackendCase[] = [
  {
    id: 'times-iterate-remove',
    title:
      'what was reached may be removed while a time list is gone through, and what is removed ahead is not reached',
    async run(context) {
      const times = await hundred(context)
      const seen: unknown[] = []
      for (const [time, element] of times.entries()) {
        seen.push(element)
        times.removeRange({ lte: time })
        times.removeRange({ gt: time, lte: time + 4 })
      }
      deepEqual(
        seen,
        Array.from({ length: 20 }, (_, i) => i * 5),
      )
      equal(times.isEmpty(), true)
      await context.here()
      deepEqual(context.h.keys(), [])
    },
  },
  {
    id: 'times-iterate-add',
    title:
      'elements added meanwhile before the one reached, or beyond the end, do not appear; all are kept',
    async run(context) {
      const times = await hundred(context)
      const seen: unknown[] = []
      for (const [time, element] of times.range({ gte: 10, lt: 20 })) {
        seen.push(element)
        times.add(time - 1, 'before')
        times.add(20, 'beyond')
      }
      deepEqual(seen, [10, 11, 12, 13, 14, 15, 16, 17, 18, 19])
      await context.here()
      equal([...context.h.use('k').times.entries()].length, 120)
    },
  },
  {
    id: 'times-iterate-clear',
    title: 'after a clear no more old elements appear',
    async run(context) {
      const times = await hundred(context)
      const seen: unknown[] = []
      for (const [, element] of times.range({ reverse: true })) {
        seen.push(element)
        if (element === 98) times.clear()
      }
      deepEqual(seen, [99, 98])
      await context.here()
      deepEqual(context.h.keys(), [])
    },
  },
  {
    id: 'times-namespaces',
    title: 'time lists of one key in several namespaces are apart',
    async run({ h, here }) {
      const at = (namespace: Namespace): TimeListState<unknown> =>
        inside(h.use('k').times, namespace)
      for (const namespace of [VOID_NAMESPACE, 'one', 2] as const) {
        for (const time of [3, 1, 2]) at(namespace).add(time, `${String(namespace)} ${time}`)
      }
      at('one').removeRange({ lt: 3 })
      at(2).clear()
      at(2).add(1, 'new')
      await here()
      deepEqual([...at('one').entries()], [[3, 'one 3']])
      deepEqual([...at(2).entries()], [[1, 'new']])
      equal([...at(VOID_NAMESPACE).entries()].length, 3)
    },
  },
  {
    id: 'times-merge',
    title:
      'namespaces of time lists are merged by time; of one time those of the target come first, then the sources in turn',
    async run({ h, here }) {
      const at = (namespace: Namespace): TimeListState<unknown> =>
        inside(h.use('k').times, namespace)
      for (const namespace of ['c', 'a', 'b', 'untouched']) {
        for (const time of [2, 1]) at(namespace).add(time, `${namespace}${time}`)
      }
      await here()
      merge(at(VOID_NAMESPACE), 'c', ['b', 'a', 'absent', 'b'])
      equal(h.use('k').times.isEmpty(), true)
      for (let round = 0; round < 2; round++) {
        const merged = Array.from(at('c').entries(), ([, element]) => element)
        deepEqual(merged, ['c1', 'b1', 'a1', 'c2', 'b2', 'a2'])
        for (const source of ['a', 'b', 'absent']) equal(at(source).isEmpty(), true)
        equal([...at('untouched').entries()].length, 2)
        at(VOID_NAMESPACE)
        await here()
      }
    },
  },
  {
    id: 'times-delta-add',
    title: 'adding one element to a time list writes one row, wherever it comes to be',
    async run(context) {
      const { h } = context
      await hundred(context)
      for (const time of [1000, -1000, 50]) {
        h.use('k').times.add(time, 'new')
        deepEqual((await h.checkpoint()).rows, { times: [1, 0, 0, 0] })
      }
      equal([...h.use('k').times.entries()].length, 103)
      deepEqual((await h.checkpoint()).rows, {})
    },
  },
  {
    id: 'times-delta-remove',
    title: 'removing elements writes a DELETE for each; all of them at once, one row',
    async run(context) {
      const { h } = context
      await hundred(context)
      h.use('k').times.removeRange({ lt: 30 })
      deepEqual((await h.checkpoint()).rows, { times: [0, 30, 0, 0] })
      h.use('k').times.removeRange({ lte: 1000 })
      deepEqual((await h.checkpoint()).rows, { times: [0, 0, 0, 1] })
      await h.restore()
      deepEqual(h.keys(), [])
    },
  },
  {
    id: 'times-delta-passing',
    title: 'elements that were added and removed between two snapshots are not written',
    async run({ h, here }) {
      h.use('k').times.add(0, 'kept')
      await h.checkpoint()
      await here()
      for (let time = 1; time < 50; time++) h.use('k').times.add(time, time)
      h.use('k').times.removeRange({ gt: 0 })
      deepEqual((await h.checkpoint()).rows, {})
    },
  },
  {
    id: 'times-barrier',
    title:
      'a snapshot has the time list as it was at the barrier, also where a place is taken again while it is written',
    async run(context) {
      const { h } = context
      await hundred(context)
      for (let time = 0; time < 20; time++) h.use('k').times.add(time, 'at the barrier')
      const contents = h.contents()
      const snapshot = h.beginSnapshot()
      for (let time = 0; !snapshot.write(); time++) {
        h.use('k').times.removeRange({ gte: time, lte: time + 1 })
        h.use('k').times.add(time, 'after')
      }
      await snapshot.commit()
      const after = h.contents()
      deepEqual((await context.fresh(h.runs)).contents(), contents)
      await context.here()
      deepEqual(h.contents(), after)
    },
  },
  {
    id: 'times-abandon',
    title: 'what was added and removed before a snapshot that was given up is in the next one',
    async run(context) {
      const { h } = context
      await hundred(context)
      h.use('k').times.removeRange({ lt: 10 })
      h.use('k').times.add(50, 'new')
      const snapshot = h.beginSnapshot()
      for (let row = 0; row < 5; row++) snapshot.write()
      h.use('k').times.add(50, 'newer')
      snapshot.abandon()
      deepEqual((await h.checkpoint()).rows, { times: [2, 10, 0, 0] })
      await h.restore()
      deepEqual(
        Array.from(h.use('k').times.range({ gte: 50, limit: 3 }), ([, element]) => element),
        [50, 'new', 'newer'],
      )
    },
  },
  {
    id: 'times-many',
    title: 'thousands of elements, many of one time, stay in order through additions and removals',
    async run({ h, here }) {
      const expected: [number, number][] = []
      const add = (time: number, element: number): void => {
        h.use('k').times.add(time, element)
        expected.push([time, element])
      }
      for (let i = 0; i < 2000; i++) add((i * 7) % 50, i)
      await here()
      h.use('k').times.removeRange({ gte: 10, lt: 40 })
      for (let i = 0; i < 500; i++) add(i % 20, 2000 + i)
      const kept = expected
        .filter(([time, element]) => time < 10 || time >= 40 || element >= 2000)
        .sort(([a], [b]) => a - b)
      for (let round = 0; round < 2; round++) {
        deepEqual([...h.use('k').times.entries()], kept)
        await here()
      }
    },
  },
]

/** Elements 0 to 99 at their own times, added from the newest on, committed. */
async function hundred({ h, here }: BackendContext): Promise<TimeListState<unknown>> {
  for (let time = 99; time >= 0; time--) h.use('k').times.add(time, time)
  await h.checkpoint()
  await here()
  return h.use('k').times
}
