import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { nodeFiles } from '../base/files.js'
import { diskFullAfter, type FileFaultPlan, faultyFiles } from './faulty-files.js'

let root = ''
let path = ''
let count = 0

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'holdfast-faulty-'))
})
beforeEach(() => {
  path = join(root, `file-${count++}`)
})
afterAll(async () => {
  await rm(root, { recursive: true })
})

function bytes(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text))
}

/** Opens a new file on a disk with this plan. */
async function opened(plan: FileFaultPlan) {
  const files = faultyFiles(nodeFiles, plan)
  return { files, handle: await files.open(path, 'wx+') }
}

describe('faultyFiles', () => {
  it('is the inner disk when nothing is planned, in every way to write and read', async () => {
    const { files, handle } = await opened(() => undefined)
    await handle.writeFile('text ')
    await handle.appendFile(bytes('more '))
    expect(await handle.write(bytes('..abc..'), 2, 3)).toMatchObject({ bytesWritten: 3 })
    expect(await handle.write(bytes('..de'), 2)).toMatchObject({ bytesWritten: 2 })
    expect(await handle.write(' end')).toMatchObject({ bytesWritten: 4 })
    expect(await handle.writev([bytes('!'), bytes('?')])).toMatchObject({ bytesWritten: 2 })
    await handle.write(bytes('T'), 0, 1, 0)
    await handle.writev([bytes('M')], 5)
    await handle.sync()
    expect((await handle.stat()).size).toBe(21)
    const part = new Uint8Array(4)
    expect((await handle.read(part, 0, 4, 0)).bytesRead).toBe(4)
    expect(Buffer.from(part).toString()).toBe('Text')
    expect((await handle.read(part, { offset: 1, length: 2, position: 10 })).bytesRead).toBe(2)
    expect(Buffer.from(part).toString()).toBe('Tabt')
    expect((await handle.read({ position: 5 })).bytesRead).toBe(16)
    await handle.truncate(20)
    await handle.close()
    expect(Buffer.from(await files.readFile(path)).toString()).toBe('Text More abcde end!')
    await files.link(path, `${path}-linked`)
    await files.rename(`${path}-linked`, `${path}-renamed`)
    expect((await files.stat(`${path}-renamed`)).isFile()).toBe(true)
    await files.unlink(path)
    await files.mkdir(join(root, 'a', 'b'), { recursive: true })
    expect(await files.readdir(join(root, 'a'))).toEqual(['b'])
  })

  it('makes every kind of call fail with the chosen error, and records it', async () => {
    const plan: FileFaultPlan = ({ index }) => (index === 0 ? undefined : { code: 'EACCES' })
    const { files, handle } = await opened(plan)
    const calls: Record<string, () => Promise<unknown>> = {
      open: () => files.open(path, 'r'),
      readdir: () => files.readdir(root),
      mkdir: () => files.mkdir(join(root, 'never'), { recursive: true }),
      link: () => files.link(path, `${path}-2`),
      rename: () => files.rename(path, `${path}-2`),
      unlink: () => files.unlink(path),
      stat: () => files.stat(path),
      read: () => handle.read(new Uint8Array(1), 0, 1, 0),
      write: () => handle.writeFile('x'),
      sync: () => handle.datasync(),
      truncate: () => handle.truncate(0),
      close: () => handle.close(),
    }
    for (const [kind, call] of Object.entries(calls)) {
      await expect(call(), kind).rejects.toMatchObject({ code: 'EACCES', syscall: kind })
    }
    await expect(files.readFile(path)).rejects.toMatchObject({ code: 'EACCES' })
    expect(files.operations.map(({ kind }) => kind)).toEqual([
      'open',
      ...Object.keys(calls),
      'read',
    ])
    expect(handle.fd).toBe(-1)
  })

  it('fails after the effect when told so, and leaves no file open', async () => {
    const { files, handle } = await opened(({ index }) =>
      index === 0 ? undefined : { code: 'EIO', when: 'after' },
    )
    await expect(handle.writev([bytes('here')])).rejects.toMatchObject({ code: 'EIO' })
    await expect(files.link(path, `${path}-2`)).rejects.toMatchObject({ code: 'EIO' })
    await expect(handle.close()).rejects.toMatchObject({ code: 'EIO' })
    await expect(files.open(`${path}-3`, 'wx')).rejects.toMatchObject({ code: 'EIO' })
    expect(await readFile(`${path}-2`, 'utf8')).toBe('here')
    expect(await readFile(`${path}-3`, 'utf8')).toBe('')
  })

  it('fails for the paths of a predicate only; link and rename count by their new name', async () => {
    const files = faultyFiles(nodeFiles, (operation) =>
      operation.path.endsWith('-denied') ? { code: 'EACCES' } : undefined,
    )
    const handle = await files.open(path, 'wx')
    await handle.close()
    await expect(files.rename(path, `${path}-denied`)).rejects.toMatchObject({ code: 'EACCES' })
    await files.link(path, `${path}-allowed`)
    expect(await files.readFile(`${path}-allowed`)).toHaveLength(0)
  })

  it('reads and writes fewer bytes than asked, at least one', async () => {
    const { handle } = await opened(({ kind }) =>
      kind === 'write' || kind === 'read' ? { shortBytes: kind === 'write' ? 3 : 0 } : undefined,
    )
    expect((await handle.write(bytes('abcdef'))).bytesWritten).toBe(3)
    expect((await handle.writev([bytes('de'), bytes('fgh')])).bytesWritten).toBe(3)
    await handle.writeFile('ghijklmn')
    expect((await handle.read(new Uint8Array(9), 0, 9, 0)).bytesRead).toBe(1)
    await handle.close()
    expect(await readFile(path, 'utf8')).toBe('abcdefghijklmn')
  })

  it('refuses to write what it cannot watch', async () => {
    const { handle } = await opened(() => undefined)
    await expect(handle.writeFile(['a', 'b'] as never)).rejects.toThrow('UTF-8 text or bytes')
    await handle.close()
  })

  it('closes a file that is disposed of', async () => {
    const { files, handle } = await opened(() => undefined)
    await handle[Symbol.asyncDispose]()
    expect(handle.fd).toBe(-1)
    expect(files.operations.at(-1)?.kind).toBe('close')
  })
})

describe('diskFullAfter', () => {
  it.each(['write', 'writev', 'writeFile', 'appendFile'] as const)(
    'stores exactly the bytes there was room for, through %s',
    async (way) => {
      const { handle } = await opened(diskFullAfter(10))
      const put = async (text: string): Promise<number> => {
        if (way === 'write') return (await handle.write(bytes(text))).bytesWritten
        if (way === 'writev') return (await handle.writev([bytes(text)])).bytesWritten
        await handle[way](text)
        return text.length
      }
      expect(await put('01234567')).toBe(8)
      const whole = way === 'writeFile' || way === 'appendFile'
      const over = put('89abc')
      if (whole) await expect(over).rejects.toMatchObject({ code: 'ENOSPC' })
      else expect(await over).toBe(2)
      await expect(put('d')).rejects.toMatchObject({ code: 'ENOSPC' })
      await handle.close()
      expect(await readFile(path, 'utf8')).toBe('0123456789')
    },
  )

  it('counts the bytes of all files on the full disk together, and no others', async () => {
    const files = faultyFiles(
      nodeFiles,
      diskFullAfter(5, (one) => one.endsWith('-small')),
    )
    const names = [`${path}-1-small`, `${path}-2-small`, `${path}-large`]
    const [first, second, other] = await Promise.all(names.map((name) => files.open(name, 'wx')))
    await first?.writeFile('abc')
    await expect(second?.writeFile('def')).rejects.toMatchObject({ code: 'ENOSPC' })
    await other?.writeFile('plenty of room')
    for (const handle of [first, second, other]) await handle?.close()
    expect(await Promise.all(names.map((name) => readFile(name, 'utf8')))).toEqual([
      'abc',
      'de',
      'plenty of room',
    ])
  })
})
