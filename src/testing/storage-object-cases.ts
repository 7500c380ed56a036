/** The checkpoint storage contract, first part: reading, writing and creating objects. */
import { deepEqual, equal, ok } from 'node:assert/strict'
import type { CheckpointStorage } from '../storage/checkpoint-storage.js'
import {
  expectBytes,
  expectText,
  noise,
  type StorageContext,
  same,
  text,
} from './storage-context.js'
import type { ConformanceCase } from './suite.js'

const RACERS = 16

/** Bytes go in and come out. */
export const storageReadCases: readonly ConformanceCase<StorageContext>[] = [
  {
    id: 'read-after-write',
    title: 'what write stored is read back, chunk after chunk',
    async run({ storage }) {
      await storage.write('runs/a.run', [text('one '), text(''), text('two '), text('three')])
      await expectText(storage, 'runs/a.run', 'one two three')
    },
  },
  {
    id: 'read-after-create',
    title: 'what create stored is read back, at top level too',
    async run({ storage }) {
      equal(await storage.create('marker', text('here')), 'created')
      await expectText(storage, 'marker', 'here')
    },
  },
  {
    id: 'read-absent',
    title:
      'an absent object reads as undefined, with and without a range, in a folder that exists or not',
    async run({ storage }) {
      await storage.create('log/1', text('x'))
      for (const path of ['absent', 'log/2', 'nowhere/at/all']) {
        equal(await storage.read(path), undefined)
        equal(await storage.read(path, { offset: 0, length: 1 }), undefined)
      }
    },
  },
  {
    id: 'read-range',
    title: 'a range reads exactly its bytes, fewer where the object ends, none beyond',
    async run({ storage }) {
      const body = noise(1000)
      await storage.write('runs/a.run', [body.subarray(0, 300), body.subarray(300)])
      for (const offset of [0, 1, 299, 300, 500, 999, 1000, 1001, 2 ** 32 + 7]) {
        for (const length of [0, 1, 2, 500, 1000, 2 ** 32 + 7]) {
          const part = body.subarray(Math.min(offset, 1000), Math.min(offset + length, 1000))
          await expectBytes({ storage, path: 'runs/a.run', range: { offset, length } }, part)
        }
      }
    },
  },
  {
    id: 'empty-objects',
    title: 'an empty object is an object: no chunks, empty chunks and an empty body',
    async run({ storage }) {
      await storage.write('runs/none', [])
      await storage.write('runs/hollow', [text(''), text('')])
      equal(await storage.create('log/empty', text('')), 'created')
      equal(await storage.create('log/empty', text('late')), 'exists')
      for (const path of ['runs/none', 'runs/hollow', 'log/empty']) {
        await expectText(storage, path, '')
        await expectBytes({ storage, path, range: { offset: 0, length: 10 } }, new Uint8Array(0))
      }
      deepEqual(
        (await storage.list('')).map((entry) => entry.sizeBytes),
        [0, 0, 0],
      )
    },
  },
  {
    id: 'large-objects',
    title: '5 MB in a thousand uneven chunks come back whole, and in parts',
    async run({ storage }) {
      const body = noise(5_000_000)
      const chunks: Uint8Array[] = []
      for (let at = 0; at < body.length; at += chunks.length * 10) {
        chunks.push(body.subarray(at, at + (chunks.length + 1) * 10))
      }
      await storage.write('runs/large.run', chunks)
      await expectBytes({ storage, path: 'runs/large.run' }, body)
      const range = { offset: 1_234_567, length: 2_345_678 }
      await expectBytes(
        { storage, path: 'runs/large.run', range },
        body.subarray(1_234_567, 3_580_245),
      )
    },
  },
  {
    id: 'own-copies-in',
    title: 'changing an array after it was stored does not change the object',
    async run({ storage }) {
      const first = text('first')
      const second = text('second')
      const body = text('body')
      await storage.write('runs/a.run', [first, second])
      await storage.create('log/1', body)
      for (const array of [first, second, body]) array.fill(0x21)
      await expectText(storage, 'runs/a.run', 'firstsecond')
      await expectText(storage, 'log/1', 'body')
    },
  },
  {
    id: 'own-copies-out',
    title: 'changing an array that was read does not change the object',
    async run({ storage }) {
      await storage.create('log/1', text('body'))
      const whole = await storage.read('log/1')
      const part = await storage.read('log/1', { offset: 1, length: 2 })
      whole?.fill(0x21)
      part?.fill(0x21)
      await expectText(storage, 'log/1', 'body')
    },
  },
  {
    id: 'views-in',
    title: 'chunks that are views of larger buffers store the view only',
    async run({ storage }) {
      const buffer = text('..inside..')
      await storage.write('runs/a.run', [buffer.subarray(2, 4), buffer.subarray(4, 8)])
      equal(await storage.create('log/1', buffer.subarray(2, 8)), 'created')
      await expectText(storage, 'runs/a.run', 'inside')
      await expectText(storage, 'log/1', 'inside')
    },
  },
]

/** Names are taken once, objects appear whole. */
export const storageCreateCases: readonly ConformanceCase<StorageContext>[] = [
  {
    id: 'create-taken',
    title: 'a second create answers exists and changes nothing, as often as it is tried',
    async run({ storage }) {
      equal(await storage.create('log/1', text('first')), 'created')
      for (const body of ['second, longer than the first', '', 'first']) {
        equal(await storage.create('log/1', text(body)), 'exists')
        await expectText(storage, 'log/1', 'first')
      }
    },
  },
  {
    id: 'create-over-write',
    title: 'create answers exists for a name that write took',
    async run({ storage }) {
      await storage.write('runs/a.run', [text('written')])
      equal(await storage.create('runs/a.run', text('created')), 'exists')
      await expectText(storage, 'runs/a.run', 'written')
    },
  },
  {
    id: 'write-over-create',
    title: 'nothing is ever overwritten: a write to a taken name leaves the object as it was',
    async run({ storage }) {
      await storage.create('log/1', text('kept'))
      await Promise.allSettled([storage.write('log/1', [text('thrown away')])])
      await expectText(storage, 'log/1', 'kept')
    },
  },
  {
    id: 'create-race',
    title: 'of 16 concurrent creates exactly one succeeds, and its bytes stand',
    run: ({ storage }) => race([storage]),
  },
  {
    id: 'create-race-shared',
    title:
      'of 16 concurrent creates through two openings exactly one succeeds, and its bytes stand',
    run: async ({ storage, reopen }) => race([storage, await reopen()]),
  },
  {
    id: 'create-many',
    title: 'concurrent creates of different names in new folders all succeed',
    async run({ storage }) {
      const paths = Array.from({ length: 24 }, (_, i) => `new/${i % 3}/${i}`)
      const answers = await Promise.all(paths.map((path) => storage.create(path, text(path))))
      deepEqual(new Set(answers), new Set(['created']))
      for (const path of paths) await expectText(storage, path, path)
    },
  },
  {
    id: 'write-whole',
    title: 'during a write readers and listings see all of the object or nothing',
    async run({ storage }) {
      const body = noise(2_000_000)
      let done = false
      const writing = storage.write('runs/a.run', chunksOf(body, 50_000)).finally(() => {
        done = true
      })
      while (!done) {
        const [seen, listed] = await Promise.all([
          storage.read('runs/a.run'),
          storage.list('runs/'),
        ])
        ok(seen === undefined || same(seen, body), 'a reader saw part of an object')
        ok(listed.every((entry) => entry.path === 'runs/a.run' && entry.sizeBytes === body.length))
      }
      await writing
      await expectBytes({ storage, path: 'runs/a.run' }, body)
    },
  },
  {
    id: 'reopened',
    title: 'another opening of the place sees the same objects, and meets the same taken names',
    async run({ storage, reopen }) {
      await storage.write('runs/a.run', [text('run')])
      await storage.create('log/1', text('entry'))
      const other = await reopen()
      await expectText(other, 'runs/a.run', 'run')
      deepEqual(await other.list(''), await storage.list(''))
      equal(await other.create('log/1', text('other')), 'exists')
      equal(await other.create('log/2', text('next')), 'created')
      await expectText(storage, 'log/2', 'next')
    },
  },
]

function chunksOf(bytes: Uint8Array, size: number): Uint8Array[] {
  const chunks: Uint8Array[] = []
  for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size))
  return chunks
}

/** Bodies differ in content and length, so that a mixture of two would be seen. */
async function race(storages: readonly CheckpointStorage[]): Promise<void> {
  for (const path of ['log/1', 'log/2', 'marker']) {
    const bodies = Array.from({ length: RACERS }, (_, i) => `racer ${i} `.repeat(i + 1))
    const answers = await Promise.all(
      bodies.map((body, i) => storages[i % storages.length]?.create(path, text(body))),
    )
    const winners = bodies.filter((_, i) => answers[i] === 'created')
    equal(winners.length, 1, `${winners.length} racers created ${path}`)
    equal(answers.filter((answer) => answer === 'exists').length, RACERS - 1)
    for (const storage of storages) await expectText(storage, path, winners[0] ?? '')
  }
}
