import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { nodeFiles } from '../base/files.js'
import { type FileFaultPlan, faultyFiles } from '../testing/faulty-files.js'
import { type StorageContext, storageSuite } from '../testing/storage-suite.js'
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
async function faulty(plan: FileFaultPlan) {
  const folder = join(await newFolder(), 'checkpoints')
  const files = faultyFiles(nodeFiles, plan)
  return { folder, files, storage: filesystemStorage({ folder, files }) }
}

function bytes(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text))
}

async function open(options: Partial<FilesystemOptions> = {}): Promise<StorageContext> {
  const folder = join(await newFolder(), 'made', 'here')
  const another = () => filesystemStorage({ folder, ...options })
  return { storage: another(), reopen: async () => another() }
}

storageSuite({
  runner: { describe, it },
  name: 'checkpoint storage: filesystem',
  open: () => open(),
})

storageSuite({
  runner: { describe, it },
  name: 'checkpoint storage: filesystem, exclusive, without hard links',
  open: () => {
    const files = faultyFiles(nodeFiles, ({ kind }) =>
      kind === 'link' ? { code: 'EPERM' } : undefined,
    )
    return open({ exclusive: true, files })
  },
  skip: [{ reason: 'exclusive means one opening at a time', cases: ['create-race-shared'] }],
})

describe('filesystem storage', () => {
  it.each([
    ['EACCES', 'STORAGE_DENIED', false],
    ['EROFS', 'STORAGE_DENIED', false],
    ['ENOSPC', 'STORAGE_FULL', true],
    ['EIO', 'STORAGE_FAILED', true],
    ['ENOTDIR', 'INVALID_ARGUMENT', false],
  ])(
    'turns %s into %s with the path, in every call, and never into absence',
    async (system, code, retryable) => {
      const { folder, storage } = await faulty(() => ({ code: system }))
      const calls = [
        () => storage.read('log/1'),
        () => storage.write('log/1', [bytes('x')]),
        () => storage.create('log/1', bytes('x')),
        () => storage.list('log/'),
        () => storage.delete('log/1'),
      ]
      for (const call of calls) {
        const message = expect.stringContaining(join(folder, 'log'))
        await expect(call()).rejects.toMatchObject({ code, retryable, message })
      }
    },
  )

  it('lists objects only: no temporary or hidden file, nothing that no object can be called', async () => {
    const { folder, storage } = await faulty(() => undefined)
    await storage.create('log/1', bytes('x'))
    const foreign = ['.tmp-0123456789abcdef', '.DS_Store', 'back\\slash', 'new\nline']
    for (const name of foreign) await writeFile(join(folder, 'log', name), 'x')
    await mkdir(join(folder, '.hidden'))
    await writeFile(join(folder, '.hidden', 'x'), 'x')
    await symlink('/nowhere/at/all', join(folder, 'log', 'dangling'))
    expect(await storage.list('')).toEqual([{ path: 'log/1', sizeBytes: 1 }])
  })

  it('leaves out what vanishes between the look at the folder and the look at the file', async () => {
    const { storage } = await faulty(({ kind, path }) =>
      kind === 'stat' && path.endsWith('/1') ? { code: 'ENOENT' } : undefined,
    )
    for (const path of ['log/1', 'log/2']) await storage.create(path, bytes('x'))
    expect(await storage.list('log/')).toEqual([{ path: 'log/2', sizeBytes: 1 }])
  })

  it('says that a file stands in the way where its folder should be', async () => {
    const folder = await newFolder()
    await writeFile(join(folder, 'file'), 'x')
    for (const inTheWay of [join(folder, 'file'), folder]) {
      const storage = filesystemStorage({ folder: inTheWay })
      await expect(storage.create('file/1', bytes('x'))).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
      })
      await expect(storage.read('file/1')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
      await expect(storage.list('file/')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    }
  })

  it('touches nothing when it is opened', async () => {
    const { files } = await faulty(() => undefined)
    expect(files.operations).toEqual([])
  })

  it.each(['', 'a\0b'])('refuses the folder name %j', (folder) => {
    expect(() => filesystemStorage({ folder })).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
    )
  })

  it('refuses a write to a taken name for good, and names the file', async () => {
    const { folder, storage } = await faulty(() => undefined)
    await storage.write('runs/1', [bytes('x')])
    await expect(storage.write('runs/1', [bytes('y')])).rejects.toMatchObject({
      code: 'STORAGE_FAILED',
      retryable: false,
      message: expect.stringContaining(join(folder, 'runs', '1')),
    })
  })

  it('lists no socket, pipe or device', async () => {
    const { folder, storage } = await faulty(() => undefined)
    await storage.create('log/1', bytes('x'))
    const stats = { size: 0, isDirectory: () => false, isFile: () => false }
    const odd = filesystemStorage({ folder, files: { ...nodeFiles, stat: async () => stats } })
    expect(await odd.list('log/')).toEqual([])
    expect(await storage.list('log/')).toHaveLength(1)
  })
})
