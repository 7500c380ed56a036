import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { type Files, nodeFiles } from '../base/files.js'
import { seededRandom } from '../base/random.js'
import { diskFullAfter, type FileFaultPlan, faultyFiles } from '../testing/faulty-files.js'
import { type FilesystemOptions, filesystemStorage } from './filesystem.js'

const made: string[] = []

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-storage-'))
  made.push(folder)
  return folder
}

afterEach(async () => {
  for (const folder of made.splice(0)) await rm(folder, { recursive: true, force: true })
})

/** A storage below a folder that exists, on a disk with this plan. */
async function faulty(plan: FileFaultPlan, options: Partial<FilesystemOptions> = {}) {
  const folder = join(await newFolder(), 'checkpoints')
  const files = faultyFiles(nodeFiles, plan)
  return { folder, files, storage: filesystemStorage({ folder, files, ...options }) }
}

async function namesIn(folder: string): Promise<string[]> {
  return (await readdir(folder, { recursive: true })).map((path) => basename(path)).sort()
}

function bytes(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text))
}

describe('publishing files', () => {
  it('syncs the bytes before the name appears, and the folder before it confirms', async () => {
    const { folder, files, storage } = await faulty(() => undefined, { random: seededRandom(1) })
    await storage.create('log/1', bytes('body'))
    const temp = `.tmp-${seededRandom(1).nonce()}`
    const steps = files.operations.map(
      ({ kind, path }) => `${kind} ${path.slice(dirname(folder).length)}`,
    )
    expect(steps).toEqual([
      'mkdir /checkpoints/log',
      ...['open /checkpoints', 'sync /checkpoints', 'close /checkpoints'],
      ...['open ', 'sync ', 'close '],
      `open /checkpoints/log/${temp}`,
      `write /checkpoints/log/${temp}`,
      `sync /checkpoints/log/${temp}`,
      `close /checkpoints/log/${temp}`,
      'link /checkpoints/log/1',
      ...['open /checkpoints/log', 'sync /checkpoints/log', 'close /checkpoints/log'],
      `unlink /checkpoints/log/${temp}`,
    ])
    expect(await namesIn(folder)).toEqual(['1', 'log'])
  })

  it('makes its folders once', async () => {
    const { files, storage } = await faulty(() => undefined)
    for (let i = 0; i < 5; i++) await storage.create(`log/${i}`, bytes('x'))
    expect(files.operations.filter(({ kind }) => kind === 'mkdir')).toHaveLength(1)
  })

  for (const exclusive of [false, true]) {
    for (const when of ['before', 'after'] as const) {
      it(`shows all or nothing when the process dies ${when} any step (exclusive: ${exclusive})`, async () => {
        const chunks = [bytes('first '), bytes('second')]
        let stop = 0
        const outcomes = new Set<string>()
        for (let finished = false; !finished; stop++) {
          const { folder, files, storage } = await faulty(
            ({ index }) =>
              index < stop ? undefined : { code: 'EIO', when: index === stop ? when : 'before' },
            { exclusive },
          )
          const created = await storage.create('log/1', bytes('entry')).catch(() => 'died')
          finished = files.operations.length <= stop
          const survivor = filesystemStorage({ folder, exclusive })
          const entry = await survivor.read('log/1')
          outcomes.add(`${created}: ${entry === undefined ? 'nothing' : Buffer.from(entry)}`)
          expect(await survivor.list('')).toEqual(
            entry === undefined ? [] : [{ path: 'log/1', sizeBytes: 5 }],
          )
          expect(await survivor.create('log/1', bytes('later'))).toBe(entry ? 'exists' : 'created')
          await survivor.write('runs/1', chunks)
          expect(await survivor.read('runs/1')).toEqual(bytes('first second'))
        }
        expect(stop).toBeGreaterThan(10)
        expect([...outcomes].sort()).toEqual(['created: entry', 'died: entry', 'died: nothing'])
      })
    }
  }

  it('leaves no temporary file behind when any one step but its removal fails', async () => {
    let step = 0
    for (let finished = false; !finished; step++) {
      const { folder, files, storage } = await faulty(({ index, kind }) =>
        index === step && kind !== 'unlink' ? { code: 'EIO' } : undefined,
      )
      await storage.write('runs/1', [bytes('x')]).catch(() => undefined)
      finished = files.operations.length <= step
      const names = await nodeFiles.readdir(join(folder, 'runs')).catch(() => [])
      expect(names.filter((name) => name !== '1')).toEqual([])
    }
    expect(step).toBeGreaterThan(15)
  })

  it('does not confirm by reading a name whose folder could not be synced', async () => {
    let broken = true
    const { files, storage } = await faulty(({ kind, path }) =>
      broken && kind === 'sync' && path.endsWith('/log') ? { code: 'EIO' } : undefined,
    )
    await expect(storage.create('log/1', bytes('x'))).rejects.toMatchObject({ retryable: true })
    await expect(storage.read('log/1')).rejects.toMatchObject({ code: 'STORAGE_FAILED' })
    await expect(storage.list('')).rejects.toMatchObject({ code: 'STORAGE_FAILED' })
    await expect(storage.create('log/1', bytes('x'))).rejects.toMatchObject({
      code: 'STORAGE_FAILED',
    })
    broken = false
    expect(await storage.read('log/1')).toEqual(bytes('x'))
    const settled = files.operations.length
    expect(await storage.read('log/1')).toEqual(bytes('x'))
    expect(files.operations.slice(settled).map(({ kind }) => kind)).not.toContain('sync')
  })

  it.each(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'])(
    'names the folder and the option when hard links are answered with %s',
    async (code) => {
      const { folder, storage } = await faulty(({ kind }) =>
        kind === 'link' ? { code } : undefined,
      )
      const attempts = [
        () => storage.create('log/1', bytes('x')),
        () => storage.write('log/2', [bytes('x')]),
      ]
      for (const attempt of attempts) {
        await expect(attempt()).rejects.toMatchObject({
          code: 'INVALID_ARGUMENT',
          retryable: false,
          message: expect.stringMatching(new RegExp(`${folder}/log.*hard links.*exclusive: true`)),
        })
      }
      expect(await namesIn(folder)).toEqual(['log'])
    },
  )

  it('says that the disk is full, leaves no part of a file, and works again when there is room', async () => {
    const full = diskFullAfter(70_000)
    let room = false
    const { folder, storage } = await faulty((operation) => (room ? undefined : full(operation)))
    const chunks = Array.from({ length: 10 }, () => new Uint8Array(10_000))
    await expect(storage.write('runs/1', chunks)).rejects.toMatchObject({ code: 'STORAGE_FULL' })
    await expect(storage.create('log/1', bytes('x'))).rejects.toMatchObject({
      code: 'STORAGE_FULL',
    })
    expect(await namesIn(folder)).toEqual(['log', 'runs'])
    room = true
    expect(await storage.create('log/1', bytes('x'))).toBe('created')
  })

  it('tries again to make a folder that could not be made', async () => {
    let full = true
    const { storage } = await faulty(({ kind }) =>
      full && kind === 'mkdir' ? { code: 'ENOSPC' } : undefined,
    )
    await expect(storage.create('log/1', bytes('x'))).rejects.toMatchObject({
      code: 'STORAGE_FULL',
    })
    full = false
    expect(await storage.create('log/1', bytes('x'))).toBe('created')
  })

  it('reads nothing from a removed folder, although a name in it was never confirmed', async () => {
    const { folder, storage } = await faulty(({ kind, path }) =>
      kind === 'sync' && path.endsWith('/log') ? { code: 'EIO' } : undefined,
    )
    await expect(storage.create('log/1', bytes('x'))).rejects.toMatchObject({ retryable: true })
    await rm(folder, { recursive: true })
    expect(await storage.read('log/1')).toBeUndefined()
    expect(await storage.list('')).toEqual([])
  })

  it('goes on where the system wrote or read fewer bytes than asked', async () => {
    const { storage } = await faulty(({ kind }) =>
      kind === 'write' || kind === 'read' ? { shortBytes: 7 } : undefined,
    )
    const content = 'the quick brown fox jumps over the lazy dog'
    await storage.write(
      'runs/1',
      content.split(' ').map((word) => bytes(`${word} `)),
    )
    expect(await storage.read('runs/1')).toEqual(bytes(`${content} `))
    expect(await storage.read('runs/1', { offset: 4, length: 15 })).toEqual(
      bytes('quick brown fox'),
    )
  })

  it('makes its folder again when somebody removed it while it was in use', async () => {
    const { folder, storage } = await faulty(() => undefined)
    await storage.create('log/1', bytes('x'))
    await rm(folder, { recursive: true })
    await expect(storage.create('log/2', bytes('x'))).rejects.toMatchObject({
      code: 'STORAGE_FAILED',
      retryable: true,
      message: expect.stringContaining('removed meanwhile'),
    })
    expect(await storage.create('log/2', bytes('x'))).toBe('created')
  })

  it('steps over the temporary files of a process that was killed, even with its own random names', async () => {
    const folder = await newFolder()
    await mkdir(join(folder, 'log'))
    const left = join(folder, 'log', `.tmp-${seededRandom(7).nonce()}`)
    await writeFile(left, 'of the dead')
    const storage = filesystemStorage({ folder, random: seededRandom(7) })
    expect(await storage.create('log/1', bytes('x'))).toBe('created')
    expect(await readFile(left, 'utf8')).toBe('of the dead')
  })

  it('gives up on a source of names that repeats itself for ever', async () => {
    const stuck = { next: () => 0, nonce: () => '0'.repeat(16) }
    const { folder, storage } = await faulty(() => undefined, { random: stuck })
    await mkdir(join(folder, 'log'), { recursive: true })
    await writeFile(join(folder, 'log', `.tmp-${stuck.nonce()}`), 'x')
    await expect(storage.create('log/1', bytes('x'))).rejects.toMatchObject({
      code: 'STORAGE_FAILED',
    })
  })

  it('does not take a sync that began before a name appeared for a confirmation of it', async () => {
    const folder = await newFolder()
    let release = (): void => undefined
    const gate = new Promise<void>((resolve) => {
      release = resolve
    })
    let syncs = 0
    const sync = async (): Promise<void> => {
      syncs += 1
      if (syncs > 1) throw Object.assign(new Error('injected'), { code: 'EIO' })
      await gate
    }
    const files: Files = {
      ...nodeFiles,
      open: async (path, flags) => {
        const handle = await nodeFiles.open(path, flags)
        return path.endsWith('/log') ? Object.assign(handle, { sync }) : handle
      },
    }
    const storage = filesystemStorage({ folder, files })
    const first = storage.create('log/1', bytes('x'))
    while (syncs === 0) await new Promise((resolve) => setImmediate(resolve))
    await expect(storage.create('log/2', bytes('x'))).rejects.toMatchObject({
      code: 'STORAGE_FAILED',
    })
    release()
    expect(await first).toBe('created')
    await expect(storage.read('log/2')).rejects.toMatchObject({ code: 'STORAGE_FAILED' })
    expect(syncs).toBe(3)
  })
})
