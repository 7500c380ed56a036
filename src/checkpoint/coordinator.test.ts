import { describe, expect, it } from 'vitest'
import { contentOf, entryOf, JOB } from '../../test/recovery/entries.js'
import {
  autoClock,
  Book,
  FILE_BYTES,
  Ledger,
  type LedgerOptions,
  noise,
} from '../../test/recovery/ledger.js'
import { seededRandom } from '../base/random.js'
import { inlineRunBuilder, type RunBuilder } from '../run/run-builder.js'
import type { CheckpointStorage } from '../storage/checkpoint-storage.js'
import { memoryStorage } from '../storage/memory.js'
import { LOG_PREFIX, logPath, RUNS_PREFIX } from '../storage/paths.js'
import { faultyStorage } from '../testing/faulty-storage.js'
import { type CheckpointInput, Coordinator, type CoordinatorOptions } from './coordinator.js'
import { CheckpointLog } from './log.js'
import { encodeEntry } from './manifest.js'

const random = seededRandom(3)

function opener(storage: CheckpointStorage, book = new Book()) {
  return (options: Partial<LedgerOptions> = {}) =>
    Ledger.open({ storage, book, random, ...options })
}

function bare(storage: CheckpointStorage, options: Partial<CoordinatorOptions> = {}) {
  const working = { job: JOB, storage, builder: inlineRunBuilder(), clock: autoClock(), random }
  const check = (): void => {}
  return Coordinator.open({ ...working, retained: 1, from: 'latest', check, ...options })
}

/** A barrier at which nothing has changed. */
const NOTHING: CheckpointInput = {
  takenAtMs: 0,
  finished: false,
  sources: new Map(),
  watermarks: new Map(),
  sinks: new Map(),
  operators: new Map(),
  fill: async () => {},
}

const files = async (storage: CheckpointStorage) => (await storage.list(RUNS_PREFIX)).length

describe('a coordinator', () => {
  it('keeps a small delta in the manifest, and merges the kept ones into the next file', async () => {
    const storage = memoryStorage()
    const open = opener(storage)
    const ledger = await open()
    for (let n = 0; n < 3; n++) {
      ledger.set(`small ${n}`, 'value')
      await ledger.commit()
    }
    expect(await files(storage)).toBe(0)
    ledger.set('large', noise(random, FILE_BYTES))
    ledger.set('small 0', undefined)
    await ledger.commit()
    expect(await files(storage)).toBe(1)
    const entry = await new CheckpointLog(storage, autoClock()).read(5)
    expect(entry?.content?.runs).toHaveLength(1)
    expect((await open()).entries).toEqual(ledger.entries)
  })

  it('writes no run when nothing has changed, and goes on with the runs it has', async () => {
    const storage = memoryStorage()
    const book = new Book()
    const ledger = await opener(storage, book)()
    ledger.set('key', 'value')
    expect(await ledger.commit()).toMatchObject({ number: 2, rows: 1 })
    expect(await ledger.commit()).toEqual({ number: 3, rows: 0, sizeBytes: 0 })
    expect((await opener(storage, book)()).entries).toEqual(new Map([['key', 'value']]))
  })

  it('lets go of the runs it restored from when it is told to, and goes on from them all the same', async () => {
    const storage = memoryStorage()
    const open = opener(storage)
    const first = await open()
    first.set('large', noise(random, FILE_BYTES))
    await first.commit()
    const second = await open()
    expect(second.coordinator.runs.size).toBe(1)
    second.coordinator.release()
    expect(second.coordinator.runs.size).toBe(0)
    second.set('small', 'value')
    await second.commit()
    expect((await open()).entries).toEqual(second.entries)
  })

  it('gives a build up whose rows do not come, and can go on', async () => {
    let cancelled = 0
    const inner = inlineRunBuilder()
    const builder: RunBuilder = {
      begin: () => {
        const build = inner.begin()
        return { ...build, cancel: () => void cancelled++ }
      },
      [Symbol.asyncDispose]: async () => {},
    }
    const coordinator = await bare(memoryStorage(), { builder })
    const fill = (): Promise<void> => Promise.reject(new Error('no rows'))
    await expect(coordinator.commit({ ...NOTHING, fill })).rejects.toThrow('no rows')
    expect(cancelled).toBe(1)
    expect(await coordinator.commit(NOTHING)).toMatchObject({ number: 2 })
  })

  it('deletes no more than it announced, and what it could not delete the next time', async () => {
    const inner = memoryStorage()
    let broken = true
    const storage = faultyStorage(inner, ({ kind }) =>
      broken && kind === 'delete' ? { type: 'before' } : undefined,
    )
    const ledger = await opener(storage)({ retained: 1 })
    for (let n = 0; n < 3; n++) {
      ledger.set('key', noise(random, FILE_BYTES))
      await ledger.commit()
      const collecting = ledger.coordinator.collect()
      // The first checkpoint makes nothing superfluous yet.
      if (n === 0) expect(await collecting).toBe(undefined)
      else await expect(collecting).rejects.toMatchObject({ code: 'STORAGE_FAILED' })
    }
    expect(await inner.list(LOG_PREFIX)).toHaveLength(4)
    broken = false
    await ledger.coordinator.collect()
    expect((await inner.list(LOG_PREFIX)).map(({ path }) => path)).toEqual([logPath(4)])
  })

  it('deletes the run of a checkpoint that failed', async () => {
    const inner = memoryStorage()
    let refuse = true
    const storage = faultyStorage(inner, ({ kind, index }) =>
      kind === 'write' && refuse
        ? { type: index % 2 ? 'after' : 'torn', visibleBytes: 9 }
        : undefined,
    )
    const ledger = await opener(storage)()
    ledger.set('key', noise(random, FILE_BYTES))
    for (let n = 0; n < 2; n++) await expect(ledger.commit()).rejects.toThrow('injected')
    refuse = false
    await ledger.commit()
    expect(await files(inner)).toBe(3)
    await ledger.coordinator.collect()
    expect(await files(inner)).toBe(1)
  })
})

describe('a job', () => {
  it('is new as long as no checkpoint of it was ever committed, however often it was started', async () => {
    const storage = memoryStorage()
    for (let n = 0; n < 3; n++) expect((await bare(storage)).isNew).toBe(true)
    let refusals = 0
    const faulty = faultyStorage(storage, ({ kind, path }) =>
      kind === 'create' && path === logPath(5) && refusals++ < 3 ? { type: 'before' } : undefined,
    )
    expect(await (await bare(faulty)).commit(NOTHING)).toBe(undefined)
    const started = await bare(storage)
    expect(started.isNew).toBe(true)
    await started.commit(NOTHING)
    expect((await bare(storage)).isNew).toBe(false)
    expect((await bare(storage, { from: 'none' })).isNew).toBe(false)
  })

  it('is not new if its first checkpoint is damaged, or its beginning was collected', async () => {
    const damaged = memoryStorage()
    await damaged.create(
      logPath(1),
      encodeEntry(entryOf(1, { kind: 'claim', content: contentOf(0) })),
    )
    await damaged.create(logPath(2), Buffer.from('torn'))
    const restarted = await bare(damaged)
    expect([restarted.restored.checkpoint, restarted.isNew]).toEqual([0, false])

    const collected = memoryStorage()
    await collected.create(logPath(8), encodeEntry(entryOf(8, { collected: 7 })))
    expect((await bare(collected, { from: 'none' })).isNew).toBe(false)
  })
})
