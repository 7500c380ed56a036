import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../base/clock.js'
import { startWorker } from '../../base/worker.js'
import { type TinyColumn, tinyParquet } from '../../testing/tiny-parquet.js'
import { type StartThread, startDecoderThread } from './decoder-thread.js'
import { Allowance, feed } from './feed.js'
import { parquet } from './index.js'
import { parquetSource } from './reader.js'
import { GROUPS_HELD, type Slice } from './slice.js'

const COLUMNS: readonly TinyColumn[] = [
  { name: 'n', type: 'int64' },
  { name: 'text', type: 'text', optional: true },
  { name: 'large', type: 'int64' },
]
const GROUPS = [0, 1, 2, 3].map((group) =>
  Array.from({ length: 5 }, (_, i) => ({
    n: BigInt(group * 5 + i),
    text: i === 3 ? null : `text ${i}`,
    large: 2n ** 60n,
  })),
)
const RECORDS = GROUPS.flat().map((row) => ({ ...row, n: Number(row.n) }))
const context = { position: undefined, signal: new AbortController().signal, clock: systemClock }

let folder: string
let path: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-decoder-'))
  path = join(folder, 'input.parquet')
  await writeFile(path, tinyParquet(COLUMNS, GROUPS))
})
afterAll(() => rm(folder, { recursive: true }))

const request = (row = 0) => ({ paths: [path], columns: undefined, file: 0, row })

/** Starts the real thread and says when it has ended. */
function watched(): { start: StartThread; exited: () => Promise<unknown> } {
  let exit: Promise<unknown> = Promise.resolve()
  const start: StartThread = (options) => {
    const worker = startWorker(import.meta.url, 'decoder', options)
    exit = once(worker, 'exit')
    return worker
  }
  return { start, exited: () => exit }
}

describe('parquet in its own thread', () => {
  it('reads all rows of all groups, and ends the thread at the end', async () => {
    const { start, exited } = watched()
    const source = parquetSource([path, path], {}, (from) => startDecoderThread(from, start))
    const reader = await source.open(context)
    const records: unknown[] = []
    for (let batch = await reader.read(); batch !== undefined; batch = await reader.read()) {
      records.push(...batch.records)
    }
    expect(records).toEqual([...RECORDS, ...RECORDS])
    expect(await exited()).toEqual([1])
    expect(await reader.read()).toBeUndefined()
    await reader[Symbol.asyncDispose]()
  })

  it('is what parquet() makes', async () => {
    const source = parquet(path, { columns: ['n'], batchRecords: 2 })
    expect(source.name).toBe('parquet(input.parquet)')
    const reader = await source.open(context)
    expect(await reader.read()).toEqual({
      records: [{ n: 0 }, { n: 1 }],
      position: { file: 0, name: 'input.parquet', row: 2 },
    })
    await reader[Symbol.asyncDispose]()
  })

  it('ends the thread when it is closed in the middle, and a pending call with it', async () => {
    const { start, exited } = watched()
    const decoder = await startDecoderThread(request(), start)
    for (let group = 0; group < 2; group++) expect((await decoder.next())?.rows).toBe(5)
    const pending = decoder.next().catch((error: unknown) => error)
    await decoder.close()
    expect(await exited()).toEqual([1])
    expect(await pending).toSatisfy((outcome: Slice | { code: string }) =>
      'code' in outcome ? outcome.code === 'INVALID_STATE' : outcome.row === 10,
    )
    await decoder.close()
  })

  it('brings errors across with code and message, and leaves no thread behind', async () => {
    const { start, exited } = watched()
    await expect(startDecoderThread(request(21), start)).rejects.toMatchObject({
      name: 'HoldfastError',
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining(`${path} has 20 rows, but the checkpoint had read 21`),
    })
    expect(await exited()).toEqual([1])
  })

  it('hands over what was decoded before a failure', async () => {
    const script = `
      const { parentPort, workerData } = require('node:worker_threads')
      parentPort.postMessage({ kind: 'opened' })
      for (const row of [0, 5]) workerData.slices.postMessage({ row, endsGroup: true })
      parentPort.postMessage({ kind: 'group', slices: 2 })
      parentPort.postMessage({ kind: 'failed', error: { code: 'BAD_RECORD', message: 'row 10' } })`
    const start: StartThread = (options) => new Worker(script, { ...options, eval: true })
    const decoder = await startDecoderThread(request(), start)
    expect([(await decoder.next())?.row, (await decoder.next())?.row]).toEqual([0, 5])
    await expect(decoder.next()).rejects.toMatchObject({ code: 'BAD_RECORD', message: 'row 10' })
    await decoder.close()
  })

  it.each([
    ['exits', `process.exit(3)`, 'exit code 3'],
    ['throws', `throw new Error('no luck')`, 'no luck'],
    [
      'exits after it has opened',
      `parentPort.postMessage({ kind: 'opened' }); process.exit(4)`,
      'exit code 4',
    ],
  ])('fails clearly when the thread %s', async (_, script, reason) => {
    const source = `const { parentPort } = require('node:worker_threads'); ${script}`
    const start: StartThread = (options) => new Worker(source, { ...options, eval: true })
    const run = async (): Promise<void> => {
      const decoder = await startDecoderThread(request(), start)
      await decoder.next()
    }
    await expect(run()).rejects.toMatchObject({
      code: 'STORAGE_FAILED',
      message: expect.stringContaining(reason),
    })
  })
})

describe('feed', () => {
  it('decodes never further ahead than the groups that may be held', async () => {
    const [sent, allowance]: [number[], Allowance] = [[], new Allowance()]
    let decoded = 0
    const done = feed({
      next: async () => (decoded++ < 5 ? [] : undefined),
      allowance,
      send: () => sent.push(decoded),
    })
    for (let consumed = 0; consumed < 3; consumed++) {
      for (let turn = 0; turn < 3; turn++) await systemClock.turn()
      expect(decoded).toBe(GROUPS_HELD + consumed)
      allowance.add()
    }
    allowance.add()
    await done
    expect(sent).toEqual([1, 2, 3, 4, 5])
  })
})
