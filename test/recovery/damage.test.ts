/** A job whose checkpoints were damaged between two runs: named, passed over, and the output right again. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { sha256 } from '../../src/base/checksums.js'
import { seededRandom } from '../../src/base/random.js'
import { fromArray } from '../../src/connectors/collection.js'
import {
  type CheckpointStorage,
  collect,
  job,
  jsonLines,
  memoryStorage,
  type Sink,
} from '../../src/index.js'
import { logPath, RUNS_PREFIX } from '../../src/storage/paths.js'
import {
  countingJob,
  expected,
  inputs,
  type Output,
  perRecord,
  run,
  scripted,
  sorted,
} from './counting-job.js'
import { FILE_BYTES, noise } from './ledger.js'

const RECORDS = inputs(12)
const parts = [0, 3, 6, 9].map((from) => RECORDS.slice(from, from + 3))
const [FIRST = [], SECOND = [], THIRD = [], FOURTH = []] = parts
const temporary = mkdtempSync(join(tmpdir(), 'holdfast-damage-'))

afterAll(() => rmSync(temporary, { recursive: true, force: true }))

/**
 * A job that has been killed after three checkpoints, 2 to 4, each with a run file of its own, the output of all
 * three visible.
 */
async function killed(all: Sink<Output> = collect()) {
  const random = seededRandom(9)
  const steps = [FIRST, 'barrier', SECOND, 'barrier', THIRD, 'barrier', 'crash', FOURTH] as const
  const { source, clock } = scripted(steps)
  const counting = countingJob(source, { all }, { ballast: () => noise(random, FILE_BYTES) })
  const storage = memoryStorage()
  const options = { clock, onEvent: source.onEvent, retained: 3 }
  const dying = run(counting, storage, { ...options, restart: { attempts: 0 } })
  await dying.done.catch(() => undefined)
  return { all, counting, storage, options, start: () => run(counting, storage, options) }
}

type Damage = (bytes: Uint8Array) => Uint8Array | undefined

const DAMAGES: readonly [string, Damage][] = [
  ['cut off', (bytes) => bytes.subarray(0, bytes.length - 1)],
  ['empty', () => new Uint8Array(0)],
  ['flipped at its beginning', (bytes) => flipped(bytes, 0)],
  ['flipped in the middle', (bytes) => flipped(bytes, bytes.length >> 1)],
  ['flipped at its end', (bytes) => flipped(bytes, bytes.length - 1)],
  ['longer', (bytes) => Buffer.concat([bytes, Buffer.from([0])])],
]
const GONE: [string, Damage] = ['gone', () => undefined]

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const copy = Uint8Array.from(bytes)
  copy[at] = (copy[at] as number) ^ 4
  return copy
}

async function damage(storage: CheckpointStorage, path: string, how: Damage): Promise<void> {
  const bytes = how((await storage.read(path)) as Uint8Array)
  await storage.delete(path)
  if (bytes !== undefined) await storage.create(path, bytes)
}

/** The run file of a checkpoint. */
async function runFile(storage: CheckpointStorage, checkpoint: number): Promise<string> {
  const listed = await storage.list(RUNS_PREFIX)
  const found = listed.find(({ path }) => Number(path.split('-')[1]) === checkpoint)
  if (found === undefined) throw new Error(`checkpoint ${checkpoint} has no run file`)
  return found.path
}

const committed = (sink: Sink<Output>) => (sink as ReturnType<typeof collect<Output>>).committed

describe('the newest checkpoint', () => {
  it.each(DAMAGES)('whose entry is %s is named and passed over', async (_, how) => {
    const { all, storage, start } = await killed()
    expect(committed(all)).toEqual(perRecord([...FIRST, ...SECOND, ...THIRD]))
    await damage(storage, logPath(4), how)
    const again = start()
    expect(await again.done).toBe('finished')
    expect(again.events[0]).toMatchObject({
      event: 'started',
      checkpoint: 3,
      records: 6,
      skipped: [{ number: 4, reason: expect.stringContaining(logPath(4)) }],
    })
    expect(sorted(committed(all))).toEqual(expected(RECORDS))
  })

  it.each([...DAMAGES, GONE])('whose run is %s is named and passed over', async (_, how) => {
    const { all, storage, start } = await killed()
    const path = await runFile(storage, 4)
    await damage(storage, path, how)
    const again = start()
    expect(await again.done).toBe('finished')
    expect(again.events[0]).toMatchObject({
      checkpoint: 3,
      skipped: [{ number: 4, reason: expect.stringContaining(path) }],
    })
    expect(sorted(committed(all))).toEqual(expected(RECORDS))
  })

  it('stays passed over, though the process that went back was killed at once', async () => {
    const { all, storage, counting, options } = await killed()
    const path = await runFile(storage, 4)
    const bytes = (await storage.read(path)) as Uint8Array
    await damage(storage, path, (whole) => flipped(whole, 100))
    const hooks = {
      onRecord: () => {
        throw new Error('at once')
      },
    }
    const dying = run(countingJob(fromArray(RECORDS), { all }, hooks), storage, {
      restart: { attempts: 0 },
    })
    await expect(dying.done).rejects.toThrow('at once')
    expect(committed(all)).toEqual(perRecord([...FIRST, ...SECOND]))
    // Mended or not: its output is withdrawn, nobody may go back to it.
    await storage.delete(path)
    await storage.create(path, bytes)
    const again = run(counting, storage, options)
    expect(await again.done).toBe('finished')
    expect(again.events[0]).toMatchObject({ checkpoint: 3, skipped: [] })
    expect(sorted(committed(all))).toEqual(expected(RECORDS))
  })

  it('takes the output beyond it back from a folder, too', async () => {
    const folder = join(temporary, 'out')
    const { storage, start } = await killed(jsonLines(folder))
    const lines = (): unknown[] => {
      const names = readdirSync(folder).filter((name) => name.startsWith('part-'))
      const texts = names.sort().map((name) => readFileSync(join(folder, name), 'utf8'))
      return texts.flatMap((text) => text.trimEnd().split('\n')).map((line) => JSON.parse(line))
    }
    expect(lines()).toEqual(perRecord(RECORDS.slice(0, 9)))
    await damage(storage, logPath(4), (bytes) => bytes.subarray(1))
    expect(await start().done).toBe('finished')
    expect(sorted(lines())).toEqual(expected(RECORDS))
  })
})

describe('all checkpoints damaged', () => {
  it('but the beginning: back to it, all output withdrawn', async () => {
    const { all, storage, start } = await killed()
    for (const number of [2, 3, 4])
      await damage(storage, logPath(number), (bytes) => bytes.subarray(9))
    const again = start()
    expect(await again.done).toBe('finished')
    expect(again.events[0]).toMatchObject({
      checkpoint: 0,
      records: 0,
      skipped: [{ number: 4 }, { number: 3 }, { number: 2 }],
    })
    expect(sorted(committed(all))).toEqual(expected(RECORDS))
  })

  it('and the beginning collected: the start fails, names all, and changes nothing', async () => {
    const { all, counting, storage, options } = await killed()
    // Another checkpoint, after which the beginning is gone.
    const steps = [
      FIRST,
      'barrier',
      SECOND,
      'barrier',
      THIRD,
      'barrier',
      FOURTH,
      'barrier',
      'crash',
    ] as const
    const more = scripted(steps)
    const going = countingJob(more.source, { all })
    const dying = run(going, storage, {
      ...options,
      clock: more.clock,
      onEvent: more.source.onEvent,
      restart: { attempts: 0 },
    })
    await dying.done.catch(() => undefined)
    const before = committed(all)
    const log = await storage.list('log/')
    for (const { path } of log) await damage(storage, path, (bytes) => flipped(bytes, 50))
    const failing = run(counting, storage, options)
    const failure = (await failing.done.catch((error: unknown) => error)) as Error
    expect(failure).toMatchObject({ code: 'CORRUPT', retryable: false })
    for (const { path } of log) expect(failure.message).toContain(path)
    expect(await storage.list('log/')).toHaveLength(log.length)
    expect(committed(all)).toEqual(before)
    expect(await run(counting, storage, { ...options, from: 'none' }).done).toBe('finished')
    expect(sorted(committed(all))).toEqual(expected(RECORDS))
  })
})

describe('what is no damage', () => {
  it('stops the start and leaves everything as it was: an entry of a newer format', async () => {
    for (const body of [{ format: 2 }, { format: 1, draft: 99 }]) {
      const { all, storage, start } = await killed()
      await damage(storage, logPath(4), (bytes) => {
        const text = Buffer.from(bytes).toString().split('\n').slice(0, -2).join('\n')
        const { draft: _, ...entry } = JSON.parse(text) as Record<string, unknown>
        const resigned = Buffer.from(`${JSON.stringify({ ...entry, ...body })}\n`)
        return Buffer.concat([resigned, Buffer.from(`${sha256([resigned])}\n`)])
      })
      const before = [await storage.list(''), committed(all)]
      await expect(start().done).rejects.toMatchObject({ code: 'NEWER_FORMAT' })
      expect([await storage.list(''), committed(all)]).toEqual(before)
    }
  })

  it('stops the start and leaves everything as it was: checkpoints of another job', async () => {
    const { all, storage } = await killed()
    const before = [await storage.list(''), committed(all)]
    const other = job('other').from(fromArray(RECORDS)).to(collect())
    await expect(run(other, storage).done).rejects.toMatchObject({ code: 'WRONG_JOB' })
    expect([await storage.list(''), committed(all)]).toEqual(before)
  })
})
