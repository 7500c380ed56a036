import { describe, expect, it } from 'vitest'
import {
  abortOf,
  checkpointOf as checkpoint,
  claimOf as claim,
  History,
  JOB,
  RUN_BYTES,
  runOf,
} from '../../test/recovery/entries.js'
import { sha256 } from '../base/checksums.js'
import { HoldfastError } from '../base/errors.js'
import { seededRandom } from '../base/random.js'
import type { CheckpointStorage } from '../storage/checkpoint-storage.js'
import { memoryStorage } from '../storage/memory.js'
import { logPath } from '../storage/paths.js'
import { faultyStorage } from '../testing/faulty-storage.js'
import { manualClock } from '../testing/manual-clock.js'
import { CheckpointLog } from './log.js'
import { encodeEntry, type LogEntry } from './manifest.js'
import { type Takeover, type TakeoverOptions, takeOver } from './recovery.js'

/** A storage with these entries, and the runs they name unless they are said to be missing. */
async function storageWith(
  entries: readonly LogEntry[],
  missing: readonly number[] = [],
): Promise<CheckpointStorage> {
  const storage = memoryStorage()
  for (const entry of entries) await storage.create(logPath(entry.number), encodeEntry(entry))
  const runs = new Set(entries.flatMap((entry) => entry.content?.runs ?? []).map((run) => run.path))
  for (const number of missing) runs.delete(runOf(number).path)
  for (const path of runs) await storage.create(path, RUN_BYTES)
  return storage
}

function start(
  storage: CheckpointStorage,
  options: Partial<TakeoverOptions> = {},
): Promise<Takeover> {
  const log = new CheckpointLog(storage, manualClock({ autoAdvance: true }))
  const check = (): void => {}
  return takeOver({ job: JOB, writer: 'me', from: 'latest', storage, log, check, ...options })
}

async function damage(storage: CheckpointStorage, number: number): Promise<void> {
  const bytes = (await storage.read(logPath(number))) as Uint8Array
  await storage.delete(logPath(number))
  await storage.create(logPath(number), bytes.subarray(0, bytes.length / 2))
}

const numbersOf = (skipped: Takeover['skipped']): number[] => skipped.map(({ number }) => number)

describe('taking over', () => {
  it('claims an empty log with the beginning', async () => {
    const storage = await storageWith([])
    const { claim: mine, content, entries } = await start(storage)
    expect(mine).toMatchObject({ kind: 'claim', number: 1, epoch: 1, writer: 'me', collected: 0 })
    expect(content.checkpoint).toBe(0)
    expect(entries).toEqual([mine])
  })

  it('claims the next number with the newest content, the epoch raised, the boundary kept', async () => {
    const newest = checkpoint(4, { epoch: 3, collected: 2 })
    const storage = await storageWith([checkpoint(3), newest])
    const taken = await start(storage)
    expect(taken.claim).toEqual({ ...newest, kind: 'claim', number: 5, epoch: 4, writer: 'me' })
    expect([...taken.runs.keys()]).toEqual([runOf(4).path])
    expect(taken.entries.map(({ number }) => number)).toEqual([3, 4, 5])
  })

  it('reads nothing at or below the collection boundary, whatever is there', async () => {
    const storage = await storageWith([checkpoint(4, { collected: 3 })])
    await storage.create(logPath(3), Buffer.from('damaged'))
    await storage.create(logPath(2), encodeEntry(checkpoint(2, { job: 'another' })))
    const taken = await start(storage)
    expect(taken.skipped).toEqual([])
    expect(taken.content.checkpoint).toBe(4)
    await expect(start(storage, { from: 2 })).rejects.toMatchObject({
      code: 'CHECKPOINT_NOT_FOUND',
    })
  })

  it('goes on from the winner when another owner takes the number first', async () => {
    const inner = await storageWith([checkpoint(1)])
    let raced = false
    const storage = faultyStorage(inner, ({ kind }) => {
      if (kind === 'create' && !raced) {
        raced = true
        void inner.create(logPath(2), encodeEntry(checkpoint(2)))
        void inner.create(runOf(2).path, RUN_BYTES)
      }
      return undefined
    })
    const taken = await start(storage)
    expect(taken.claim.number).toBe(3)
    expect(taken.content.checkpoint).toBe(2)
  })

  it('gives up when others keep taking over', async () => {
    const inner = await storageWith([])
    const storage = faultyStorage(inner, ({ kind, path }) => {
      if (kind === 'create') {
        const number = Number(/(\d+)\.json$/.exec(path)?.[1])
        void inner.create(path, encodeEntry(claim(number, 0)))
      }
      return undefined
    })
    await expect(start(storage)).rejects.toMatchObject({ code: 'FENCED', retryable: false })
  })

  it('asks whether the content fits before anything is written', async () => {
    const storage = await storageWith([checkpoint(1)])
    const no = new HoldfastError('INCOMPATIBLE_STATE', 'no')
    const check = (): void => {
      throw no
    }
    await expect(start(storage, { check })).rejects.toBe(no)
    expect(await storage.list('log/')).toHaveLength(1)
  })

  it('stops at anything that is no damage: another job, a newer format, a storage that fails', async () => {
    const other = await storageWith([checkpoint(1, { job: 'another' })])
    await expect(start(other)).rejects.toMatchObject({ code: 'WRONG_JOB' })
    const hash = await storageWith([checkpoint(1, { keyHash: 'another' })])
    await expect(start(hash)).rejects.toMatchObject({ code: 'INCOMPATIBLE_STATE' })

    const body = Buffer.from('{"format":2,"kind":"something new"}\n')
    const newer = await storageWith([checkpoint(1)])
    await newer.create(logPath(2), Buffer.concat([body, Buffer.from(`${sha256([body])}\n`)]))
    await expect(start(newer)).rejects.toMatchObject({ code: 'NEWER_FORMAT' })

    for (const path of [logPath(2), runOf(2).path]) {
      const error = new HoldfastError('STORAGE_DENIED', 'no')
      const inner = await storageWith([checkpoint(1), checkpoint(2)])
      const denied = faultyStorage(inner, (operation) =>
        operation.kind === 'read' && operation.path === path
          ? { type: 'before', error }
          : undefined,
      )
      await expect(start(denied)).rejects.toBe(error)
    }
  })
})

describe('another attempt of the same process', () => {
  const log = [claim(1, 0), checkpoint(2), claim(3, 2), checkpoint(4, { writer: 'owner 3' })]
  const former = { writers: ['first', 'owner 3'], newest: 4 }

  it('goes on from what the ones before have left, known or not', async () => {
    for (const newest of [4, 3, 2]) {
      const taken = await start(await storageWith(log), { former: { ...former, newest } })
      expect(taken.claim.number).toBe(5)
    }
  })

  it('does not take the job back from an owner that came after them', async () => {
    const taken = await storageWith([...log, claim(5, 4)])
    await expect(start(taken, { former })).rejects.toMatchObject({
      code: 'FENCED',
      retryable: false,
    })
    expect(await taken.list('log/')).toHaveLength(5)
    const collected = await storageWith([checkpoint(9, { writer: 'other', collected: 8 })])
    await expect(start(collected, { former })).rejects.toMatchObject({ code: 'FENCED' })
  })

  it('takes its own damaged entry for no other owner', async () => {
    const storage = await storageWith(log)
    await damage(storage, 4)
    await damage(storage, 3)
    const { claim: mine } = await start(storage, { former: { writers: ['owner 3'], newest: 4 } })
    expect(mine.number).toBe(5)
  })
})

describe('going back', () => {
  it('passes over proven damage only, names it, and says so with a second claim', async () => {
    for (const kind of ['entry', 'run missing', 'run cut', 'run changed'] as const) {
      const log = [claim(1, 0), checkpoint(2), checkpoint(3)]
      const storage = await storageWith(log, kind.startsWith('run') ? [3] : [])
      if (kind === 'entry') await damage(storage, 3)
      if (kind === 'run cut') await storage.create(runOf(3).path, RUN_BYTES.subarray(1))
      if (kind === 'run changed') {
        const changed = Buffer.from(RUN_BYTES)
        changed[5] = (changed[5] as number) ^ 1
        await storage.create(runOf(3).path, changed)
      }
      const taken = await start(storage)
      expect(taken.content.checkpoint).toBe(2)
      expect(numbersOf(taken.skipped)).toEqual([3])
      expect(taken.claim.number).toBe(kind === 'entry' ? 4 : 5)
      expect(taken.claim.content?.checkpoint).toBe(2)
    }
  })

  it('goes to the beginning if nothing else is left, but not if the beginning is collected', async () => {
    const lost = await storageWith([claim(1, 0), checkpoint(2)], [2])
    const taken = await start(lost)
    expect(taken.content.checkpoint).toBe(0)
    expect(numbersOf(taken.skipped)).toEqual([2])

    const collected = await storageWith([checkpoint(7), checkpoint(8, { collected: 6 })], [7, 8])
    const failure: unknown = await start(collected).catch((error: unknown) => error)
    expect(failure).toMatchObject({ code: 'CORRUPT', retryable: false })
    expect((failure as Error).message).toMatch(/8: .*7: .*--from none/s)
    expect((await start(collected, { from: 'none' })).content.checkpoint).toBe(0)
  })

  it('says which checkpoints there are if the one asked for is not', async () => {
    const storage = await storageWith([checkpoint(2), abortOf(3), checkpoint(4)])
    await expect(start(storage, { from: 3 })).rejects.toMatchObject({
      code: 'CHECKPOINT_NOT_FOUND',
      message: expect.stringContaining('retained: 4, 2'),
    })
    expect((await start(storage, { from: 2 })).content.checkpoint).toBe(2)
    // Two claims: the first fences, the second goes back.
    expect(await storage.list('log/')).toHaveLength(5)
  })

  it('stays gone back: the next start does not return to what was left behind', async () => {
    const storage = await storageWith([checkpoint(2), checkpoint(3), checkpoint(4)])
    await start(storage, { from: 2 })
    expect((await start(storage)).content.checkpoint).toBe(2)
    await expect(start(storage, { from: 4 })).rejects.toMatchObject({
      code: 'CHECKPOINT_NOT_FOUND',
    })
  })

  it('loses nothing if the checkpoint asked for turns out to be damaged, or not to fit', async () => {
    const no = new HoldfastError('INCOMPATIBLE_STATE', 'no')
    for (const refuse of [false, true]) {
      const storage = await storageWith([checkpoint(2), checkpoint(3)], refuse ? [] : [2])
      const check = (content: { checkpoint: number }): void => {
        if (refuse && content.checkpoint === 2) throw no
      }
      const code = refuse ? 'INCOMPATIBLE_STATE' : 'CORRUPT'
      await expect(start(storage, { from: 2, check })).rejects.toMatchObject({ code })
      expect((await start(storage)).content.checkpoint).toBe(3)
    }
  })

  it('does not ask whether newer checkpoints fit that it was told to leave behind', async () => {
    const storage = await storageWith([checkpoint(2), checkpoint(3)])
    const check = ({ checkpoint: number }: { checkpoint: number }): void => {
      if (number === 3) throw new HoldfastError('INCOMPATIBLE_STATE', 'no')
    }
    expect((await start(storage, { from: 2, check })).content.checkpoint).toBe(2)
    expect(
      (await start(await storageWith([checkpoint(3)]), { from: 'none', check })).content,
    ).toMatchObject({ checkpoint: 0 })
  })
})

const SEEDS = Array.from({ length: process.env.HOLDFAST_FULL ? 2000 : 150 }, (_, i) => i + 1)

describe('the history of a log', () => {
  it('is what its owners made of it, through aborts and owners that went back', async () => {
    for (const seed of SEEDS) {
      const random = seededRandom(seed)
      const history = new History()
      for (let n = Math.floor(random.next() * 14); n > 0; n--) history.grow(random)
      const storage = await storageWith(history.entries)
      const seen: number[] = []
      // Whoever finds nothing whole names everything it could have gone on from.
      const blind = faultyStorage(storage, ({ kind, path }) => {
        if (kind === 'read' && path.startsWith('runs/')) void storage.delete(path)
        return undefined
      })
      const taken = await start(blind)
      seen.push(...numbersOf(taken.skipped), taken.content.checkpoint)
      expect(seen, `seed ${seed}`).toEqual(history.lineage)
    }
  })

  it('keeps what is below a damaged entry, unless that entry was a claim that went back', async () => {
    for (const seed of SEEDS) {
      const random = seededRandom(seed)
      const history = new History()
      for (let n = 1 + Math.floor(random.next() * 14); n > 0; n--) history.grow(random)
      const { entries, lineage } = history
      const hit = Math.floor(random.next() * entries.length)
      const lost = entries[hit] as LogEntry
      const before = entries[hit - 1]?.content?.checkpoint
      const wentBack = lost.kind === 'claim' && before !== lost.content?.checkpoint
      if (wentBack) continue
      const storage = await storageWith(entries)
      await damage(storage, lost.number)
      const expected = lineage.filter((one) =>
        entries.some((entry) => entry !== lost && entry.content?.checkpoint === one),
      )
      const taken = await start(storage)
      expect(taken.content.checkpoint, `seed ${seed}`).toBe(expected[0])
      expect(numbersOf(taken.skipped), `seed ${seed}`).toEqual([lost.number])
    }
  })
})
