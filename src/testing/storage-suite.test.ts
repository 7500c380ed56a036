import { AssertionError } from 'node:assert/strict'
import { describe, expect, it } from 'vitest'
import type { CheckpointStorage } from '../storage/checkpoint-storage.js'
import { memoryStorage } from '../storage/memory.js'
import { faultyStorage } from './faulty-storage.js'
import { storageCases, storageSuite } from './storage-suite.js'

storageSuite({
  runner: { describe, it },
  name: 'checkpoint storage: faulty storage without faults',
  open: async () => {
    const storage = faultyStorage(memoryStorage(), () => undefined)
    return { storage, reopen: async () => storage }
  },
})

type Broken = (storage: CheckpointStorage) => Partial<CheckpointStorage>

/** Runs one case on a broken storage; with `shared` false, two openings have nothing in common. */
async function runCase(id: string, broken: Broken, shared = true): Promise<void> {
  const inner = memoryStorage()
  const storage: CheckpointStorage = {
    uri: inner.uri,
    read: (path, range) => inner.read(path, range),
    write: (path, chunks) => inner.write(path, chunks),
    create: (path, body) => inner.create(path, body),
    list: (prefix) => inner.list(prefix),
    delete: (path) => inner.delete(path),
    [Symbol.asyncDispose]: async () => undefined,
    ...broken(inner),
  }
  const found = storageCases.find((one) => one.id === id)
  if (found === undefined) throw new TypeError(`no case is called ${id}`)
  await found.run({ storage, reopen: async () => (shared ? storage : memoryStorage()) })
}

const noBytes = new Uint8Array(0)

/** A storage that looks, then acts a turn later: not atomic. */
function slow(inner: CheckpointStorage): Partial<CheckpointStorage> {
  return {
    create: async (path, body) => {
      if ((await inner.read(path)) !== undefined) return 'exists'
      await new Promise((resolve) => setImmediate(resolve))
      await inner.delete(path)
      return inner.create(path, body)
    },
  }
}

/** One that shows what it writes while it writes it. */
function gradual(inner: CheckpointStorage): Partial<CheckpointStorage> {
  return {
    write: async (path, chunks) => {
      for (let count = 1; count <= chunks.length; count++) {
        await inner.delete(path)
        await inner.write(path, chunks.slice(0, count))
        await new Promise((resolve) => setImmediate(resolve))
      }
    },
  }
}

/** One that keeps the caller's own arrays. */
function aliasing(): Partial<CheckpointStorage> {
  const kept = new Map<string, Uint8Array>()
  return {
    read: async (path) => kept.get(path),
    create: async (path, body) => {
      kept.set(path, body)
      return 'created'
    },
  }
}

/** Ways to break the contract: what is wrong, the case that must notice, the storage. */
const MUTANTS: readonly (readonly [wrong: string, caughtBy: string, broken: Broken])[] = [
  [
    'create overwrites',
    'create-taken',
    (inner) => ({
      create: async (path, body) => {
        await inner.delete(path)
        return inner.create(path, body)
      },
    }),
  ],
  [
    'write overwrites',
    'write-over-create',
    (inner) => ({
      write: async (path, chunks) => {
        await inner.delete(path)
        await inner.write(path, chunks)
      },
    }),
  ],
  ['create is not atomic', 'create-race', slow],
  ['write shows parts', 'write-whole', gradual],
  ['arrays are shared with the writer', 'own-copies-in', aliasing],
  ['arrays are shared with the reader', 'own-copies-out', aliasing],
  [
    'whole buffers are stored for views',
    'views-in',
    (inner) => ({ create: (path, body) => inner.create(path, new Uint8Array(body.buffer)) }),
  ],
  [
    'only the first chunk is written',
    'read-after-write',
    (inner) => ({
      write: (path, chunks) => inner.write(path, chunks.slice(0, 1)),
    }),
  ],
  [
    'absent reads as empty',
    'read-absent',
    (inner) => ({
      read: async (path, range) => (await inner.read(path, range)) ?? noBytes,
    }),
  ],
  [
    'empty reads as absent',
    'empty-objects',
    (inner) => ({
      read: async (path, range) => {
        const bytes = await inner.read(path, range)
        return bytes?.length === 0 ? undefined : bytes
      },
    }),
  ],
  ['ranges are ignored', 'read-range', (inner) => ({ read: (path) => inner.read(path) })],
  [
    'offsets wrap at 32 bits',
    'read-range',
    (inner) => ({
      read: (path, range) =>
        inner.read(path, range && { ...range, offset: range.offset % 2 ** 32 }),
    }),
  ],
  [
    'listings are in order of creation',
    'list-order',
    (inner) => ({
      list: async (prefix) => (await inner.list(prefix)).toReversed(),
    }),
  ],
  [
    'listings are in order of folders',
    'list-order',
    (inner) => ({
      list: async (prefix) =>
        (await inner.list(prefix)).toSorted((a, b) =>
          a.path.split('/') < b.path.split('/') ? -1 : 1,
        ),
    }),
  ],
  [
    'listings are in order of a locale',
    'list-order',
    (inner) => ({
      list: async (prefix) =>
        (await inner.list(prefix)).toSorted((a, b) => a.path.localeCompare(b.path)),
    }),
  ],
  [
    'prefixes ignore their slash',
    'list-prefix',
    (inner) => ({
      list: async (prefix) =>
        (await inner.list('')).filter((entry) => entry.path.startsWith(prefix.replace(/\/$/, ''))),
    }),
  ],
  [
    'listings do not descend',
    'list-prefix',
    (inner) => ({
      list: async (prefix) =>
        (await inner.list(prefix)).filter(
          (entry) => !entry.path.slice(prefix.length).includes('/'),
        ),
    }),
  ],
  [
    'sizes count characters',
    'list-sizes',
    (inner) => ({
      list: async (prefix) => {
        const entries = await inner.list(prefix)
        const read = entries.map(async ({ path }) => {
          const bytes = (await inner.read(path)) ?? noBytes
          return { path, sizeBytes: Buffer.from(bytes).toString().length }
        })
        return Promise.all(read)
      },
    }),
  ],
  [
    'listings lag behind',
    'list-own-writes',
    (inner) => {
      let last = inner.list('')
      return {
        list: () => {
          const stale = last
          last = inner.list('')
          return stale
        },
      }
    },
  ],
  [
    'deleting nothing fails',
    'delete-absent',
    (inner) => ({
      delete: async (path) => {
        if ((await inner.read(path)) === undefined)
          throw new AssertionError({ message: 'no such object' })
        await inner.delete(path)
      },
    }),
  ],
  ['deleting does nothing', 'delete', () => ({ delete: async () => undefined })],
  [
    'deleting takes what begins alike',
    'delete',
    (inner) => ({
      delete: async (path) => {
        for (const entry of await inner.list('')) {
          if (entry.path.startsWith(path)) await inner.delete(entry.path)
        }
      },
    }),
  ],
  [
    'a deleted name stays taken',
    'delete-then-create',
    (inner) => {
      const used = new Set<string>()
      return {
        create: async (path, body) => {
          if (used.has(path)) return 'exists'
          used.add(path)
          return inner.create(path, body)
        },
      }
    },
  ],
  [
    'paths are not checked',
    'bad-paths',
    (inner) => ({
      delete: async (path) => {
        if (!path.includes('..')) await inner.delete(path)
      },
    }),
  ],
  ['prefixes are not checked', 'bad-prefixes', () => ({ list: async () => [] })],
]

describe('storageCases', () => {
  it('has cases with unique, kebab-case ids', () => {
    const ids = storageCases.map((one) => one.id)
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids.filter((id) => !/^[a-z]+(-[a-z]+)*$/.test(id))).toEqual([])
  })

  it.each(MUTANTS)('notices that %s (%s)', async (_wrong, caughtBy, broken) => {
    await expect(runCase(caughtBy, broken)).rejects.toThrow(AssertionError)
  })

  it.each(['create-race-shared', 'reopened'])(
    'notices that two openings share nothing (%s)',
    async (id) => {
      await expect(runCase(id, () => ({}), false)).rejects.toThrow(AssertionError)
    },
  )
})
