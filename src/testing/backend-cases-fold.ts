/**
 * The state backend contract, part: reducing and aggregating state. One value per key, made of all that was added;
 * an accumulator may be changed in place and no snapshot sees it.
 */
import { deepEqual, equal, throws } from 'node:assert/strict'
import { hasCode } from '../base/errors.js'
import { reducingState } from '../state/descriptor.js'
import type { AggregatingState } from '../state/state.js'
import { type BackendCase, REFUSED } from './backend-context.js'

const FOLDS = ['reducing', 'aggregating'] as const

/** Of `reducing` in CASE_STATES. */
const reduced = (added: readonly unknown[]): unknown =>
  added.length > 0 ? added.join(' ') : undefined
/** Of `aggregating` in CASE_STATES. */
const aggregated = (added: readonly unknown[]): string | undefined =>
  added.length > 0 ? `${added.length}: ${added.join(' ')}` : undefined

/** What was added is counted once, whatever the backend does in between. */
export const foldCases: readonly BackendCase[] = [
  {
    id: 'fold-absent',
    title: 'what was never added to is undefined, and reading it leaves nothing behind',
    async run({ h, here }) {
      h.use('present').reducing.add('x')
      for (let round = 0; round < 2; round++) {
        equal(h.use('absent').reducing.get(), undefined)
        equal(h.use('absent').aggregating.get(), undefined)
        equal(h.use('present').aggregating.get(), undefined)
        deepEqual(h.keys(), ['present'])
        await here()
      }
    },
  },
  {
    id: 'reducing-first',
    title: 'the first value added is the value itself, of any type, and is not reduced',
    async run({ h, here }) {
      const values = [0, '', false, null, Number.NaN, { a: [1] }, [1, 2], new Map([[1, 2]]), 5n]
      for (const [key, value] of values.entries()) h.use(key).reducing.add(value)
      h.use(107).reducing.add(REFUSED)
      await here()
      for (const [key, value] of values.entries()) deepEqual(h.use(key).reducing.get(), value)
      equal(h.use(107).reducing.get(), REFUSED)
    },
  },
  {
    id: 'reducing-order',
    title: 'values are reduced in the order they were added, over any number of intervals',
    async run({ h, here }) {
      const added: number[] = []
      for (let i = 0; i < 12; i++) {
        h.use('k').reducing.add(11 - i)
        added.push(11 - i)
        equal(h.use('k').reducing.get(), i === 0 ? 11 : reduced(added))
        if (i % 4 === 1) await here()
      }
      equal(h.use('k').reducing.get(), '11 10 9 8 7 6 5 4 3 2 1 0')
    },
  },
  {
    id: 'aggregating-order',
    title:
      'values go into one accumulator in the order they were added, over any number of intervals',
    async run({ h, here }) {
      const added: number[] = []
      for (let i = 0; i < 12; i++) {
        h.use('k').aggregating.add(i)
        added.push(i)
        equal(h.use('k').aggregating.get(), aggregated(added))
        if (i % 4 === 1) await here()
      }
      equal(h.use('k').aggregating.get(), '12: 0 1 2 3 4 5 6 7 8 9 10 11')
    },
  },
  {
    id: 'fold-undefined',
    title: 'adding `undefined` is refused, and nothing is changed or created',
    async run({ h, here }) {
      for (const name of FOLDS) h.use('k')[name].add(1)
      await h.checkpoint()
      await here()
      const before = h.contents()
      for (const name of FOLDS) {
        for (const key of ['k', 'absent']) {
          throws(
            () => h.use(key)[name].add(undefined),
            (error) => hasCode(error, 'INVALID_ARGUMENT'),
          )
        }
      }
      equal(h.dirty, false)
      deepEqual(h.contents(), before)
    },
  },
  {
    id: 'fold-null',
    title: 'null is added like any other value',
    async run({ h, here }) {
      h.use('k').reducing.add(null)
      equal(h.use('k').reducing.get(), null)
      h.use('k').aggregating.add(null)
      await here()
      deepEqual(h.contents().get('k'), { reducing: null, aggregating: '1: ' })
      h.use('k').reducing.add(null)
      await here()
      equal(h.use('k').reducing.get(), 'null null')
    },
  },
  {
    id: 'fold-throws',
    title: 'a function that throws changes and creates nothing, and what is added next counts',
    async run({ h, here }) {
      for (const name of FOLDS) h.use('k')[name].add(1)
      await h.checkpoint()
      await here()
      const before = h.contents()
      throws(() => h.use('k').reducing.add(REFUSED), /refused on purpose/)
      throws(() => h.use('k').aggregating.add(REFUSED), /refused on purpose/)
      throws(() => h.use('absent').aggregating.add(REFUSED), /refused on purpose/)
      deepEqual(h.contents(), before)
      await h.checkpoint()
      await h.restore()
      deepEqual(h.contents(), before)
      for (const name of FOLDS) h.use('k')[name].add(2)
      await here()
      deepEqual(h.contents(), new Map([['k', { reducing: '1 2', aggregating: '2: 1 2' }]]))
    },
  },
  {
    id: 'reducing-throws-clean',
    title: 'a reduce function that throws leaves nothing to be written',
    async run({ h, here }) {
      h.use('k').reducing.add({ large: 'object' })
      await h.checkpoint()
      await here()
      throws(() => h.use('k').reducing.add(REFUSED), /refused on purpose/)
      equal(h.dirty, false)
      deepEqual((await h.checkpoint()).rows, {})
    },
  },
  {
    id: 'reducing-same-object',
    title: 'a reduce function is given the very value that is kept: nothing is copied for it',
    async run(context) {
      const larger = (a: { n: number }, b: { n: number }): { n: number } => (b.n > a.n ? b : a)
      const h = await context.open({ states: { max: reducingState(larger) } })
      h.use('k').max.add({ n: 5 })
      await context.here(h)
      const kept = h.use('k').max.get()
      h.use('k').max.add({ n: 3 })
      equal(h.use('k').max.get(), kept)
      h.use('k').max.add({ n: 8 })
      await context.here(h)
      deepEqual(h.use('k').max.get(), { n: 8 })
    },
  },
  {
    id: 'fold-clear',
    title: 'after a clear all starts over, in the same interval or in a later one',
    async run({ h, here }) {
      for (const later of [false, true]) {
        for (const name of FOLDS) h.use('k')[name].add('old')
        if (later) await here()
        for (const name of FOLDS) h.use('k')[name].clear()
        deepEqual(h.keys(), [])
        if (later) await here()
        for (const name of FOLDS) equal(h.use('k')[name].get(), undefined)
        for (const name of FOLDS) h.use('k')[name].add('new')
        await here()
        deepEqual(h.contents(), new Map([['k', { reducing: 'new', aggregating: '1: new' }]]))
        for (const name of FOLDS) h.use('k')[name].clear()
      }
    },
  },
  {
    id: 'fold-clear-absent',
    title: 'clearing what is absent is nothing, the first time and the second',
    async run({ h, here }) {
      for (const name of FOLDS) h.use('never')[name].clear()
      equal(h.dirty, false)
      for (const name of FOLDS) h.use('once')[name].add(1)
      await here()
      for (let round = 0; round < 2; round++) {
        for (const name of FOLDS) h.use('once')[name].clear()
        await here()
      }
      deepEqual(h.keys(), [])
    },
  },
  {
    id: 'fold-keys-apart',
    title: 'each key has its own, also while keys alternate and accumulators change in place',
    async run({ h, here }) {
      for (let round = 0; round < 4; round++) {
        for (let key = 0; key < 60; key++) {
          if (key % (round + 1) !== 0) continue
          for (const name of FOLDS) h.use(key)[name].add(`${key}.${round}`)
        }
        await here()
      }
      for (let key = 0; key < 60; key++) {
        const added = [0, 1, 2, 3].filter((r) => key % (r + 1) === 0).map((r) => `${key}.${r}`)
        equal(h.use(key).reducing.get(), reduced(added))
        equal(h.use(key).aggregating.get(), aggregated(added))
      }
      equal(h.keys().length, 60)
    },
  },
  {
    id: 'fold-result',
    title: 'asking for the result changes nothing, however often',
    async run({ h, here }) {
      for (const name of FOLDS) h.use('k')[name].add(1)
      for (const name of FOLDS) h.use('k')[name].add(2)
      await h.checkpoint()
      await here()
      for (let round = 0; round < 3; round++) {
        equal(h.use('k').aggregating.get(), '2: 1 2')
        equal(h.use('k').reducing.get(), '1 2')
      }
      equal(h.dirty, false)
      deepEqual((await h.checkpoint()).rows, {})
      for (const name of FOLDS) h.use('k')[name].add(3)
      equal(h.use('k').aggregating.get(), '3: 1 2 3')
    },
  },
  {
    id: 'fold-delta',
    title: 'many values added to a key in an interval are one PUT, a cleared one a DELETE',
    async run({ h, here }) {
      for (const key of ['a', 'b', 'c']) for (const name of FOLDS) h.use(key)[name].add(1)
      deepEqual((await h.checkpoint()).rows, { reducing: [3, 0, 0, 0], aggregating: [3, 0, 0, 0] })
      await here()
      for (let i = 0; i < 20; i++) for (const name of FOLDS) h.use('a')[name].add(i)
      for (const name of FOLDS) h.use('b')[name].clear()
      deepEqual((await h.checkpoint()).rows, { reducing: [1, 1, 0, 0], aggregating: [1, 1, 0, 0] })
      deepEqual((await h.checkpoint()).rows, {})
    },
  },
  {
    id: 'fold-no-current-key',
    title: 'neither kind can be used before a key is current',
    once: true,
    async run({ h }) {
      for (const name of FOLDS) {
        const state = h.backends[0]?.state(name) as AggregatingState<unknown, unknown>
        for (const call of [() => state.get(), () => state.add(1), () => state.clear()]) {
          throws(call, (error) => hasCode(error, 'INVALID_STATE'))
        }
      }
      equal(h.dirty, false)
    },
  },
]
