/** Output in two phases, as a whole job sees it: told after the commit only, recommitted, never twice. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import {
  collect,
  fromArray,
  HoldfastError,
  type Json,
  jsonLines,
  memoryStorage,
  type Sink,
  type SinkWriter,
} from '../../src/index.js'
import { logNumber } from '../../src/storage/paths.js'
import { faultyStorage } from '../../src/testing/faulty-storage.js'
import {
  countingJob,
  expected,
  type Input,
  inputs,
  type Output,
  perRecord,
  run,
  scripted,
  sorted,
  withBarriers,
} from './counting-job.js'

const RECORDS = inputs(12)
const EXPECTED = expected(RECORDS)
const temporary = mkdtempSync(join(tmpdir(), 'holdfast-sinks-'))

afterAll(() => rmSync(temporary, { recursive: true, force: true }))

/** A sink with something done before each commit of its writer. */
function beforeCommit<T>(
  sink: Sink<T>,
  act: (committables: readonly Json[]) => Promise<void>,
): Sink<T> {
  return {
    name: sink.name,
    open: async (context) => {
      const writer: SinkWriter<T> = await sink.open(context)
      const commit = writer.commit.bind(writer)
      writer.commit = async (committables) => {
        await act(committables)
        await commit(committables)
      }
      return writer
    },
  }
}

describe('a sink', () => {
  it('is told to commit only what stands in the log, and only by the owner of the job', async () => {
    const storage = memoryStorage()
    const all = collect<Output>()
    let told = 0
    const watched = beforeCommit(all, async (committables) => {
      told++
      const [newest] = (await storage.list('log/')).toReversed()
      const bytes = await storage.read(newest?.path ?? '')
      const text = Buffer.from(bytes ?? []).toString()
      const { content } = JSON.parse(text.slice(0, text.lastIndexOf('\n', text.length - 2)))
      expect(content.sinks.sink).toEqual(committables)
    })
    const { source, clock } = scripted(withBarriers(RECORDS, 2))
    const job = countingJob(source, { all: watched })
    expect(await run(job, storage, { clock, onEvent: source.onEvent }).done).toBe('finished')
    expect(told).toBe(7)
    expect(sorted(all.committed)).toEqual(EXPECTED)
  })

  it('whose commit fails though the manifest stands is told again, and shows nothing twice', async () => {
    for (let at = 0; at < 7; at++) {
      for (const [attempts, retryable] of [
        [1, true],
        [0, true],
        [1, false],
      ] as const) {
        const storage = memoryStorage()
        const all = collect<Output>()
        let left = at
        const failing = beforeCommit(all, async () => {
          if (left-- === 0) throw new HoldfastError('STORAGE_FAILED', 'no', { retryable })
        })
        const { source, clock } = scripted(withBarriers(RECORDS, 2))
        const job = countingJob(source, { all: failing })
        const options = { clock, onEvent: source.onEvent }
        const first = run(job, storage, { ...options, restart: { attempts, delay: 1 } })
        const outcome = await first.done.catch((error: HoldfastError) => error.code)
        expect(outcome).toBe(attempts === 1 && retryable ? 'finished' : 'STORAGE_FAILED')
        if (outcome !== 'finished') {
          if (at < 6) expect(all.committed).toEqual(perRecord(RECORDS.slice(0, 2 * at)))
          expect(await run(job, storage, options).done).toBe('finished')
        }
        expect(sorted(all.committed)).toEqual(EXPECTED)
      }
    }
  })

  it('that a program drops loses nothing: what it had prepared is named, kept and shown when it is back', async () => {
    const storage = memoryStorage()
    const [all, raw] = [collect<Output>(), collect<Input>()]
    const failing = beforeCommit(raw, async () => {
      throw new HoldfastError('STORAGE_FAILED', 'no')
    })
    const { source, clock } = scripted(withBarriers(RECORDS, 2))
    const options = { clock, onEvent: source.onEvent }
    const first = run(countingJob(source, { all, raw: failing }), storage, options)
    await expect(first.done).rejects.toThrow('no')
    expect(raw.committed).toEqual([])
    const without = run(countingJob(source, { all }), storage, options)
    expect(await without.done).toBe('finished')
    expect(without.events[0]).toMatchObject({ event: 'started', undeclared: ['sink raw'] })
    expect(await run(countingJob(source, { all, raw }), storage, options).done).toBe('finished')
    expect(raw.committed).toEqual(RECORDS.slice(0, 2))
    expect(sorted(all.committed)).toEqual(EXPECTED)
  })

  it('shows what a failed checkpoint had prepared with the next one', async () => {
    const inner = memoryStorage()
    const all = collect<Output>()
    const full = new HoldfastError('STORAGE_FULL', 'no space', { retryable: true })
    // Checkpoint 3 is refused twice; 5 is given up, an abort takes its place.
    const failures = new Map([
      [3, 2],
      [5, 3],
    ])
    const storage = faultyStorage(inner, ({ kind, path }) => {
      const number = logNumber(path) ?? 0
      const left = failures.get(number) ?? 0
      if (kind !== 'create' || left === 0) return undefined
      failures.set(number, left - 1)
      return { type: 'before', ...(number === 3 ? { error: full } : {}) }
    })
    const { source, clock } = scripted(withBarriers(RECORDS, 2))
    const seen: number[] = []
    const running = run(countingJob(source, { all }), storage, {
      clock,
      onEvent: (event) => {
        if (event.event.startsWith('checkpoint')) seen.push(all.committed.length)
        source.onEvent(event)
      },
    })
    expect(await running.done).toBe('finished')
    const failed = running.events.flatMap((one) =>
      one.event === 'checkpoint-failed' ? one.code : [],
    )
    expect(failed).toEqual(['STORAGE_FULL', 'STORAGE_FULL', 'CHECKPOINT_FAILED'])
    expect(seen.slice(0, 6)).toEqual([2, 2, 2, 8, 10, 10])
    expect(sorted(all.committed)).toEqual(EXPECTED)
  })

  it('beside others gets all of its branch, whoever of them fails', async () => {
    for (const failing of ['all', 'raw'] as const) {
      for (let at = 0; at < 4; at++) {
        const storage = memoryStorage()
        const all = collect<Output>()
        const raw = collect<Input>()
        let left = at
        const act = async (): Promise<void> => {
          if (left-- === 0) throw new Error('no commit')
        }
        const outputs =
          failing === 'all'
            ? { all: beforeCommit(all, act), raw }
            : { all, raw: beforeCommit(raw, act) }
        const { source, clock } = scripted(withBarriers(RECORDS, 3))
        const job = countingJob(source, outputs)
        const options = { clock, onEvent: source.onEvent, restart: { delay: 1 } }
        const running = run(job, storage, options)
        expect(await running.done).toBe('finished')
        expect(running.events.some(({ event }) => event === 'restarting')).toBe(true)
        expect(sorted(all.committed)).toEqual(EXPECTED)
        expect(raw.committed).toEqual(RECORDS)
      }
    }
  })
})

describe('output of an earlier job', () => {
  it('stays where it is, however often the new job is started', async () => {
    const folder = join(temporary, 'taken')
    mkdirSync(folder)
    const name = 'part-0000000000000002-0123456789abcdef.jsonl'
    writeFileSync(join(folder, name), '{"precious":true}\n')
    const storage = memoryStorage()
    const job = countingJob(fromArray(RECORDS), { all: jsonLines<Output>(folder) })
    for (let n = 0; n < 3; n++) {
      await expect(run(job, storage).done).rejects.toMatchObject({ code: 'OUTPUT_AHEAD' })
      expect(readdirSync(folder)).toContain(name)
    }
    expect(await run(job, storage, { allowDuplicates: true }).done).toBe('finished')
    expect(await run(job, storage, { from: 'none' }).done).toBe('finished')
    expect(readdirSync(folder)).toContain(name)
  })

  it('is not mistaken for its own after a crash before the first checkpoint', async () => {
    const all = collect<Output>()
    const other = fromArray(RECORDS.slice(0, 2))
    expect(await run(countingJob(other, { all }), memoryStorage()).done).toBe('finished')
    const old = all.committed
    const storage = memoryStorage()
    const crash = {
      onRecord: () => {
        throw new Error('crash')
      },
    }
    const options = { allowDuplicates: true, restart: { attempts: 2 } }
    const dying = run(countingJob(fromArray(RECORDS), { all }, crash), storage, options)
    await expect(dying.done).rejects.toThrow('crash')
    const again = countingJob(fromArray(RECORDS), { all })
    await expect(run(again, storage).done).rejects.toMatchObject({ code: 'OUTPUT_AHEAD' })
    expect(all.committed).toEqual(old)
    expect(await run(again, storage, options).done).toBe('finished')
    expect(sorted(all.committed)).toEqual([...sorted(old), ...EXPECTED].sort())
  })
})
