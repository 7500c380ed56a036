import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  abortOf,
  checkpointOf,
  claimOf,
  contentOf,
  entryOf,
  History,
  runOf,
} from '../../test/recovery/entries.js'
import { seededRandom } from '../base/random.js'
import { factsOf, nextBoundary, planSweep } from './retention.js'

const SEEDS = Array.from({ length: process.env.HOLDFAST_FULL ? 6_000 : 600 }, (_, i) => i + 1)

describe('factsOf', () => {
  it('takes the runs that are files, not the inlined ones', () => {
    const runs = [runOf(3), { ...runOf(4), inline: 'AAAA' }]
    const facts = factsOf(entryOf(4, { content: contentOf(4, { runs }) }))
    expect(facts).toEqual({ number: 4, checkpoint: 4, olderBelow: 4, runs: [runOf(3).path] })
  })

  it('knows where history goes on below an abort, a claim, and a claim that went back', () => {
    expect(factsOf(abortOf(7))).toEqual({
      number: 7,
      checkpoint: undefined,
      olderBelow: 7,
      runs: [],
    })
    expect(factsOf(claimOf(7, 6)).olderBelow).toBe(7)
    expect(factsOf(claimOf(7, 3)).olderBelow).toBe(4)
  })
})

describe('nextBoundary', () => {
  it('keeps exactly the newest of the lineage, the next one among them, and never goes down', () => {
    for (const seed of SEEDS) {
      const random = seededRandom(seed)
      const history = new History()
      const retained = 1 + Math.floor(random.next() * 4)
      let boundary = 0
      for (let n = Math.floor(random.next() * 20); n > 0; n--) {
        history.grow(random)
        const left = history.entries.filter((entry) => entry.number > boundary)
        const next = nextBoundary(left.map(factsOf), boundary, retained)
        const truth = history.lineage.filter((checkpoint) => checkpoint > 0)
        const holds = (above: number, checkpoint: number): boolean =>
          history.entries.some(
            ({ number, content }) => number > above && content?.checkpoint === checkpoint,
          )
        const kept = truth.filter((checkpoint) => holds(next, checkpoint))
        const before = truth.filter((checkpoint) => holds(boundary, checkpoint))
        const where = `seed ${seed}, retained ${retained}, ${history.entries.length} entries`
        expect(kept, where).toEqual(
          before.slice(0, before.length < retained ? undefined : retained - 1),
        )
        if (before.length < retained) expect(next, where).toBe(boundary)
        expect(next, where).toBeGreaterThanOrEqual(boundary)
        boundary = next
      }
    }
  })

  it('counts a checkpoint once, however often it was claimed', () => {
    const facts = [checkpointOf(2), checkpointOf(3), claimOf(4, 3), claimOf(5, 3), claimOf(6, 3)]
    expect(nextBoundary(facts.map(factsOf), 0, 3)).toBe(0)
    expect(nextBoundary(facts.map(factsOf), 0, 2)).toBe(2)
    expect(nextBoundary(facts.map(factsOf), 0, 1)).toBe(6)
  })

  it('counts nothing that was left behind, and not the beginning', () => {
    const back = [claimOf(1, 0), checkpointOf(2), checkpointOf(3), checkpointOf(4), claimOf(5, 2)]
    expect(nextBoundary(back.map(factsOf), 0, 2)).toBe(0)
    expect(nextBoundary(back.map(factsOf), 0, 1)).toBe(5)
    const anew = [checkpointOf(2), checkpointOf(3), claimOf(4, 0), checkpointOf(5)]
    expect(nextBoundary(anew.map(factsOf), 0, 2)).toBe(0)
    expect(nextBoundary(anew.map(factsOf), 0, 1)).toBe(5)
  })
})

describe('planSweep', () => {
  const paths = fc.subarray(Array.from({ length: 12 }, (_, n) => `runs/${n}`))
  const sweeps = fc.record({
    entries: fc.array(paths, { maxLength: 8 }),
    boundary: fc.nat(10),
    there: paths,
    inFlight: paths,
  })

  it('deletes nothing that an entry above the boundary or work in flight needs, and all the rest', () => {
    fc.assert(
      fc.property(sweeps, ({ entries, boundary, there, inFlight }) => {
        const facts = entries.map((runs, index) => {
          const number = 2 * index + 1
          return { number, checkpoint: number, olderBelow: number, runs }
        })
        const sweep = planSweep({
          entries: facts,
          boundary,
          runs: there,
          inFlight: new Set(inFlight),
        })
        const needed = new Set(inFlight)
        for (const { number, runs } of facts) {
          if (number > boundary) for (const run of runs) needed.add(run)
        }
        expect(sweep.runs).toEqual(there.filter((run) => !needed.has(run)))
        expect(sweep.entries).toEqual(
          facts.map(({ number }) => number).filter((number) => number <= boundary),
        )
      }),
    )
  })
})
