/** A job that goes on with another parallelism: same state, same output, its key groups for good. */
import { describe, expect, it } from 'vitest'
import { collect, memoryStorage } from '../../src/index.js'
import { LOG_PREFIX } from '../../src/storage/paths.js'
import {
  countingJob,
  expected,
  inputs,
  type Output,
  perRecord,
  run,
  scripted,
  sorted,
  withBarriers,
} from './counting-job.js'

const RECORDS = inputs(24)

describe('a job that is stopped and goes on with another parallelism', () => {
  it('yields the same, whatever the way', async () => {
    for (const way of [
      [1, 3, 2],
      [3, 1, 5],
      [2, 2, 1],
      [5, 3, 4],
    ]) {
      const storage = memoryStorage()
      const all = collect<Output>()
      const steps = withBarriers(RECORDS, 4)
      // Three batches with their barriers, then a crash or a stop; twice.
      steps.splice(6, 0, 'crash')
      steps.splice(11, 0, 'idle')
      const { source, clock } = scripted(steps)
      const job = countingJob(source, { all })
      const outcomes: string[] = []
      for (const parallelism of way) {
        const options = { clock, onEvent: source.onEvent, parallelism, restart: { attempts: 0 } }
        const running = run(job, storage, options)
        const stopping = (async () => {
          while (running.records < 20) await clock.turn()
          if (outcomes.length === 1) running.stop()
        })()
        outcomes.push(await running.done.catch(() => 'crashed'))
        if (outcomes.length < 3)
          expect(all.committed).toEqual(perRecord(RECORDS).slice(0, running.records))
        if (outcomes.length === 2) {
          await stopping
          steps.splice(11, 1)
        }
      }
      expect(outcomes).toEqual(['crashed', 'stopped', 'finished'])
      expect(sorted(all.committed)).toEqual(expected(RECORDS))
    }
  })

  it('keeps the number of key groups of its first checkpoint, and refuses another', async () => {
    const storage = memoryStorage()
    const all = collect<Output>()
    const { source, clock } = scripted([RECORDS, 'barrier', 'crash'])
    const job = countingJob(source, { all })
    const options = { clock, onEvent: source.onEvent, restart: { attempts: 0 } }
    await run(job, storage, { ...options, maxParallelism: 6, parallelism: 2 }).done.catch(() => 0)
    const log = await storage.list(LOG_PREFIX)
    await expect(run(job, storage, { ...options, maxParallelism: 7 }).done).rejects.toMatchObject({
      code: 'INCOMPATIBLE_STATE',
      message: expect.stringContaining('max parallelism is 6'),
    })
    expect(await storage.list(LOG_PREFIX)).toEqual(log)
    await expect(run(job, storage, { ...options, parallelism: 7 }).done).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    })
    expect(await run(job, storage, { ...options, parallelism: 6 }).done).toBe('finished')
    expect(sorted(all.committed)).toEqual(expected(RECORDS))
  })
})
