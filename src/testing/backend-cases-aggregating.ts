/** The state backend contract, part: accumulators, changed in place or made anew, and snapshots of them. */
import { deepEqual, equal } from 'node:assert/strict'
import { aggregatingState } from '../state/descriptor.js'
import type { BackendCase } from './backend-context.js'

/** An accumulator may be changed in place and no snapshot sees it. */
export const aggregatingCases: readonly BackendCase[] = [
  {
    id: 'aggregating-in-place',
    title: 'an accumulator changed in place after a barrier is in the snapshot as it was at it',
    async run({ h, here }) {
      h.use('k').aggregating.add('committed')
      await here()
      for (let round = 0; round < 3; round++) {
        h.use('k').aggregating.add(`before ${round}`)
        const before = h.contents()
        const snapshot = h.beginSnapshot()
        for (let i = 0; i < 3; i++) h.use('k').aggregating.add(`after ${round}`)
        const after = h.contents()
        await snapshot.commit()
        deepEqual(h.contents(), after)
        await h.restore()
        deepEqual(h.contents(), before)
      }
    },
  },
  {
    id: 'aggregating-abandoned',
    title:
      'after snapshots given up an accumulator has everything once, and the next snapshot has it',
    async run({ h, here }) {
      h.use('k').aggregating.add(0)
      await h.checkpoint()
      await here()
      for (let i = 1; i < 9; i += 2) {
        h.use('k').aggregating.add(i)
        const snapshot = h.beginSnapshot()
        if (i % 4 === 1) while (!snapshot.write());
        h.use('k').aggregating.add(i + 1)
        snapshot.abandon()
      }
      deepEqual((await h.checkpoint()).rows, { aggregating: [1, 0, 0, 0] })
      await h.restore()
      equal(h.use('k').aggregating.get(), '9: 0 1 2 3 4 5 6 7 8')
    },
  },
  {
    id: 'aggregating-immutable',
    title: 'an accumulator that is made anew for each value works as one changed in place',
    async run(context) {
      const mean = aggregatingState<number, readonly [number, number], number>({
        create: () => [0, 0],
        add: (value, [count, sum]) => [count + 1, sum + value],
        result: ([count, sum]) => sum / count,
      })
      const h = await context.open({ states: { mean } })
      for (const [i, value] of [3, 5, 1, 7].entries()) {
        h.use('k').mean.add(value)
        h.use(`k${i}`).mean.add(value)
        const snapshot = h.beginSnapshot()
        h.use('k').mean.add(4)
        await snapshot.commit()
        await context.here(h)
      }
      equal(h.use('k').mean.get(), 4)
      equal(h.use('k2').mean.get(), 1)
      equal(h.use('absent').mean.get(), undefined)
    },
  },
  {
    id: 'aggregating-created',
    title: 'an accumulator is created for the first value of a key and after a clear, never else',
    async run(context) {
      let created = 0
      const counted = aggregatingState<number, { sum: number }, number>({
        create: () => ({ sum: 1000 * ++created }),
        add: (value, acc) => ({ sum: acc.sum + value }),
        result: ({ sum }) => sum,
      })
      const h = await context.open({ states: { counted } })
      equal(h.use('a').counted.get(), undefined)
      equal(created, 0)
      for (const value of [1, 2]) h.use('a').counted.add(value)
      await context.here(h)
      h.use('a').counted.add(3)
      equal(h.use('a').counted.get(), 1006)
      equal(created, 1)
      h.use('a').counted.clear()
      h.use('a').counted.add(4)
      await context.here(h)
      equal(h.use('a').counted.get(), 2004)
      equal(created, 2)
    },
  },
]
