import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { orderedMapState, timeListState } from '../../state/descriptor.js'
import type { OrderedRange } from '../../state/ordered-state.js'
import { KeyedHarness } from '../../testing/keyed-harness.js'
import { memoryBackend } from './memory-backend.js'

const states = { map: orderedMapState<number, number>(), times: timeListState<number>() }

const open = () => KeyedHarness.open({ backend: memoryBackend(), states })

const at = fc.integer({ min: -4, max: 12 })
const range: fc.Arbitrary<OrderedRange<number>> = fc.record(
  {
    gte: at,
    lt: at,
    reverse: fc.boolean(),
    limit: fc.nat({ max: 4 }),
  },
  { requiredKeys: [] },
)

/** A step of a random history of one key. */
const step = fc.record({
  do: fc.constantFrom(
    ...(['put', 'put', 'add', 'add', 'add', 'remove', 'removeRange', 'clear'] as const),
    ...(['begin', 'write', 'commit', 'abandon', 'restore'] as const),
  ),
  at,
  range,
})

type Entries = readonly (readonly [number, number])[]

/** What is in a range of sorted entries. */
function cut(entries: Entries, { gte, lt, reverse, limit }: OrderedRange<number>): Entries {
  const found = entries.filter(
    ([key]) => (gte === undefined || key >= gte) && (lt === undefined || key < lt),
  )
  if (reverse) found.reverse()
  return found.slice(0, limit)
}

/** By key; those of one key in the order they are in. */
function sorted(entries: Entries): Entries {
  return entries.toSorted(([a], [b]) => a - b)
}

describe('ordered maps and time lists', () => {
  it('are sorted arrays, through any history of changes, snapshots that succeed or fail, and restores', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        await using harness = await open()
        let now: { map: Entries; times: Entries } = { map: [], times: [] }
        let frozen = now
        let committed = now
        let snapshot: ReturnType<typeof harness.beginSnapshot> | undefined
        for (const [value, { do: what, at: key, range: some }] of steps.entries()) {
          const { map, times } = harness.use('k')
          if (what === 'put') {
            map.put(key, value)
            const others = now.map.filter(([other]) => other !== key)
            now = { ...now, map: sorted([...others, [key, value]]) }
          } else if (what === 'add') {
            times.add(key, value)
            now = { ...now, times: sorted([...now.times, [key, value]]) }
          } else if (what === 'remove') {
            map.remove(key)
            now = { ...now, map: now.map.filter(([other]) => other !== key) }
          } else if (what === 'removeRange') {
            for (const state of [map, times]) state.removeRange(some)
            const gone = new Set([...cut(now.map, some), ...cut(now.times, some)])
            const kept = (entry: Entries[number]): boolean => !gone.has(entry)
            now = { map: now.map.filter(kept), times: now.times.filter(kept) }
          } else if (what === 'clear') {
            for (const state of [map, times]) state.clear()
            now = { map: [], times: [] }
          } else if (what === 'begin' && snapshot === undefined) {
            snapshot = harness.beginSnapshot()
            frozen = now
          } else if (what === 'write') snapshot?.write()
          else if (what === 'commit' && snapshot !== undefined) {
            await snapshot.commit()
            committed = frozen
            snapshot = undefined
          } else if (what === 'abandon' && snapshot !== undefined) {
            snapshot.abandon()
            snapshot = undefined
          } else if (what === 'restore' && snapshot === undefined) {
            await harness.restore()
            now = committed
          }
          const seen = harness.use('k')
          for (const name of ['map', 'times'] as const) {
            expect([...seen[name].entries()]).toEqual(now[name])
            expect([...seen[name].range(some)]).toEqual(cut(now[name], some))
          }
        }
      }),
      { numRuns: 200 },
    )
  })

  it('write one row for an element added to a long time list', async () => {
    await using harness = await open()
    const { times } = harness.use('k')
    for (let time = 0; time < 20_000; time++) times.add(time, time)
    await harness.checkpoint()
    harness.use('k').times.add(10_000, 1)
    expect((await harness.checkpoint()).rows).toEqual({ times: [1, 0, 0, 0] })
    expect((harness.runs[1] as Uint8Array).length).toBeLessThan(300)
  })
})
