/** Programs that change what they say of their state between two starts. */
import { describe, expect, it } from 'vitest'
import { memoryBackend } from '../../src/backend/memory/memory-backend.js'
import { seededRandom } from '../../src/base/random.js'
import {
  type CheckpointStorage,
  HoldfastError,
  memoryStorage,
  messagePack,
} from '../../src/index.js'
import { inlineRunBuilder } from '../../src/run/run-builder.js'
import { type MigrateOptions, migrateJob } from '../../src/runtime/migrate-job.js'
import { adapted, evolving, migrated } from '../../src/testing/evolving-serializers.js'
import { manualClock } from '../../src/testing/manual-clock.js'
import { noise } from './ledger.js'
import { goOn, type Note, newestContent, program, type Version } from './versions.js'

const MIGRATES = { a: migrated, b: migrated }
const [A, B, C] = [evolving('a'), evolving('b', MIGRATES), evolving('c', MIGRATES)]
const all = (serializer: typeof A): Version => ({
  states: { value: serializer, list: serializer, map: serializer },
})

const look = (...keys: readonly Note['key'][]): Note[] => keys.map((key) => ({ key }))
const FIRST: readonly Note[] = [
  { key: 'x', put: '1' },
  { key: 'y', put: '1' },
]
const SECOND: readonly Note[] = [{ key: 'x', put: '2' }]

let lives = 50_000
function migrateTo(
  storage: CheckpointStorage,
  version: Version,
  {
    batches = [FIRST],
    ...options
  }: MigrateOptions & { readonly batches?: readonly (readonly Note[])[] } = {},
) {
  const components = { backend: memoryBackend(), storage }
  const working = { clock: manualClock({ autoAdvance: true }), random: seededRandom(++lives) }
  const builder = inlineRunBuilder()
  return migrateJob(program(version, batches).job, components, { ...working, builder, ...options })
}

const names = async (storage: CheckpointStorage): Promise<string[]> =>
  (await storage.list('')).map(({ path }) => path)

describe('a job whose serializers change', () => {
  it('reads each value by what wrote it, over several versions and parallelisms', async () => {
    const storage = memoryStorage()
    await goOn(storage, all(A), [FIRST], { parallelism: 1 })
    const second = await goOn(storage, all(B), [FIRST, SECOND], { parallelism: 3 })
    expect(second.seen).toEqual([
      { key: 'x', value: '1, once a', list: ['1, once a'], map: { 1: '1, once a' } },
    ])
    const third = await goOn(storage, all(C), [FIRST, SECOND, look('x', 'y')], { parallelism: 2 })
    expect(third.seen).toEqual([
      {
        key: 'x',
        value: '2, once b',
        list: ['1, once a', '2, once b'],
        map: { 1: '1, once a', 2: '2, once b' },
      },
      { key: 'y', value: '1, once a', list: ['1, once a'], map: { 1: '1, once a' } },
    ])
    expect(third.events[0]).toMatchObject({
      event: 'started',
      evolved: ['value', 'list', 'map'].map((state) => ({
        operator: 'notes',
        state,
        outcome: 'after-migration',
        before: [{ schema: 1 }, { schema: 2 }],
        now: { schema: 3 },
        differs: ['"b" was another', '"a" was another'],
      })),
    })
  })

  it('goes on with the serializer that is made for both, and keeps to it', async () => {
    const storage = memoryStorage()
    const wide = evolving('wide', { a: adapted('wide'), 'wide after a': adapted('wide') })
    await goOn(storage, all(A), [FIRST])
    const { seen } = await goOn(storage, all(wide), [FIRST, SECOND, look('x')])
    expect(seen.at(-1)).toEqual({ key: 'x', value: '2', list: ['1', '2'], map: { 1: '1', 2: '2' } })
    await goOn(storage, all(wide), [FIRST, SECOND, look('x'), look('y')])
    const { states } = (await newestContent(storage)).operators.get('notes') ?? {}
    expect(states?.get('list')?.schemas.map(({ number }) => number)).toEqual([1, 2])
  })

  it('is refused before anything is claimed, all states at once, with what to do', async () => {
    const storage = memoryStorage()
    await goOn(storage, all(A), [FIRST])
    const before = await names(storage)
    const strange: Version = {
      states: { value: evolving('z', {}), list: evolving('z') },
      keyType: 'long',
    }
    const refused = goOn(storage, strange, [FIRST])
    await expect(refused).rejects.toMatchObject({
      code: 'INCOMPATIBLE_STATE',
      message: expect.stringMatching(
        /"value":\n.*nothing reads "a"\n.*keep "a".*"list":\n.*to do: .*string.*long .*migrateKey/s,
      ),
    })
    expect(await names(storage)).toEqual(before)
  })
})

describe('an eager migration', () => {
  it('only tells what it would do in a dry run, and claims nothing', async () => {
    const storage = memoryStorage()
    await goOn(storage, all(A), [FIRST])
    const before = await names(storage)
    const version = { states: { ...all(A).states, list: B } }
    const report = await migrateTo(storage, version, { dryRun: true })
    expect(report).toMatchObject({ rewritten: ['notes/list'], written: undefined })
    expect(report.states).toHaveLength(1)
    const every = await migrateTo(storage, version, { dryRun: true, all: true })
    expect(every.rewritten).toEqual(['notes/value', 'notes/list', 'notes/map'])
    expect((await migrateTo(storage, all(A))).written).toBe(undefined)
    expect(await names(storage)).toEqual(before)
  })

  it('writes all that is of older schemas anew, so that nobody needs them any more', async () => {
    const storage = memoryStorage()
    await goOn(storage, all(A), [FIRST])
    await goOn(storage, all(B), [FIRST, SECOND])
    const { sources } = await newestContent(storage)
    const { written } = await migrateTo(storage, all(B), { batches: [FIRST, SECOND] })
    // Two values and lists, three entries of maps.
    expect(written?.rows).toBe(7)
    const content = await newestContent(storage)
    expect(content.sources).toEqual(sources)
    expect(content.runs).toHaveLength(1)
    const operator = content.operators.get('notes')
    expect([...(operator?.states.values() ?? [])]).toEqual(
      ['list', 'map', 'value'].map((kind) => ({
        kind,
        schemas: [{ number: 2, serializer: 'evolving', snapshot: { name: 'b' } }],
        since: written?.checkpoint,
      })),
    )
    const knowsB = evolving('c', { b: migrated })
    const { seen } = await goOn(storage, all(knowsB), [FIRST, SECOND, look('x', 'y')])
    expect(seen).toMatchObject([
      { value: '2, once b', list: ['1, once a, once b', '2, once b'] },
      { value: '1, once a, once b', list: ['1, once a, once b'] },
    ])
  })

  it('rewrites a state alone, and leaves the others and what is not declared where they are', async () => {
    const storage = memoryStorage()
    await goOn(storage, all(A), [FIRST])
    const { written } = await migrateTo(storage, { states: { value: A, list: B } })
    expect(written?.rows).toBe(2)
    expect((await newestContent(storage)).runs).toHaveLength(2)
    const { seen } = await goOn(storage, { states: { value: A, list: B, map: A } }, [
      FIRST,
      look('x', 'y'),
    ])
    expect(seen).toEqual(
      ['x', 'y'].map((key) => ({ key, value: '1', list: ['1, once a'], map: { 1: '1' } })),
    )
  })

  it('whose checkpoint fails is tried again, still whole', async () => {
    const inner = memoryStorage()
    await goOn(inner, all(A), [FIRST])
    let left = 2
    const storage: CheckpointStorage = {
      ...inner,
      uri: inner.uri,
      read: (path, range) => inner.read(path, range),
      write: (path, chunks) => inner.write(path, chunks),
      list: (prefix) => inner.list(prefix),
      delete: (path) => inner.delete(path),
      create: async (path, body) => {
        const checkpoint = Buffer.from(body).includes('"kind": "checkpoint"')
        if (!checkpoint || left-- === 0) return inner.create(path, body)
        throw new HoldfastError('STORAGE_FULL', 'no space', { retryable: true })
      },
      [Symbol.asyncDispose]: async () => undefined,
    }
    const { written } = await migrateTo(storage, all(B))
    expect(written?.rows).toBe(6)
    expect((await newestContent(inner)).runs).toHaveLength(1)
    const { seen } = await goOn(inner, all(evolving('c', { b: migrated })), [FIRST, look('y')])
    expect(seen).toMatchObject([{ value: '1, once a, once b', list: ['1, once a, once b'] }])
  })
})

describe('a job whose keys change', () => {
  const NUMBERS: readonly Note[] = Array.from({ length: 30 }, (_, i) => ({
    key: `${i}`,
    put: 'old',
  }))
  const wanted = Array.from({ length: 30 }, (_, i) => i)
  const long = {
    ...all(A),
    keyType: 'long',
    migrateKey: { from: 'string', migrate: Number },
  } as const

  it('finds everything under its new keys, at any parallelism, now and later', async () => {
    const storage = memoryStorage()
    await goOn(storage, all(A), [NUMBERS], { parallelism: 2 })
    const { seen, events } = await goOn(storage, long, [NUMBERS, look(...wanted)], {
      parallelism: 3,
    })
    const found = wanted.map((key) => ({ key, value: 'old', list: ['old'], map: { old: 'old' } }))
    expect(seen).toEqual(found)
    expect(events[0]).toMatchObject({
      migratedKeys: [{ operator: 'notes', before: 'string', now: 'long' }],
    })
    const content = await newestContent(storage)
    expect(content.operators.get('notes')).toMatchObject({ keyType: 'long' })
    expect(content.runs).toHaveLength(1)
    const later = await goOn(storage, all(A), [NUMBERS, look(...wanted), look(...wanted)])
    expect(later.seen).toEqual(found)
    expect(later.events[0]).toMatchObject({ migratedKeys: [] })
    const again = [NUMBERS, look(...wanted), look(...wanted), look(7)]
    expect((await goOn(storage, long, again)).seen).toEqual([found[7]])
  })

  it('can migrate its values in the same step, ahead of the start', async () => {
    const storage = memoryStorage()
    await goOn(storage, all(A), [NUMBERS])
    const version = { ...long, ...all(B) }
    const report = await migrateTo(storage, version, { batches: [NUMBERS] })
    expect(report.keys).toEqual([{ operator: 'notes', before: 'string', now: 'long' }])
    expect(report.written?.rows).toBe(90)
    const { seen } = await goOn(storage, { ...all(B), keyType: 'long' }, [NUMBERS, look(7)])
    expect(seen).toMatchObject([{ key: 7, value: 'old, once a' }])
  })

  it('is told which two of them would become one', async () => {
    const storage = memoryStorage()
    await goOn(storage, all(A), [[...NUMBERS, { key: '007', put: 'old' }]])
    await expect(goOn(storage, long, [NUMBERS])).rejects.toMatchObject({
      code: 'INVALID_KEY',
      message: expect.stringMatching(/"notes" makes one key, 7, of "(7|007)" and "(7|007)"/),
    })
    const strict = { ...long, migrateKey: { from: 'string', migrate: () => Number.NaN } } as const
    await expect(goOn(storage, strict, [NUMBERS])).rejects.toMatchObject({ code: 'INVALID_KEY' })
    const { seen } = await goOn(storage, all(A), [[...NUMBERS, { key: '007' }], look('7')])
    expect(seen).toMatchObject([{ key: '7', value: 'old' }])
  })

  it.each([
    { ...long, keyType: 'string' },
    { states: {}, migrateKey: long.migrateKey },
  ] as const)('has to say where its migration leads', async (version) => {
    const going = async () => goOn(memoryStorage(), version, [FIRST])
    await expect(going()).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  })
})

describe('state that a program drops', () => {
  const PACK = messagePack<unknown>()
  const both: Version = { states: { value: PACK, list: PACK } }
  const one: Version = { states: { value: PACK } }
  const LARGE: readonly Note[] = [{ key: 'x', put: noise(seededRandom(1), 60_000) }]

  it.each([
    ['inlined', SECOND],
    ['merged into a file', LARGE],
  ])('never comes back when its name is used again, its rows being %s', async (_, batch) => {
    const storage = memoryStorage()
    await goOn(storage, both, [FIRST])
    const dropping = await goOn(storage, one, [FIRST, SECOND], { drop: ['notes/list'] })
    expect(dropping.events[0]).toMatchObject({ dropped: ['notes/list'], undeclared: [] })
    const { states } = (await newestContent(storage)).operators.get('notes') ?? {}
    expect([...(states?.keys() ?? [])]).toEqual(['value'])
    const back = await goOn(storage, both, [FIRST, SECOND, batch, look('x', 'y')])
    expect(back.seen[0]).toEqual({ key: 'x', value: '2' })
    expect(back.seen.at(-1)).toEqual({ key: 'y', value: '1' })
    const later = [FIRST, SECOND, batch, look('x', 'y'), LARGE, look('x', 'y')]
    const { seen } = await goOn(storage, both, later)
    expect(seen.at(-1)).toEqual({ key: 'y', value: '1' })
    expect(seen.at(-2)?.list).toHaveLength(2)
  })

  it('is kept and named otherwise, across a rewrite of what is declared', async () => {
    const storage = memoryStorage()
    await goOn(storage, both, [FIRST])
    const { events } = await goOn(storage, one, [FIRST, SECOND])
    expect(events[0]).toMatchObject({ undeclared: ['notes/list'], dropped: [] })
    await migrateTo(storage, one, { all: true, batches: [FIRST, SECOND] })
    const { seen } = await goOn(storage, both, [FIRST, SECOND, look('x')])
    expect(seen).toEqual([{ key: 'x', value: '2', list: ['1'] }])
  })

  it('is dropped by a migration, too, and from a job that has finished', async () => {
    const storage = memoryStorage()
    await goOn(storage, both, [FIRST])
    const { written } = await migrateTo(storage, one, { drop: ['notes/list'] })
    expect(written?.rows).toBe(0)
    const { job } = program(one, [FIRST], false)
    const { run } = await import('./counting-job.js')
    expect(await run(job, storage).done).toBe('finished')
    await run(program({ states: {} }, [FIRST], false).job, storage, { drop: ['notes/value'] }).done
    const content = await newestContent(storage)
    expect(content).toMatchObject({ finished: true, runs: [] })
    expect(content.operators.get('notes')?.states.size).toBe(0)
  })

  it.each([['notes/none'], ['notes/value'], ['nobody']])(
    'must be there and unused: %s',
    async (name) => {
      const storage = memoryStorage()
      await goOn(storage, both, [FIRST])
      const before = await names(storage)
      await expect(goOn(storage, one, [FIRST], { drop: [name] })).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
        message: expect.stringContaining(name),
      })
      expect(await names(storage)).toEqual(before)
    },
  )
})
