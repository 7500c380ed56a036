/**
 * The state backend contract, part: timers as a set: which are the same, what is there after changes. Behaviours of
 * Flink's priority queues and timer services.
 */
import { deepEqual, equal, ok, throws } from 'node:assert/strict'
import type { ValueState } from '../state/state.js'
import { inOrder, openTimers, pollAll, short, sizeOf } from './backend-cases-timers.js'
import type { BackendCase } from './backend-context.js'

/** Timers as a set. */
export const timerSetCases: readonly BackendCase[] = [
  {
    id: 'timer-add-remove-empty',
    title: 'a queue with no timers has none to give, before and after',
    async run(context) {
      const h = await openTimers(context)
      equal(h.poll('event'), undefined)
      const queue = h.timers('k', 'event')
      equal(queue.peek(), undefined)
      ok(queue.add(42, undefined))
      await context.here(h)
      equal(sizeOf(h), 1)
      deepEqual(pollAll(h).map(short), [[42, 'k']])
      equal(h.poll('event'), undefined)
      equal(sizeOf(h), 0)
    },
  },
  {
    id: 'timer-dedup',
    title:
      'a timer added again is the same timer, restored or not, and can be added anew when it has been taken',
    async run(context) {
      const h = await openTimers(context)
      for (const key of ['a', 'b', 'a', 'b']) h.timers(key, 'event').add(5, undefined)
      await context.here(h)
      equal(h.timers('a', 'event').add(5, undefined), false)
      equal(sizeOf(h), 2)
      equal(pollAll(h).length, 2)
      equal(h.timers('a', 'event').add(5, undefined), true)
      await context.here(h)
      deepEqual(pollAll(h).map(short), [[5, 'a']])
    },
  },
  {
    id: 'timer-apart',
    title: 'timers of other keys, times, namespaces or queues are others',
    async run(context) {
      const h = await openTimers(context)
      h.timers('k', 'event').add(1, undefined)
      h.timers('k', 'event').add(1, 'n')
      h.timers('k', 'event').add(1, 1)
      h.timers('k', 'event').add(2, undefined)
      h.timers('j', 'event').add(1, undefined)
      h.timers('k', 'processing').add(1, undefined)
      await context.here(h)
      ok(h.timers('k', 'event').remove(1, undefined))
      equal(h.timers('k', 'event').remove(1, '1'), false)
      deepEqual(pollAll(h, 1).map(short).sort(), [
        [1, 'j'],
        [1, 'k', 1],
        [1, 'k', 'n'],
      ])
      deepEqual(pollAll(h).map(short), [[2, 'k']])
      deepEqual(pollAll(h, undefined, 'processing').map(short), [[1, 'k']])
    },
  },
  {
    id: 'timer-delete',
    title: 'a removed timer does not come; removing what is not there changes nothing',
    async run(context) {
      const h = await openTimers(context)
      equal(h.timers('k', 'event').remove(1, undefined), false)
      for (const time of [1, 2, 3]) h.timers('k', 'event').add(time, undefined)
      await context.here(h)
      ok(h.timers('k', 'event').remove(1, undefined))
      equal(h.timers('k', 'event').remove(1, undefined), false)
      equal(h.timers('other', 'event').remove(2, undefined), false)
      await context.here(h)
      deepEqual(pollAll(h).map(short), [
        [2, 'k'],
        [3, 'k'],
      ])
    },
  },
  {
    id: 'timer-up-to',
    title: 'only timers that are due are taken, one at the very moment too; looking takes none',
    async run(context) {
      const h = await openTimers(context)
      for (const time of [10, 20, 30]) h.timers('k', 'event').add(time, undefined)
      await context.here(h)
      equal(h.poll('event', 9), undefined)
      equal(h.timers('k', 'event').peek()?.time, 10)
      deepEqual(pollAll(h, 20).map(short), [
        [10, 'k'],
        [20, 'k'],
      ])
      equal(h.timers('k', 'event').peek()?.time, 30)
      equal(h.poll('event', 29), undefined)
      equal(sizeOf(h), 1)
    },
  },
  {
    id: 'timer-number-range',
    title: 'a time is any safe integer, before 1970 too',
    async run(context) {
      const h = await openTimers(context)
      const max = Number.MAX_SAFE_INTEGER
      const times = [0, -1, max, -max, 1_700_000_000_000, 4_294_967_296, -4_294_967_297]
      for (const time of times) h.timers('k', 'event').add(time, undefined)
      await context.here(h)
      equal(h.timers('k', 'event').add(max, undefined), false)
      deepEqual(
        pollAll(h).map(({ time }) => time),
        times.toSorted((a, b) => a - b),
      )
    },
  },
  {
    id: 'timer-each',
    title: 'all timers can be gone through, each once, with their keys and namespaces',
    async run(context) {
      const h = await openTimers(context)
      deepEqual([...h.timers('k', 'event').timers()], [])
      for (let i = 0; i < 20; i++)
        h.timers(`k${i % 4}`, 'event').add(i % 10, i < 10 ? undefined : 'n')
      h.timers('k0', 'event').remove(0, undefined)
      await context.here(h)
      const all = h.backends.flatMap((backend) => [...backend.timers('event').timers()])
      deepEqual(all.toSorted(inOrder), pollAll(h))
      equal(all.length, 19)
    },
  },
  {
    id: 'timer-not-a-key',
    title: 'timers are no state of their key, and state is none of theirs',
    async run(context) {
      const h = await openTimers(context)
      h.timers('timer', 'event').add(1, undefined)
      ;(h.use('both').value as ValueState<unknown>).update('kept')
      h.timers('both', 'event').add(1, undefined)
      await context.here(h)
      deepEqual(h.keys(), ['both'])
      equal(pollAll(h).length, 2)
      deepEqual(h.keys(), ['both'])
      equal(h.use('both').value.value(), 'kept')
    },
  },
  {
    id: 'timer-no-key',
    title: 'a timer with no current key, and a queue that is not declared, are refused',
    once: true,
    async run(context) {
      const h = await openTimers(context)
      const [backend] = h.backends
      ok(backend !== undefined)
      const refused = { code: 'INVALID_STATE' }
      throws(() => backend.timers('event').add(1, undefined), refused)
      throws(() => backend.timers('event').remove(1, undefined), refused)
      throws(() => backend.timers('value'), refused)
      throws(() => backend.timers('none'), refused)
      throws(() => backend.state('event'), refused)
      equal(backend.dirty, false)
      equal(backend.timers('event'), backend.timers('event'))
    },
  },
]
