/**
 * The checkpoint storage contract (storage/checkpoint-storage.ts) as tests: every sentence of it that can
 * be observed from outside. This file has listing, deleting and names; storage-object-cases.ts the rest.
 */
import { deepEqual, equal, ok, rejects } from 'node:assert/strict'
import { hasCode } from '../base/errors.js'
import { seededRandom } from '../base/random.js'
import type { CheckpointStorage } from '../storage/checkpoint-storage.js'
import { logPath } from '../storage/paths.js'
import { expectText, type StorageContext, same, text } from './storage-context.js'
import { storageCreateCases, storageReadCases } from './storage-object-cases.js'
import { type ConformanceCase, declareSuite, type SuiteOptions } from './suite.js'

export type { StorageContext } from './storage-context.js'

const BAD_PATHS: readonly string[] = [
  '',
  '/',
  '/etc/passwd',
  '..',
  '../outside',
  'log/../../outside',
  'log/..',
  'log/./1',
  'log//1',
  'log/',
  'log\\1',
  '..\\outside',
  'log/1\0',
  'log/\n',
  'log/.hidden',
  '.tmp-0123456789abcdef',
  `log/${'x'.repeat(256)}`,
]

const listCases: readonly ConformanceCase<StorageContext>[] = [
  {
    id: 'list-nothing',
    title: 'an empty storage and an absent prefix list nothing',
    async run({ storage }) {
      deepEqual(await storage.list(''), [])
      deepEqual(await storage.list('log/'), [])
      await storage.create('runs/1', text('x'))
      deepEqual(await storage.list('log/'), [])
      deepEqual(await storage.list('runs/deeper/'), [])
    },
  },
  {
    id: 'list-order',
    title: 'a listing is ascending by whole path, whatever punctuation sorts around the slash',
    async run({ storage }) {
      const sorted = ['a', 'b!x', 'b-1', 'b.x', 'b/a-z', 'b/a/z', 'b/b', 'b0', 'b_', 'ba', 'c']
      for (const path of sorted.toReversed()) await storage.create(path, text(path))
      deepEqual(await pathsOf(storage, ''), sorted)
      deepEqual(await pathsOf(storage, 'b/'), ['b/a-z', 'b/a/z', 'b/b'])
      deepEqual(await pathsOf(storage, 'b/a/'), ['b/a/z'])
    },
  },
  {
    id: 'list-numbers',
    title: 'log entries are listed in the order of their numbers, up to the largest safe integer',
    async run({ storage }) {
      const numbers = [0, 1, 9, 10, 99, 100, 123_456_789_012, Number.MAX_SAFE_INTEGER]
      for (const number of numbers.toReversed()) await storage.create(logPath(number), text('{}'))
      deepEqual(await pathsOf(storage, 'log/'), numbers.map(logPath))
    },
  },
  {
    id: 'list-prefix',
    title: 'a prefix selects what is below it, not what only begins alike',
    async run({ storage }) {
      for (const path of ['log/1', 'log/deep/2', 'logs/3', 'log.4', 'runs/log/5']) {
        await storage.write(path, [text(path)])
      }
      deepEqual(await pathsOf(storage, 'log/'), ['log/1', 'log/deep/2'])
      deepEqual(await pathsOf(storage, 'runs/'), ['runs/log/5'])
      equal((await storage.list('')).length, 5)
    },
  },
  {
    id: 'list-sizes',
    title: 'a listing gives the size of every object in bytes',
    async run({ storage }) {
      await storage.write('runs/b', [text('12'), text('345')])
      await storage.create('log/1', text('ü'))
      await storage.create('log/2', text(''))
      deepEqual(await storage.list(''), [
        { path: 'log/1', sizeBytes: 2 },
        { path: 'log/2', sizeBytes: 0 },
        { path: 'runs/b', sizeBytes: 5 },
      ])
    },
  },
  {
    id: 'list-own-writes',
    title: 'every object is listed as soon as it is created, while others come and go',
    async run({ storage }) {
      const coming = Array.from({ length: 20 }, async (_, i) => {
        const path = `log/${i}`
        await storage.create(path, text(path))
        ok((await pathsOf(storage, 'log/')).includes(path), `${path} is not listed`)
        if (i % 2 === 1) await storage.delete(path)
      })
      await Promise.all(coming)
      equal((await storage.list('log/')).length, 10)
    },
  },
]

const deleteCases: readonly ConformanceCase<StorageContext>[] = [
  {
    id: 'delete',
    title: 'a deleted object is gone from reads and listings, its neighbours stay',
    async run({ storage }) {
      for (const path of ['log/1', 'log/11', 'log/2']) await storage.create(path, text(path))
      await storage.delete('log/1')
      equal(await storage.read('log/1'), undefined)
      deepEqual(await pathsOf(storage, ''), ['log/11', 'log/2'])
      await expectText(storage, 'log/11', 'log/11')
    },
  },
  {
    id: 'delete-absent',
    title:
      'deleting an absent object succeeds: never there, just deleted, deleted by several at once',
    async run({ storage }) {
      await storage.delete('nowhere/1')
      await storage.create('log/1', text('x'))
      await Promise.all(Array.from({ length: 8 }, () => storage.delete('log/1')))
      await storage.delete('log/1')
      deepEqual(await storage.list(''), [])
    },
  },
  {
    id: 'delete-then-create',
    title: 'a name is free again after its deletion',
    async run({ storage }) {
      for (const body of ['first', 'second', 'third']) {
        equal(await storage.create('log/1', text(body)), 'created')
        await expectText(storage, 'log/1', body)
        await storage.delete('log/1')
        equal(await storage.read('log/1'), undefined)
      }
    },
  },
]

const nameCases: readonly ConformanceCase<StorageContext>[] = [
  {
    id: 'bad-paths',
    title: 'a path that could leave the storage or hide in it is refused by every call',
    async run({ storage }) {
      for (const path of BAD_PATHS) {
        const calls = {
          read: () => storage.read(path),
          write: () => storage.write(path, [text('x')]),
          create: () => storage.create(path, text('x')),
          delete: () => storage.delete(path),
        }
        for (const [name, call] of Object.entries(calls)) await refused(call, `${name}(${path})`)
      }
      deepEqual(await storage.list(''), [])
    },
  },
  {
    id: 'bad-prefixes',
    title: 'a prefix that is no folder of the storage is refused',
    async run({ storage }) {
      for (const prefix of ['log', '/', '/log/', '../', 'log/../', 'log//', './', 'log\\']) {
        await refused(() => storage.list(prefix), `list(${prefix})`)
      }
    },
  },
  {
    id: 'model',
    title: 'any sequence of calls answers as a map of names to bytes would',
    async run({ storage }) {
      const model = new Map<string, string>()
      const random = seededRandom(20_240_901)
      const below = (bound: number): number => Math.floor(random.next() * bound)
      for (let step = 0; step < 60; step++) {
        const path = `${['log', 'runs', 'log/old'][below(3)]}/${below(3)}x`
        const body = `${step} `.repeat(below(5))
        const taken = model.has(path)
        const action = below(4)
        if (action === 0) {
          equal(await storage.create(path, text(body)), taken ? 'exists' : 'created')
        } else if (action === 1 && !taken) {
          await storage.write(path, [text(body.slice(0, 2)), text(body.slice(2))])
        } else if (action === 2) {
          await storage.delete(path)
          model.delete(path)
        }
        if (action < 2 && !taken) model.set(path, body)
        const found = await storage.read(path)
        const known = model.get(path)
        ok(
          known === undefined ? found === undefined : found && same(found, text(known)),
          `step ${step}`,
        )
        deepEqual(await pathsOf(storage, ''), [...model.keys()].sort(), `step ${step}`)
      }
    },
  },
  {
    id: 'uri',
    title: 'the storage says where it is, with a scheme',
    run({ storage }) {
      ok(/^[a-z][a-z0-9+.-]*:/.test(storage.uri), storage.uri)
    },
  },
]

/** Every behaviour of a checkpoint storage. */
export const storageCases: readonly ConformanceCase<StorageContext>[] = [
  ...storageReadCases,
  ...storageCreateCases,
  ...listCases,
  ...deleteCases,
  ...nameCases,
]

/** Declares every case as a test of one implementation. */
export function storageSuite(options: SuiteOptions<StorageContext>): void {
  declareSuite(storageCases, options)
}

async function pathsOf(storage: CheckpointStorage, prefix: string): Promise<string[]> {
  return (await storage.list(prefix)).map((entry) => entry.path)
}

async function refused(call: () => Promise<unknown>, what: string): Promise<void> {
  await rejects(call, (error) => hasCode(error, 'INVALID_ARGUMENT'), `${what} was not refused`)
}
