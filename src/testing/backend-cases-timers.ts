/**
 * The state backend contract, part: the order of timers (backend/timer-queue.ts), and what cases of timers are made
 * with. Behaviours of Flink's priority queues and timer services.
 */
import { deepEqual, equal, ok } from 'node:assert/strict'
import type { Timer } from '../backend/timer-queue.js'
import { seededRandom } from '../base/random.js'
import { compareKeys } from '../keygroup/compare-keys.js'
import { keyGroupOf } from '../keygroup/hash.js'
import { type StateDescriptor, type StateDescriptors, valueState } from '../state/descriptor.js'
import type { Key } from '../state/key.js'
import type { ValueState } from '../state/state.js'
import { timerQueue } from '../state/timer-queues.js'
import type { BackendCase, BackendContext } from './backend-context.js'
import type { KeyedHarness } from './keyed-harness.js'

const MAX_PARALLELISM = 8

/** Two queues and a value. */
interface TimerStates extends StateDescriptors {
  readonly value: StateDescriptor<ValueState<unknown>>
  readonly event: StateDescriptor
  readonly processing: StateDescriptor
}

const TIMER_STATES: TimerStates = {
  value: valueState(),
  event: timerQueue(),
  processing: timerQueue(),
}

/** A harness over two queues, `event` and `processing`, and a value. */
export type TimerHarness = KeyedHarness<TimerStates>

/** Opens a harness for one case. */
export function openTimers(
  context: BackendContext,
  keyType?: 'long' | 'double',
): Promise<TimerHarness> {
  const type = keyType === undefined ? {} : { keyType }
  return context.open({ states: TIMER_STATES, maxParallelism: MAX_PARALLELISM, ...type })
}

/** Takes all timers that are due. */
export function pollAll(h: TimerHarness, upTo?: number, name = 'event'): Timer[] {
  const taken: Timer[] = []
  for (let timer = h.poll(name, upTo); timer !== undefined; timer = h.poll(name, upTo)) {
    taken.push(timer)
  }
  return taken
}

/** What is told of a timer: time, key and, if it has one, namespace. */
export const short = ({ time, key, namespace }: Timer): unknown[] =>
  namespace === undefined ? [time, key] : [time, key, namespace]

/** How many timers there are in all subtasks. */
export function sizeOf(h: TimerHarness, name = 'event'): number {
  return h.backends.reduce((sum, backend) => sum + backend.timers(name).size, 0)
}

/** By (time, key group, key, namespace), the void one first. */
export function inOrder(a: Timer, b: Timer): number {
  const places = a.time - b.time || a.keyGroup - b.keyGroup || compareKeys(a.key, b.key)
  if (places !== 0 || a.namespace === b.namespace) return places
  if (a.namespace === undefined) return -1
  return b.namespace === undefined ? 1 : compareKeys(a.namespace, b.namespace)
}

const order: readonly BackendCase[] = [
  {
    id: 'timer-order',
    title: 'timers come in order of time, whatever the order they were added in',
    async run(context) {
      const h = await openTimers(context)
      const random = seededRandom(7)
      const times = Array.from({ length: 300 }, () => Math.floor(random.next() * 1e6) - 5e5)
      for (const [i, time] of times.entries()) h.timers(`k${i % 37}`, 'event').add(time, undefined)
      await context.here(h)
      equal(sizeOf(h), 300)
      const taken = pollAll(h)
      deepEqual(
        taken.map(({ time }) => time),
        times.toSorted((a, b) => a - b),
      )
      equal(sizeOf(h), 0)
    },
  },
  {
    id: 'timer-order-ties',
    title: 'of equal times the order is that of key group, key and namespace, whatever the history',
    async run(context) {
      const orders: unknown[] = []
      const keys = ['b', 'a', '', 'a\u0000', '\u{10000}', '\uffff', '\ud800', 'ab', '10', '9']
      for (const names of [keys, keys.toReversed()]) {
        const h = await openTimers(context)
        for (const key of names) {
          const queue = h.timers(key, 'event')
          for (const namespace of ['w', undefined, 2, true, 'v']) queue.add(5, namespace)
          queue.remove(5, 'v')
          queue.add(4, undefined)
        }
        await context.here(h)
        const taken = pollAll(h)
        deepEqual(taken, taken.toSorted(inOrder))
        orders.push(taken)
      }
      deepEqual(orders[0], orders[1])
    },
  },
  {
    id: 'timer-order-doubles',
    title: 'keys that are doubles are in order of their size',
    async run(context) {
      const h = await openTimers(context, 'double')
      for (const key of [2, -1.5, 0.5, 1e300, -7, 0]) h.timers(key, 'event').add(1, undefined)
      await context.here(h)
      const taken = pollAll(h)
      const groups = (key: Key): number => keyGroupOf(key, 'double', MAX_PARALLELISM)
      const expected = [2, -1.5, 0.5, 1e300, -7, 0].toSorted(
        (a, b) => groups(a) - groups(b) || a - b,
      )
      deepEqual(
        taken.map(({ key }) => key),
        expected,
      )
      await h.checkpoint()
      await h.restore()
      equal(sizeOf(h), 0)
    },
  },
  {
    id: 'timer-many-at-once',
    title: 'thousands of timers at one moment are a set in order like a few',
    async run(context) {
      const h = await openTimers(context, 'long')
      for (let round = 0; round < 2; round++) {
        for (let key = 0; key < 2000; key++) {
          equal(h.timers((key * 733) % 2000, 'event').add(9, undefined), round === 0)
        }
      }
      for (let key = 0; key < 2000; key += 3) ok(h.timers(key, 'event').remove(9, undefined))
      await context.here(h)
      for (let key = 0; key < 2000; key += 6) ok(h.timers(key, 'event').add(9, undefined))
      const first = h.poll('event')
      ok(first !== undefined)
      const again = h.timers(first.key, 'event')
      ok(again.add(9, undefined))
      ok(again.add(9, 'other'))
      const taken = pollAll(h)
      equal(taken.length, 2000 - 667 + 334 + 1)
      deepEqual(taken, taken.toSorted(inOrder))
      deepEqual(taken.slice(0, 2).map(short), [
        [9, first.key],
        [9, first.key, 'other'],
      ])
    },
  },
  {
    id: 'timer-mixed-order',
    title: 'timers added, removed and taken in any mix are those of a sorted list',
    async run(context) {
      const random = seededRandom(11)
      const below = (n: number): number => Math.floor(random.next() * n)
      const h = await openTimers(context, 'long')
      let list: Timer[] = []
      for (let step = 0; step < 3000; step++) {
        if (step % 1000 === 999) await context.here(h)
        const key = below(12)
        const keyGroup = keyGroupOf(key, 'long', MAX_PARALLELISM)
        const namespace = below(4) === 0 ? below(2) : undefined
        const timer = { time: below(30) - 5, key, keyGroup, namespace }
        const at = list.findIndex((one) => inOrder(one, timer) === 0)
        const queue = h.timers(key, 'event')
        const what = below(10)
        if (what < 5) {
          equal(queue.add(timer.time, namespace), at < 0)
          if (at < 0) list = [...list, timer].sort(inOrder)
        } else if (what < 8) {
          equal(queue.remove(timer.time, namespace), at >= 0)
          if (at >= 0) list = list.toSpliced(at, 1)
        } else {
          const upTo = below(30) - 5
          const first = list[0]
          const due = first !== undefined && first.time <= upTo ? list.shift() : undefined
          deepEqual(h.poll('event', upTo), due)
        }
        equal(sizeOf(h), list.length)
      }
      deepEqual(pollAll(h), list)
    },
  },
  {
    id: 'timer-mass-removal',
    title: 'of many timers removed long before they are due nothing comes back',
    async run(context) {
      const h = await openTimers(context, 'long')
      for (let i = 0; i < 3000; i++) h.timers(i % 50, 'event').add(1_000_000 + i * 7, undefined)
      await context.here(h)
      for (let i = 0; i < 3000; i++) {
        if (i % 100 !== 0) ok(h.timers(i % 50, 'event').remove(1_000_000 + i * 7, undefined))
      }
      equal(sizeOf(h), 30)
      for (let i = 0; i < 10; i++)
        ok(h.timers(7, 'event').add(1_000_007 + i * 7, undefined) || i === 6)
      const taken = pollAll(h)
      equal(taken.length, 40)
      deepEqual(taken, taken.toSorted(inOrder))
    },
  },
]

/** Timers in order of time. */
export const timerOrderCases: readonly BackendCase[] = order
