import { mkdir, mkdtemp, readdir, readFile, rm, unlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../base/clock.js'
import { type Files, nodeFiles } from '../base/files.js'
import type { Json } from '../base/json.js'
import { systemRandom } from '../base/random.js'
import type { SinkRecovery, SinkWriter } from '../runtime/sink.js'
import { type FileFault, type FileOperationKind, faultyFiles } from '../testing/faulty-files.js'
import { sinkSuite } from '../testing/sink-suite.js'
import { jsonLines } from './json-lines.js'

let root: string
let folderCount = 0
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'holdfast-json-lines-'))
})
afterAll(() => rm(root, { recursive: true }))

const newFolder = (): string => join(root, `out-${folderCount++}`)

async function openAt(folder: string, files: Files = nodeFiles): Promise<SinkWriter<unknown>> {
  return jsonLines(folder, { files }).open({ clock: systemClock, random: systemRandom })
}

const NEW: SinkRecovery = { checkpoint: 0, isNew: true, pending: [], allowDuplicates: false }

async function startAt(
  folder: string,
  recovery: Partial<SinkRecovery> = {},
): Promise<SinkWriter<unknown>> {
  const writer = await openAt(folder)
  await writer.recover({ ...NEW, isNew: recovery.checkpoint === undefined, ...recovery })
  return writer
}

async function parts(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter((name) => name.startsWith('part-')).sort()
}

async function visibleIn(folder: string): Promise<unknown[]> {
  const texts = (await parts(folder)).map((name) => readFile(join(folder, name), 'utf8'))
  const lines = (await Promise.all(texts)).flatMap((text) => text.split('\n').slice(0, -1))
  return lines.map((line): unknown => JSON.parse(line))
}

/** The machine's disk, but one kind of call fails while `broken()`. */
function faulty(kind: FileOperationKind, code: string, broken: () => boolean): Files {
  return faultyFiles(nodeFiles, (operation) =>
    operation.kind === kind && broken() ? { code } : undefined,
  )
}

describe('jsonLines', () => {
  const writers: SinkWriter<unknown>[] = []
  sinkSuite({
    runner: { describe, it },
    name: 'as a sink',
    open: async () => {
      const folder = newFolder()
      return {
        open: async () => {
          const writer = await openAt(folder)
          writers.push(writer)
          return writer
        },
        visible: () => visibleIn(folder),
      }
    },
    close: async () => {
      for (const writer of writers.splice(0)) await writer[Symbol.asyncDispose]()
    },
  })

  it('names a part after the checkpoint that prepared it, and leaves nothing pending', async () => {
    const folder = newFolder()
    const writer = await startAt(folder)
    await writer.write([{ text: 'größer\n' }, null, [1]])
    const prepared = await writer.prepare(42)
    expect(prepared).toEqual([
      {
        pending: expect.stringMatching(/^[0-9a-f]{16}\.jsonl$/),
        part: expect.stringMatching(/^part-0000000000000042-[0-9a-f]{16}\.jsonl$/),
        sizeBytes: 31,
      },
    ])
    await writer.commit(prepared)
    expect(await visibleIn(folder)).toEqual([{ text: 'größer\n' }, null, [1]])
    expect(await readdir(join(folder, '.pending'))).toEqual([])
  })

  it('leaves other files of its folders alone', async () => {
    const folder = newFolder()
    const others = [
      'notes.txt',
      'part-5.jsonl',
      'part-0000000000000005-zz.jsonl',
      '.pending/notes.txt',
    ]
    await mkdir(join(folder, '.pending'), { recursive: true })
    for (const name of others) await writeFile(join(folder, name), 'mine')
    await startAt(folder, { checkpoint: 1 })
    for (const name of others) expect(await readFile(join(folder, name), 'utf8')).toBe('mine')
  })

  it('refuses output of an earlier run when starting from nothing, unless duplicates are allowed', async () => {
    const folder = newFolder()
    const writer = await startAt(folder)
    await writer.write([1])
    await writer.commit(await writer.prepare(7))
    await expect(startAt(folder)).rejects.toMatchObject({
      code: 'OUTPUT_AHEAD',
      message: expect.stringMatching(/out-\d+ .*--allow-duplicates/),
    })
    const next = await startAt(folder, { allowDuplicates: true })
    await next.write([2])
    await next.commit(await next.prepare(8))
    expect(await visibleIn(folder)).toEqual([1, 2])
  })

  it('never withdraws what it was told to commit', async () => {
    const folder = newFolder()
    const writer = await startAt(folder)
    await writer.write([1])
    const pending = await writer.prepare(5)
    for (let time = 0; time < 2; time++) {
      await startAt(folder, { checkpoint: 4, pending })
      expect(await visibleIn(folder)).toEqual([1])
    }
  })

  it('says that committed output was removed or changed by hand, before it withdraws anything', async () => {
    const folder = newFolder()
    const writer = await startAt(folder)
    await writer.write([1])
    const first = await writer.prepare(1)
    await writer.commit(first)
    await writer.write([2])
    await writer.commit(await writer.prepare(2))
    const [one = '', two = ''] = await parts(folder)
    await writeFile(join(folder, one), '1\n1\n')
    await expect(startAt(folder, { checkpoint: 1, pending: first })).rejects.toMatchObject({
      code: 'CORRUPT',
      message: expect.stringContaining(
        `${one} belongs to a committed checkpoint but has 4 bytes instead of 2`,
      ),
    })
    await unlink(join(folder, one))
    await expect(startAt(folder, { checkpoint: 1, pending: first })).rejects.toMatchObject({
      code: 'CORRUPT',
      message: expect.stringContaining(`${one} belongs to a committed checkpoint but is gone`),
    })
    expect(await parts(folder)).toEqual([two])
  })

  it('refuses committables it cannot have made, and touches nothing', async () => {
    const folder = newFolder()
    const writer = await startAt(folder)
    await writeFile(join(root, 'victim.jsonl'), 'x')
    const [a, b] = ['0123456789abcdef', 'fedcba9876543210']
    const good = { pending: `${a}.jsonl`, part: `part-0000000000000001-${a}.jsonl`, sizeBytes: 1 }
    const hostile: readonly Json[] = [
      null,
      'part',
      {},
      { ...good, pending: '../../victim.jsonl' },
      { ...good, part: '../part-0000000000000001-0123456789abcdef.jsonl' },
      { ...good, part: `${good.part}\n` },
      { ...good, pending: `${b}.jsonl` },
      { ...good, sizeBytes: -1 },
      { ...good, sizeBytes: '1' },
    ]
    for (const committable of hostile) {
      await expect(writer.commit([committable])).rejects.toMatchObject({ code: 'CORRUPT' })
      await expect(
        startAt(folder, { checkpoint: 1, pending: [committable] }),
      ).rejects.toMatchObject({ code: 'CORRUPT' })
    }
    expect(await readFile(join(root, 'victim.jsonl'), 'utf8')).toBe('x')
  })

  it('refuses a record JSON cannot express, and keeps none of its batch', async () => {
    const writer = await startAt(newFolder())
    const cycle: unknown[] = []
    cycle.push(cycle)
    for (const record of [undefined, 1n, cycle, () => 1]) {
      expect(() => writer.write([{ n: 1 }, record])).toThrowError(
        expect.objectContaining({
          code: 'INVALID_ARGUMENT',
          message: expect.stringMatching(/^jsonLines\(out-/),
        }),
      )
    }
    expect(await writer.prepare(1)).toEqual([])
  })

  it.each<FileOperationKind>(['open', 'write', 'sync'])(
    'reports a disk that is full at %s when it prepares, and never again loses it from sight',
    async (kind) => {
      const folder = newFolder()
      let full = false
      const writer = await openAt(
        folder,
        faulty(kind, 'ENOSPC', () => full),
      )
      await writer.recover(NEW)
      full = true
      await writer.write([1])
      await expect(writer.prepare(1)).rejects.toMatchObject({ code: 'STORAGE_FULL' })
      full = false
      expect(() => writer.write([2])).toThrowError(
        expect.objectContaining({ code: 'STORAGE_FULL' }),
      )
      await expect(writer.prepare(2)).rejects.toMatchObject({ code: 'STORAGE_FULL' })
      expect(await parts(folder)).toEqual([])
    },
  )

  it('waits for a disk that is far behind, and reports its failure to the one who writes', async () => {
    const folder = newFolder()
    let full = false
    const writer = await openAt(
      folder,
      faulty('write', 'ENOSPC', () => full),
    )
    await writer.recover(NEW)
    const text = 'x'.repeat(1_000_000)
    let waits = 0
    for (let n = 0; n < 10; n++) {
      const wait = writer.write([text])
      if (wait !== undefined) waits++
      await wait
    }
    expect(waits).toBe(2)
    full = true
    const flood = async (): Promise<void> => {
      for (let n = 0; n < 10; n++) await writer.write([text])
    }
    await expect(flood()).rejects.toMatchObject({ code: 'STORAGE_FULL' })
    await writer[Symbol.asyncDispose]()
  })

  it.each<FileFault>([
    { code: 'EIO', when: 'before' },
    { code: 'EIO', when: 'after' },
    { shortBytes: 1 },
  ])(
    'shows every record once wherever one call to the disk ends in %j and the job restarts',
    async (fault) => {
      const clean = faultyFiles(nodeFiles, () => undefined)
      await runJob(newFolder(), { checkpoint: 0, pending: [] }, clean)
      const calls = clean.operations.length
      expect(calls).toBeGreaterThan(30)
      for (let at = 0; at < calls; at++) {
        const folder = newFolder()
        const manifest: Manifest = { checkpoint: 0, pending: [] }
        const files = faultyFiles(nodeFiles, ({ index }) => (index === at ? fault : undefined))
        await runJob(folder, manifest, files).catch(() => 'the job stops')
        await runJob(folder, manifest, nodeFiles)
        expect(await visibleIn(folder)).toEqual([1, 2])
        expect(await readdir(join(folder, '.pending'))).toEqual([])
      }
    },
  )

  it('opens with a clear error where a folder cannot be', async () => {
    const file = newFolder()
    await writeFile(file, '')
    await expect(openAt(file)).rejects.toMatchObject({ message: expect.stringContaining(file) })
    const denied = faulty('mkdir', 'EACCES', () => true)
    await expect(openAt(newFolder(), denied)).rejects.toMatchObject({ code: 'STORAGE_DENIED' })
  })
})

interface Manifest {
  checkpoint: number
  pending: readonly Json[]
}

/** Writes the records 1 and 2, each in a checkpoint of its own, from the manifest on. */
async function runJob(folder: string, manifest: Manifest, files: Files): Promise<void> {
  const writer = await openAt(folder, files)
  try {
    await writer.recover({
      ...manifest,
      isNew: manifest.checkpoint === 0 && files !== nodeFiles,
      allowDuplicates: false,
    })
    for (let n = manifest.checkpoint + 1; n <= 2; n++) {
      await writer.write([n])
      const pending = await writer.prepare(n)
      Object.assign(manifest, { checkpoint: n, pending })
      await writer.commit(pending)
    }
  } finally {
    await writer[Symbol.asyncDispose]()
  }
}
