/** The state backend contract, part: a list per key in order of time, and ranges of it. */
import { deepEqual, equal, throws } from 'node:assert/strict'
import { hasCode } from '../base/errors.js'
import type { OrderedRange, TimeListState } from '../state/ordered-state.js'
import type { BackendCase, BackendContext } from './backend-context.js'

const FOREVER = Number.POSITIVE_INFINITY

/** What is no time, as a program without types may pass it. */
const BAD_TIMES = [Number.NaN, 0.5, 2 ** 53, -(2 ** 53), '5', null, undefined, 5n, new Date(0), {}]

/** What is no range of times. */
const BAD_RANGES = [
  undefined,
  { gt: 1, gte: 1 },
  { lte: undefined },
  { until: 5 },
  { limit: -1 },
  { lt: Number.NaN },
  { gte: 0.5 },
  { lt: '5' },
  { lt: 5n },
  { gt: null },
  { lte: 2 ** 53 },
  { gte: new Date(0) },
]

/** Elements are kept by time, those of one time as they were added. */
export const timeListCases: readonly BackendCase[] = [
  {
    id: 'times-absent',
    title: 'a time list nothing was added to is empty, and reading it leaves nothing behind',
    async run({ h, here }) {
      for (let round = 0; round < 2; round++) {
        const { times } = h.use('k')
        equal(times.isEmpty(), true)
        equal(times.first(), undefined)
        equal(times.last(), undefined)
        deepEqual([...times.entries()], [])
        deepEqual([...times.range({ gte: 0, reverse: true })], [])
        times.removeRange({ lt: 5 })
        times.clear()
        deepEqual(h.keys(), [])
        equal(h.dirty, false)
        await here()
      }
    },
  },
  {
    id: 'times-order',
    title: 'elements are in order of time, in whatever order they were added, negative times first',
    async run({ h, here }) {
      for (const time of [5, -3, 1_700_000_000_000, 0, 7, -4, 6])
        h.use('k').times.add(time, `at ${time}`)
      await here()
      h.use('k').times.add(-1, 'at -1')
      const { times } = h.use('k')
      equal(times.isEmpty(), false)
      deepEqual(textOf(times), 'at -4, at -3, at -1, at 0, at 5, at 6, at 7, at 1700000000000')
      deepEqual(times.first(), [-4, 'at -4'])
      deepEqual(times.last(), [1_700_000_000_000, 'at 1700000000000'])
    },
  },
  {
    id: 'times-equal',
    title:
      'elements of one time are in the order in which they were added, and equal ones are all kept',
    async run({ h, here }) {
      for (const element of ['c', 'a', 'a', 'b']) h.use('k').times.add(5, element)
      h.use('k').times.add(4, 'before')
      h.use('k').times.add(6, 'after')
      for (let round = 0; round < 2; round++) {
        deepEqual(textOf(h.use('k').times), 'before, c, a, a, b, after')
        await here()
      }
    },
  },
  {
    id: 'times-equal-later',
    title: 'an element added to a time that has some comes after them, also after a restore',
    async run({ h, here }) {
      for (const round of ['one', 'two', 'three']) {
        for (const time of [9, 5]) h.use('k').times.add(time, `${round} ${time}`)
        await here()
      }
      deepEqual(textOf(h.use('k').times), 'one 5, two 5, three 5, one 9, two 9, three 9')
    },
  },
  {
    id: 'times-equal-removed',
    title:
      'the order of one time is right after some of its elements, the last or all of them were removed',
    async run({ h, here }) {
      for (const element of ['a', 'b', 'c', 'd']) h.use('k').times.add(5, element)
      h.use('k').times.removeRange({ limit: 1 })
      h.use('k').times.removeRange({ reverse: true, limit: 1 })
      await here()
      for (const element of ['e', 'f']) h.use('k').times.add(5, element)
      deepEqual(textOf(h.use('k').times), 'b, c, e, f')
      await here()
      h.use('k').times.add(7, 'other')
      h.use('k').times.removeRange({ lte: 5 })
      await here()
      for (const element of ['z', 'y']) h.use('k').times.add(5, element)
      await here()
      deepEqual(textOf(h.use('k').times), 'z, y, other')
    },
  },
  {
    id: 'times-extremes',
    title: 'the least and the greatest time are times, and −0 is 0',
    async run({ h, here }) {
      const { MAX_SAFE_INTEGER: max, MIN_SAFE_INTEGER: min } = Number
      for (const time of [max, 0, min, -0, max, min]) h.use('k').times.add(time, null)
      await here()
      const { times } = h.use('k')
      deepEqual(
        Array.from(times.entries(), ([time]) => time),
        [min, min, 0, 0, max, max],
      )
      equal([...times.range({ gte: -0, lte: -0 })].length, 2)
      equal([...times.range({ gt: min, lt: max })].length, 2)
      equal([...times.range({ gte: max })].length, 2)
      equal([...times.range({ lte: min })].length, 2)
    },
  },
  {
    id: 'times-range-ends',
    title: 'gte and lte include all elements of the time at the end of a range, gt and lt none',
    async run(context) {
      const times = await pairs(context)
      equal(textOf(times, { gte: 20, lte: 30 }), '20a, 20b, 30a, 30b')
      equal(textOf(times, { gt: 20, lte: 30 }), '30a, 30b')
      equal(textOf(times, { gte: 20, lt: 30 }), '20a, 20b')
      equal(textOf(times, { gt: 20, lt: 30 }), '')
      equal(textOf(times, { gt: 15, lt: 25 }), '20a, 20b')
      equal(textOf(times, { gte: 30 }), '30a, 30b')
      equal(textOf(times, { lt: 20 }), '10a, 10b')
      equal(textOf(times, { gte: 30, lt: 10 }), '')
    },
  },
  {
    id: 'times-range-infinite',
    title:
      'an infinity is an end that all times are before or after, such as a watermark that has not begun',
    async run(context) {
      const times = await pairs(context)
      for (const all of [
        { gt: -FOREVER },
        { gte: -FOREVER },
        { lt: FOREVER },
        { lte: FOREVER },
        {},
      ]) {
        equal(textOf(times, all), '10a, 10b, 20a, 20b, 30a, 30b')
      }
      for (const none of [{ gt: FOREVER }, { gte: FOREVER }, { lt: -FOREVER }, { lte: -FOREVER }]) {
        equal(textOf(times, none), '')
        times.removeRange(none)
      }
      equal([...times.entries()].length, 6)
    },
  },
  {
    id: 'times-range-reverse',
    title: 'in reverse the newest come first, within one time too; a limit counts from there',
    async run(context) {
      const times = await pairs(context)
      equal(textOf(times, { reverse: true }), '30b, 30a, 20b, 20a, 10b, 10a')
      equal(textOf(times, { lt: 30, reverse: true, limit: 3 }), '20b, 20a, 10b')
      equal(textOf(times, { gt: 10, limit: 3 }), '20a, 20b, 30a')
      equal(textOf(times, { limit: 0 }), '')
    },
  },
  {
    id: 'times-remove-range',
    title: 'removing up to a time removes the older elements, and no other key, element or state',
    async run(context) {
      const { h, here } = context
      await pairs(context)
      h.use('other').times.add(10, 'of another key')
      h.use('k').ordered.put(10, 'of another state')
      h.use('k').times.removeRange({ lte: 10 })
      equal(textOf(h.use('k').times), '20a, 20b, 30a, 30b')
      await here()
      h.use('k').times.removeRange({ gte: 20, lt: 30 })
      h.use('k').times.add(20, 'new')
      await here()
      equal(textOf(h.use('k').times), 'new, 30a, 30b')
      equal(textOf(h.use('other').times), 'of another key')
      deepEqual(h.use('k').ordered.first(), [10, 'of another state'])
    },
  },
  {
    id: 'times-remove-limit',
    title:
      'with a limit the oldest of a range are removed, in reverse the newest, also within one time',
    async run(context) {
      const times = await pairs(context)
      times.removeRange({ limit: 3 })
      equal(textOf(times), '20b, 30a, 30b')
      times.removeRange({ reverse: true, limit: 1 })
      equal(textOf(times), '20b, 30a')
      await context.here()
      equal(textOf(context.h.use('k').times), '20b, 30a')
    },
  },
  {
    id: 'times-clear',
    title: 'a time list that is cleared, or has lost its last element, is gone and begins anew',
    async run(context) {
      const { h, here } = context
      for (const empty of [
        () => h.use('k').times.clear(),
        () => h.use('k').times.removeRange({ lte: 30 }),
        () => {
          for (let left = 6; left > 0; left--) h.use('k').times.removeRange({ limit: 1 })
        },
      ]) {
        await pairs(context)
        empty()
        equal(h.use('k').times.isEmpty(), true)
        equal(h.use('k').times.last(), undefined)
        await here()
        deepEqual(h.keys(), [])
      }
    },
  },
  {
    id: 'times-bad-time',
    title: 'what is no time is refused as INVALID_ARGUMENT, and nothing is changed',
    async run(context) {
      const times = await pairs(context)
      for (const bad of BAD_TIMES) refused(() => times.add(bad as number, 'x'))
      refused(() => times.add(FOREVER, 'x'))
      equal([...times.entries()].length, 6)
      equal(context.h.dirty, context.mode === 'plain')
    },
  },
  {
    id: 'times-bad-element',
    title: 'undefined is no element of a time list; null, zero, false and an empty text are',
    async run({ h, here }) {
      refused(() => h.use('k').times.add(1, undefined))
      deepEqual(h.keys(), [])
      for (const element of [null, 0, false, '', []]) h.use('k').times.add(1, element)
      await here()
      deepEqual(
        Array.from(h.use('k').times.entries(), ([, element]) => element),
        [null, 0, false, '', []],
      )
    },
  },
  {
    id: 'times-bad-range',
    title:
      'what is no range of times is refused at the call, as INVALID_ARGUMENT, and nothing is changed',
    async run(context) {
      const times = await pairs(context)
      for (const range of BAD_RANGES) {
        refused(() => times.range(range as OrderedRange<number>))
        refused(() => times.removeRange(range as OrderedRange<number>))
      }
      equal([...times.entries()].length, 6)
      equal(context.h.dirty, context.mode === 'plain')
    },
  },
]

/** The elements of a range, in its order. */
function textOf(times: TimeListState<unknown>, range: OrderedRange<number> = {}): string {
  return Array.from(times.range(range), ([, element]) => element).join(', ')
}

/** Two elements at 10, 20 and 30 each, added out of order. */
async function pairs({ h, here }: BackendContext): Promise<TimeListState<unknown>> {
  for (const time of [20, 10, 30]) h.use('k').times.add(time, `${time}a`)
  for (const time of [30, 20, 10]) h.use('k').times.add(time, `${time}b`)
  await here()
  return h.use('k').times
}

function refused(call: () => unknown): void {
  throws(call, (error) => hasCode(error, 'INVALID_ARGUMENT'))
}
