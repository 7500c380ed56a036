import { describe, expect, it } from 'vitest'
import { entryOf } from '../../test/recovery/entries.js'
import { HoldfastError } from '../base/errors.js'
import type { CheckpointStorage } from '../storage/checkpoint-storage.js'
import { memoryStorage } from '../storage/memory.js'
import { logPath } from '../storage/paths.js'
import {
  type FaultPlan,
  faultyStorage,
  type StorageFault,
  type StorageOperation,
} from '../testing/faulty-storage.js'
import { manualClock } from '../testing/manual-clock.js'
import { CheckpointLog } from './log.js'
import { encodeEntry } from './manifest.js'

const ENTRY = entryOf(5, { writer: 'me', collected: 2 })
const ABORT = entryOf(5, { kind: 'abort', writer: 'me', collected: 1 })
const OTHER = entryOf(5, { kind: 'claim', writer: 'other', epoch: 2 })

const clock = () => manualClock({ autoAdvance: true })

function logOver(inner: CheckpointStorage, plan: FaultPlan = () => undefined) {
  const storage = faultyStorage(inner, plan)
  return { storage, log: new CheckpointLog(storage, clock()) }
}

async function standing(inner: CheckpointStorage): Promise<string> {
  const entry = await new CheckpointLog(inner, clock()).read(5)
  return entry === undefined ? 'nothing' : `${entry.kind} of ${entry.writer}`
}

/** Spoils the first `count` calls of a kind. */
function first(count: number, kind: StorageOperation['kind'], fault: StorageFault): FaultPlan {
  let left = count
  return (operation) => (operation.kind === kind && left-- > 0 ? fault : undefined)
}

const DENIED = new HoldfastError('STORAGE_DENIED', 'no')
const FULL = new HoldfastError('STORAGE_FULL', 'no', { retryable: true })

describe('the log', () => {
  it('numbers what is its own by name, in order, and reads it back', async () => {
    const inner = memoryStorage()
    const { log } = logOver(inner)
    for (const number of [12, 3]) await inner.create(logPath(number), encodeEntry(entryOf(number)))
    await inner.create('log/notes.txt', Buffer.from('x'))
    await inner.create('log/7.json', Buffer.from('x'))
    expect(await log.numbers()).toEqual([3, 12])
    expect(await log.read(12)).toEqual(entryOf(12))
    expect(await log.read(4)).toBe(undefined)
  })

  it('refuses an entry under the number of another', async () => {
    const inner = memoryStorage()
    await inner.create(logPath(4), encodeEntry(entryOf(3)))
    await expect(logOver(inner).log.read(4)).rejects.toMatchObject({ code: 'CORRUPT' })
  })

  it.each([
    ['fails before its effect', { type: 'before' }],
    ['fails after its effect', { type: 'after' }],
    ['is answered twice', { type: 'twice' }],
    ['has its effect late', { type: 'late', operations: 1 }],
    ['has its effect very late', { type: 'late', operations: 3 }],
  ] as const)('commits once though the create %s', async (_, fault) => {
    for (const times of [1, 2]) {
      const inner = memoryStorage()
      const { storage, log } = logOver(inner, first(times, 'create', fault))
      expect(await log.commit(ENTRY, ABORT)).toBe('committed')
      await storage.land()
      expect(await standing(inner)).toBe('checkpoint of me')
      expect(await log.read(5)).toEqual(ENTRY)
    }
  })

  it('puts an abort where a checkpoint could not be settled, which announces no new boundary', async () => {
    const inner = memoryStorage()
    const never = { type: 'late', operations: 100 } as const
    const { storage, log } = logOver(inner, first(3, 'create', never))
    expect(await log.commit(ENTRY, ABORT)).toBe('aborted')
    await storage.land()
    expect(await log.read(5)).toEqual(ABORT)
  })

  it('lets the checkpoint stand if it arrives before the abort', async () => {
    const inner = memoryStorage()
    let creates = 0
    const { log } = logOver(inner, ({ kind }) => {
      if (kind !== 'create' || ++creates > 3) return undefined
      // Seven calls later: after the look that follows the third create, just before the abort.
      return { type: 'late', operations: 5 }
    })
    expect(await log.commit(ENTRY, ABORT)).toBe('committed')
    expect(creates).toBe(4)
    expect(await standing(inner)).toBe('checkpoint of me')
  })

  it('does not know when nothing answers, and never says that nothing was written', async () => {
    for (const error of [undefined, DENIED, FULL]) {
      const inner = memoryStorage()
      let creates = 0
      const { storage, log } = logOver(inner, ({ kind }) => {
        if (kind !== 'create') return undefined
        if (creates++ === 0) return { type: 'late', operations: 100 }
        return { type: 'before', ...(error === undefined ? {} : { error }) }
      })
      await expect(log.commit(ENTRY, ABORT)).rejects.toMatchObject({
        code: 'STORAGE_FAILED',
        retryable: true,
      })
      await storage.land()
      expect(await standing(inner)).toBe('checkpoint of me')
    }
  })

  it('says so when the storage definitely refused, and nothing comes after', async () => {
    for (const error of [DENIED, FULL]) {
      const inner = memoryStorage()
      const { log } = logOver(inner, first(1, 'create', { type: 'before', error }))
      await expect(log.commit(ENTRY, ABORT)).rejects.toBe(error)
      expect(await inner.list('')).toEqual([])
    }
  })

  it.each(['list', 'read'] as const)(
    'does not call a checkpoint refused when the %s after its create is',
    async (kind) => {
      const inner = memoryStorage()
      const denied = { type: 'before', error: DENIED } as const
      const { log } = logOver(inner, (operation) => {
        if (operation.kind === 'create') return kind === 'read' ? { type: 'after' } : undefined
        return operation.kind === kind ? denied : undefined
      })
      await expect(log.commit(ENTRY, ABORT)).rejects.toMatchObject({
        code: 'STORAGE_FAILED',
        retryable: true,
      })
      expect(await standing(inner)).toBe('checkpoint of me')
    },
  )

  it('is fenced by whoever took the number, and by whoever came after it', async () => {
    const taken = memoryStorage()
    await taken.create(logPath(5), encodeEntry(OTHER))
    await expect(logOver(taken).log.commit(ENTRY, ABORT)).rejects.toMatchObject({ code: 'FENCED' })
    expect(await standing(taken)).toBe('claim of other')

    const passed = memoryStorage()
    await passed.create(logPath(6), encodeEntry(entryOf(6, { writer: 'other' })))
    await expect(logOver(passed).log.commit(ENTRY, ABORT)).rejects.toMatchObject({ code: 'FENCED' })
  })

  it('is fenced though the number was freed between its create and its look', async () => {
    const inner = memoryStorage()
    await inner.create(logPath(5), encodeEntry(OTHER))
    await inner.create(logPath(6), encodeEntry(entryOf(6, { writer: 'other' })))
    let reads = 0
    const { log } = logOver(inner, ({ kind }) => {
      if (kind === 'read' && reads++ === 0) void inner.delete(logPath(5))
      return undefined
    })
    await expect(log.commit(ENTRY, ABORT)).rejects.toMatchObject({ code: 'FENCED' })
    expect(reads).toBe(1)
  })

  it('gives up a claim without a word when another owner was first, or came right after', async () => {
    const claim = entryOf(5, { kind: 'claim', writer: 'me' })
    const taken = memoryStorage()
    await taken.create(logPath(5), encodeEntry(OTHER))
    expect(await logOver(taken).log.claim(claim)).toBe(false)

    const passed = memoryStorage()
    await passed.create(logPath(6), encodeEntry(entryOf(6, { writer: 'other' })))
    expect(await logOver(passed).log.claim(claim)).toBe(false)
    expect(await logOver(memoryStorage()).log.claim(claim)).toBe(true)
  })

  it('stops at an entry it must not judge', async () => {
    const inner = memoryStorage()
    await inner.create(logPath(5), Buffer.from('torn'))
    await expect(logOver(inner).log.commit(ENTRY, ABORT)).rejects.toMatchObject({ code: 'CORRUPT' })
  })
})
