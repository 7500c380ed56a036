/** A checkpoint that fails takes nothing with it, and the job goes on as long as that makes sense. */
import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../src/base/random.js'
import { fromArray } from '../../src/connectors/collection.js'
import { collect, HoldfastError, memoryStorage } from '../../src/index.js'
import { logNumber } from '../../src/storage/paths.js'
import { faultyStorage } from '../../src/testing/faulty-storage.js'
import { manualClock } from '../../src/testing/manual-clock.js'
import { countingJob, expected, type Output, perRecord, run, sorted } from './counting-job.js'

import { FIRST, named, RECORDS, SECOND, staged, THIRD } from './staged-job.js'

describe('a checkpoint that fails', () => {
  const full = new HoldfastError('STORAGE_FULL', 'no space', { retryable: true })
  const script = [FIRST, 'barrier', SECOND, 'barrier', THIRD, 'barrier'] as const

  it.each(['create', 'write'] as const)(
    'for want of space at the %s does not fail the job; the next one has everything',
    async (kind) => {
      const { all, job, storage, options } = staged(script)
      let claimed = false
      let refusals = 0
      const faulty = faultyStorage(storage, (operation) => {
        if (operation.kind !== kind) return undefined
        // The claim, which is a create too, must succeed.
        if (kind === 'create' && !claimed) claimed = true
        else if (refusals++ < 2) return { type: 'before', error: full }
        return undefined
      })
      const running = run(job, faulty, { ...options, from: 'latest' })
      expect(await running.done).toBe('finished')
      const checkpoints = running.events.filter(({ event }) => event.startsWith('checkpoint'))
      if (kind === 'create') {
        const failures = checkpoints.filter((one) => one.event === 'checkpoint-failed')
        expect(failures).toMatchObject([
          { code: 'STORAGE_FULL', failures: 1 },
          { code: 'STORAGE_FULL', failures: 2 },
        ])
      }
      expect(sorted(all.committed)).toEqual(expected(RECORDS))
      const again = run(job, storage, { ...options, from: 'latest' })
      expect(await again.done).toBe('finished')
      expect(sorted(all.committed)).toEqual(expected(RECORDS))
    },
  )

  it.each([
    ['refused', 1, full],
    ['given up', 3, undefined],
  ] as const)('because it was %s takes nothing with it', async (_, times, error) => {
    const steps = [FIRST, 'barrier', SECOND, 'barrier', 'crash', THIRD] as const
    const { all, job, storage, options } = staged(steps)
    let left: number = times
    const faulty = faultyStorage(storage, ({ kind, path }) => {
      if (kind !== 'create' || logNumber(path) !== 2 || left-- <= 0) return undefined
      return { type: 'before', ...(error === undefined ? {} : { error }) }
    })
    const restart = { attempts: 0 }
    await expect(run(job, faulty, { ...options, restart }).done).rejects.toThrow('scripted')
    expect(all.committed).toEqual(perRecord([...FIRST, ...SECOND]))
    const again = run(job, storage, options)
    expect(await again.done).toBe('finished')
    expect(again.events[0]).toMatchObject({ records: 6 })
    expect(sorted(all.committed)).toEqual(expected(RECORDS))
  })

  it('too often in a row fails the job with what made it fail', async () => {
    for (const toleratedFailures of [0, 1, 2]) {
      const { job, storage, options } = staged(script)
      let creates = 0
      const faulty = faultyStorage(storage, ({ kind }) =>
        kind === 'create' && creates++ > 0 ? { type: 'before', error: full } : undefined,
      )
      const settings = { ...options, toleratedFailures, restart: { attempts: 0 } }
      const running = run(job, faulty, settings)
      await expect(running.done).rejects.toBe(full)
      expect(named(running.events).filter((name) => name === 'checkpoint-failed')).toHaveLength(
        toleratedFailures + 1,
      )
    }
  })

  it('at the very end is tried again, since nothing comes after it', async () => {
    const { all, job, storage, options } = staged([RECORDS])
    let creates = 0
    const faulty = faultyStorage(storage, ({ kind }) =>
      kind === 'create' && [1, 2].includes(creates++) ? { type: 'before', error: full } : undefined,
    )
    expect(await run(job, faulty, options).done).toBe('finished')
    expect(sorted(all.committed)).toEqual(expected(RECORDS))
  })
})

describe('a clock with fractions and a time before 1970', () => {
  it('makes no checkpoint that cannot be read', async () => {
    for (const startMs of [1_700_000_000_000.25, -1000.5]) {
      const all = collect<Output>()
      const storage = memoryStorage()
      const job = countingJob(fromArray(RECORDS, { batchRecords: 2 }), { all })
      const options = {
        clock: manualClock({ startMs, autoAdvance: true }),
        random: seededRandom(1),
      }
      expect(await run(job, storage, options).done).toBe('finished')
      const again = run(job, storage, options)
      expect(await again.done).toBe('finished')
      expect(again.events[0]).toMatchObject({ skipped: [], records: RECORDS.length })
    }
  })
})
