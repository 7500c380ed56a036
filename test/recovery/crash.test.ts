/** A whole job, killed at every record and every call to its storage: its output is exactly right, always. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { seededRandom } from '../../src/base/random.js'
import type { CollectSink } from '../../src/connectors/collection.js'
import { collect, fromArray, jsonLines, memoryStorage, type Sink } from '../../src/index.js'
import { faultyStorage, type StorageFault, seededFaults } from '../../src/testing/faulty-storage.js'
import { manualClock } from '../../src/testing/manual-clock.js'
import {
  countingJob,
  expected,
  type Hooks,
  type Input,
  inputs,
  type Output,
  perRecord,
  run,
  scripted,
  sorted,
  withBarriers,
} from './counting-job.js'

const FULL = process.env.HOLDFAST_FULL !== undefined
const RECORDS = inputs(FULL ? 40 : 14)
const EXPECTED = expected(RECORDS)
const temporary = mkdtempSync(join(tmpdir(), 'holdfast-crash-'))

afterAll(() => rmSync(temporary, { recursive: true, force: true }))

/** A job over a source of small batches and this sink. */
function counting(all: CollectSink<Output>, hooks: Hooks = {}) {
  return countingJob(fromArray(RECORDS, { batchRecords: 2 }), { all }, hooks)
}

/** A hook that throws the first time a count is reached. */
function throwsAt(count: number): (thing: unknown) => void {
  let left = count
  return () => {
    if (left-- === 0) throw new Error('crash')
  }
}

/** What is visible of records is always the output of the first so many, in their order. */
function isPrefix(visible: readonly Output[], records: readonly Input[]): void {
  const whole = perRecord(records)
  expect(visible).toEqual(whole.slice(0, visible.length))
}

describe('a job', () => {
  it('yields what its input says', async () => {
    const all = collect<Output>()
    const running = run(counting(all), memoryStorage())
    expect(await running.done).toBe('finished')
    expect(sorted(all.committed)).toEqual(EXPECTED)
    expect(running.records).toBe(RECORDS.length)
    const checkpoints = running.events.filter(({ event }) => event === 'checkpoint')
    expect(checkpoints.length).toBeGreaterThan(3)
  })

  it('killed at any record and started again yields the same, by itself or by hand', async () => {
    for (let at = 0; at < RECORDS.length; at++) {
      for (const attempts of [0, 1]) {
        const all = collect<Output>()
        const storage = memoryStorage()
        const job = counting(all, { onRecord: throwsAt(at) })
        const first = run(job, storage, { restart: { attempts } })
        if (attempts === 0) {
          await expect(first.done).rejects.toMatchObject({ code: 'OPERATOR_FAILED' })
          isPrefix(all.committed, RECORDS)
          expect(await run(job, storage).done).toBe('finished')
        } else expect(await first.done).toBe('finished')
        expect(sorted(all.committed), `record ${at}`).toEqual(EXPECTED)
      }
    }
  })

  it('killed at any record while its sink is slow yields the same', async () => {
    for (let at = 0; at < RECORDS.length; at++) {
      const all = collect<Output>()
      const clock = manualClock({ autoAdvance: true })
      const slow: Sink<Output> = {
        name: 'slow',
        open: async (context) => {
          const writer = await all.open(context)
          const write = writer.write.bind(writer)
          writer.write = async (records) => {
            for (let turn = 0; turn < 3; turn++) await clock.turn()
            await write(records)
          }
          return writer
        },
      }
      const source = fromArray(RECORDS, { batchRecords: 2 })
      const job = countingJob(source, { all: slow }, { onRecord: throwsAt(at) })
      const running = run(job, memoryStorage(), { clock, restart: { attempts: 1 } })
      expect(await running.done).toBe('finished')
      expect(sorted(all.committed), `record ${at}`).toEqual(EXPECTED)
    }
  })

  it('killed in the middle of its end calls onEnd for every key, once as far as anyone sees', async () => {
    for (let at = 0; at < 4; at++) {
      const all = collect<Output>()
      const storage = memoryStorage()
      const job = counting(all, { onEnd: throwsAt(at) })
      await expect(run(job, storage, { restart: { attempts: 0 } }).done).rejects.toThrow('crash')
      isPrefix(all.committed, RECORDS)
      expect(await run(job, storage).done).toBe('finished')
      expect(sorted(all.committed)).toEqual(EXPECTED)
    }
  })

  it.each(['before', 'after', 'late'] as const)(
    'killed %s any call to its storage yields the same',
    async (type) => {
      for (let at = 0, done = false; !done; at++) {
        const inner = memoryStorage()
        const all = collect<Output>()
        const fault: StorageFault = { type, crash: true, operations: 1_000_000 }
        const storage = faultyStorage(inner, ({ index }) => (index === at ? fault : undefined))
        const first = run(counting(all), storage)
        const outcome = await first.done.catch(() => 'killed')
        done = !storage.crashed
        if (done) expect(at).toBeGreaterThan(20)
        // Only the last collection can be given up without a word of the job's end.
        else if (outcome === 'killed') isPrefix(all.committed, RECORDS)
        else expect(first.events.at(-2)?.event).toBe('collection-failed')
        const second = run(counting(all), inner)
        const landing = storage.land()
        expect(await second.done).toBe('finished')
        await landing
        expect(sorted(all.committed), `call ${at}`).toEqual(EXPECTED)
        const third = run(counting(all), inner)
        expect(await third.done).toBe('finished')
        expect(third.events.map(({ event }) => event)).toEqual(['started', 'ended'])
        expect(sorted(all.committed), `call ${at}`).toEqual(EXPECTED)
      }
    },
  )

  const seeds = Array.from({ length: FULL ? 300 : 25 }, (_, i) => i + 1)

  it('over a storage that fails, lies and is late, killed again and again, yields the same', async () => {
    for (const seed of seeds) {
      const random = seededRandom(seed)
      const inner = memoryStorage()
      const all = collect<Output>()
      const rates = { before: 0.03, after: 0.03, torn: 0.02, twice: 0.02, late: 0.03, crash: 0.03 }
      let outcome = 'not started'
      for (let life = 0; outcome !== 'finished'; life++) {
        const plan = life < 8 ? seededFaults(random, rates) : () => undefined
        const storage = faultyStorage(inner, plan)
        const hooks = life < 8 ? { onRecord: throwsAt(Math.floor(random.next() * 40)) } : {}
        const options = { random, restart: { attempts: 1 }, parallelism: 1 + (life % 3) }
        outcome = await run(counting(all, hooks), storage, options).done.catch(() => 'failed')
        if (outcome !== 'finished') isPrefix(all.committed, RECORDS)
        await storage.land()
      }
      expect(sorted(all.committed), `seed ${seed}`).toEqual(EXPECTED)
    }
  })
})

describe('a job that writes files', () => {
  function visible(folder: string): Output[] {
    const names = readdirSync(folder).filter((name) => name.startsWith('part-'))
    return names.sort().flatMap((name) => {
      const lines = readFileSync(join(folder, name), 'utf8').trimEnd().split('\n')
      return lines.map((line) => JSON.parse(line) as Output)
    })
  }

  it('killed at any call to its storage leaves whole lines of committed records, then all of them', async () => {
    for (let at = 3, done = false; !done; at += FULL ? 1 : 7) {
      const folder = join(temporary, `out-${at}`)
      const inner = memoryStorage()
      const storage = faultyStorage(inner, ({ index }) =>
        index === at ? { type: at % 2 ? 'before' : 'after', crash: true } : undefined,
      )
      const { source, clock } = scripted(withBarriers(RECORDS, 3))
      const job = countingJob(source, { all: jsonLines<Output>(folder) })
      const options = { clock, onEvent: source.onEvent }
      await run(job, storage, options).done.catch(() => undefined)
      done = !storage.crashed
      if (done) expect(at).toBeGreaterThan(20)
      else isPrefix(visible(folder).slice(0, RECORDS.length), RECORDS)
      // Another seed: names of output must not depend on the process having lived before.
      expect(await run(job, inner, { ...options, random: seededRandom(at) }).done).toBe('finished')
      expect(sorted(visible(folder)), `call ${at}`).toEqual(EXPECTED)
      // What a process left that was killed before its first checkpoint goes with the next start at the latest.
      expect(await run(job, inner, options).done).toBe('finished')
      expect(readdirSync(join(folder, '.pending'))).toEqual([])
      expect(sorted(visible(folder)), `call ${at}`).toEqual(EXPECTED)
    }
  })
})
