import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { aggregatingState, listState, reducingState } from '../../state/descriptor.js'
import { KeyedHarness } from '../../testing/keyed-harness.js'
import { memoryBackend } from './memory-backend.js'

const states = {
  list: listState<number>(),
  sum: reducingState<number>((a, b) => a + b),
  mean: aggregatingState<number, { n: number; sum: number }, number>({
    create: () => ({ n: 0, sum: 0 }),
    // In place, on purpose: a snapshot must not see it.
    add: (value, acc) => {
      acc.n++
      acc.sum += value
      return acc
    },
    result: (acc) => acc.sum / acc.n,
  }),
}

const open = () => KeyedHarness.open({ backend: memoryBackend(), states })

/** A step of a random history of one key. */
const step = fc.oneof(
  fc.record({ do: fc.constant('add' as const), value: fc.integer({ min: 0, max: 99 }) }),
  fc.record({ do: fc.constant('update' as const), value: fc.integer({ min: 0, max: 3 }) }),
  fc.record({ do: fc.constant('clear' as const), value: fc.constant(0) }),
  fc.record({
    do: fc.constantFrom('begin', 'write', 'commit', 'abandon', 'restore'),
    value: fc.constant(0),
  }),
)

describe('lists and aggregates', () => {
  it('come back from any history of changes, snapshots that succeed or fail, and restores', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        await using harness = await open()
        let now = { list: [] as number[], added: [] as number[] }
        let frozen: typeof now | undefined
        let committed = { list: [] as number[], added: [] as number[] }
        let snapshot: ReturnType<typeof harness.beginSnapshot> | undefined
        for (const { do: what, value } of steps) {
          const { list, sum, mean } = harness.use('k')
          if (what === 'add') {
            list.add(value)
            sum.add(value)
            mean.add(value)
            now = { list: [...now.list, value], added: [...now.added, value] }
          } else if (what === 'update') {
            const elements = Array.from({ length: value }, (_, i) => i)
            list.update(elements)
            now = { ...now, list: elements }
          } else if (what === 'clear') {
            for (const state of [list, sum, mean]) state.clear()
            now = { list: [], added: [] }
          } else if (what === 'begin' && snapshot === undefined) {
            snapshot = harness.beginSnapshot()
            frozen = now
          } else if (what === 'write') snapshot?.write()
          else if (what === 'commit' && snapshot !== undefined && frozen !== undefined) {
            await snapshot.commit()
            committed = frozen
            snapshot = undefined
          } else if (what === 'abandon' && snapshot !== undefined) {
            await snapshot.abandon()
            snapshot = undefined
          } else if (what === 'restore' && snapshot === undefined) {
            await harness.restore()
            now = committed
          }
          const seen = harness.use('k')
          const total = now.added.reduce((a, b) => a + b, 0)
          expect(seen.list.get()).toEqual(now.list)
          expect(seen.sum.get()).toBe(now.added.length === 0 ? undefined : total)
          expect(seen.mean.get()).toBe(
            now.added.length === 0 ? undefined : total / now.added.length,
          )
        }
      }),
      { numRuns: 300 },
    )
  })

  it('write one element for an element added to a long list', async () => {
    await using harness = await open()
    const { list } = harness.use('k')
    list.addAll(Array.from({ length: 100_000 }, (_, i) => i))
    const first = await harness.checkpoint()
    harness.use('k').list.add(1)
    const second = await harness.checkpoint()
    expect(first.rows).toMatchObject({ list: [1, 0, 0, 0] })
    expect(second.rows).toMatchObject({ list: [0, 0, 1, 0] })
    expect((harness.runs[1] as Uint8Array).length).toBeLessThan(250)
  })

  it('refuse undefined, and add nothing of a list that holds it', async () => {
    await using harness = await open()
    const { list, sum } = harness.use('k')
    list.add(1)
    for (const wrong of [
      () => list.add(undefined as never),
      () => list.addAll([2, undefined as never]),
      () => list.update([undefined as never]),
      () => sum.add(undefined as never),
    ]) {
      expect(wrong).toThrow(/undefined/)
    }
    expect(list.get()).toEqual([1])
    expect(sum.get()).toBeUndefined()
  })
})
