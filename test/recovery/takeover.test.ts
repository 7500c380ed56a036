/** One process after another takes a running job over, while the ones before are not told: one output, exact. */
import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../src/base/random.js'
import { collect, fromArray, memoryStorage } from '../../src/index.js'
import { faultyStorage, seededFaults } from '../../src/testing/faulty-storage.js'
import { manualClock } from '../../src/testing/manual-clock.js'
import { countingJob, expected, inputs, type Output, run, sorted } from './counting-job.js'

const RECORDS = inputs(30)
const SETTINGS = { restart: { attempts: 20, delay: 1 } }
const SEEDS = Array.from({ length: process.env.HOLDFAST_FULL ? 400 : 25 }, (_, i) => i + 1)

describe('a job that is taken over again and again while it runs', () => {
  it('is run to its end by the last one; the others stop, fenced, and change nothing more', async () => {
    let fenced = 0
    for (const seed of SEEDS) {
      const random = seededRandom(seed)
      const storage = memoryStorage()
      const all = collect<Output>()
      const outcomes: Promise<string>[] = []
      for (let process = 0; process < 4; process++) {
        const clock = manualClock({ autoAdvance: true })
        const slow = faultyStorage(storage, seededFaults(random, { delay: 0.3, late: 0.02 }), clock)
        const job = countingJob(fromArray(RECORDS, { batchRecords: 1 }), { all })
        const running = run(job, slow, { clock, random, ...SETTINGS, parallelism: 1 + process })
        outcomes.push(running.done.catch((error: { code: string }) => error.code))
        for (let turns = Math.floor(random.next() * 25); turns > 0; turns--) await clock.turn()
      }
      const ended = await Promise.all(outcomes)
      expect(new Set(ended), `seed ${seed}`).toEqual(new Set([...ended, 'finished']))
      for (const one of ended) expect(['finished', 'FENCED'], `seed ${seed}`).toContain(one)
      fenced += ended.filter((one) => one === 'FENCED').length
      expect(sorted(all.committed), `seed ${seed}`).toEqual(expected(RECORDS))
    }
    expect(fenced).toBeGreaterThan(SEEDS.length / 2)
  })
})
