/** A job that is asked to stop, and one that has nothing to do. */
import { describe, expect, it } from 'vitest'
import { fromArray } from '../../src/connectors/collection.js'
import { manualClock } from '../../src/testing/manual-clock.js'
import { countingJob, expected, INTERVAL_MS, perRecord, run, sorted } from './counting-job.js'

import { entries, FIRST, failing, named, RECORDS, SECOND, staged, THIRD } from './staged-job.js'

describe('stopping', () => {
  it('commits what was processed, and the next start goes on exactly there', async () => {
    const { all, job, storage, options, clock } = staged([FIRST, SECOND, 'idle', THIRD])
    const running = run(job, storage, options)
    while (running.records < 6) await clock.turn()
    running.stop()
    expect(await running.done).toBe('stopped')
    expect(all.committed).toEqual(perRecord([...FIRST, ...SECOND]))
    const rest = run(countingJob(fromArray(RECORDS), { all }), storage, { from: 'latest' })
    // Another source with positions of its own would be wrong; the script's 2 is an index here.
    await rest.done
    const started = rest.events[0]
    expect(started).toMatchObject({ event: 'started', records: 6 })
  })

  it('while waiting for another attempt does not wait for it to begin', async () => {
    const { job, storage } = staged([FIRST], { onRecord: failing(new Error('again'), 1) })
    const clock = manualClock({ autoAdvance: 60 })
    const running = run(job, storage, { clock, restart: { delay: 3_600_000, delayMax: 3_600_000 } })
    while (!named(running.events).includes('restarting')) await clock.turn()
    await clock.turn()
    running.stop()
    expect(await running.done).toBe('stopped')
    expect(clock.now()).toBeLessThan(3_600_000)
  })

  it('before the start has ended still ends with a checkpoint', async () => {
    const { all, job, storage, options } = staged([FIRST])
    const running = run(job, storage, options)
    running.stop()
    expect(await running.done).toBe('stopped')
    expect(all.committed).toEqual([])
    expect(await run(job, storage, options).done).toBe('finished')
    expect(sorted(all.committed)).toEqual(expected(FIRST))
  })
})

describe('a job with nothing to do', () => {
  it('takes a due checkpoint while its source waits, and none when nothing has changed', async () => {
    const { all, job, storage, options, clock } = staged([FIRST, 'idle'])
    const running = run(job, storage, options)
    while (running.records < 3) await clock.turn()
    for (let n = 0; n < 20; n++) await clock.turn()
    await clock.advance(INTERVAL_MS)
    while (!named(running.events).includes('checkpoint')) await clock.turn()
    expect(all.committed).toEqual(perRecord(FIRST))
    const before = await entries(storage)
    for (let n = 0; n < 5; n++) {
      await clock.advance(INTERVAL_MS)
      for (let turns = 0; turns < 10; turns++) await clock.turn()
    }
    expect(await entries(storage)).toBe(before)
    expect(named(running.events).filter((name) => name === 'checkpoint')).toHaveLength(1)
    running.stop()
    expect(await running.done).toBe('stopped')
  })

  it('that is finished does nothing when it is started again, and its output stays', async () => {
    const { all, storage, start } = staged([RECORDS])
    expect(await start().done).toBe('finished')
    const output = sorted(all.committed)
    for (let n = 0; n < 3; n++) {
      const again = start()
      expect(await again.done).toBe('finished')
      expect(named(again.events)).toEqual(['started', 'ended'])
      expect(again.records).toBe(RECORDS.length)
    }
    expect(sorted(all.committed)).toEqual(output)
    expect(await entries(storage)).toBe(2 + 3)
  })
})
