import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../base/clock.js'
import { type FileHandle, type Files, nodeFiles } from '../base/files.js'
import type { Json } from '../base/json.js'
import { faultyFiles } from '../testing/faulty-files.js'
import { sourceSuite } from '../testing/source-suite.js'
import { type NdjsonOptions, ndjson } from './ndjson.js'

let folder: string
let fileCount = 0
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-ndjson-'))
})
afterAll(() => rm(folder, { recursive: true }))

async function file(content: string | Uint8Array): Promise<string> {
  const path = join(folder, `input-${fileCount++}.ndjson`)
  await writeFile(path, content)
  return path
}

interface Reading {
  readonly records: unknown[]
  readonly positions: Json[]
  readonly skipped: number
}

async function read(
  paths: string | readonly string[],
  options: NdjsonOptions<unknown> = {},
  position?: Json,
): Promise<Reading> {
  const signal = new AbortController().signal
  const reader = await ndjson(paths, options).open({ position, signal, clock: systemClock })
  const [records, positions]: [unknown[], Json[]] = [[], []]
  try {
    for (let batch = await reader.read(); batch !== undefined; batch = await reader.read()) {
      records.push(...batch.records)
      positions.push(batch.position)
    }
    return { records, positions, skipped: reader.skipped }
  } finally {
    await reader[Symbol.asyncDispose]()
  }
}

/** The machine's disk, but every read brings at most so many bytes. */
function shortReads(bytes: number): Files {
  return faultyFiles(nodeFiles, ({ kind }) => (kind === 'read' ? { shortBytes: bytes } : undefined))
}

function failing(code: string, path: string): Files {
  return faultyFiles(nodeFiles, (operation) =>
    operation.kind === 'open' && operation.path === path ? { code } : undefined,
  )
}

describe('ndjson', () => {
  sourceSuite({
    runner: { describe, it },
    name: 'as a source, over three files',
    open: async () => {
      const expected = Array.from({ length: 40 }, (_, n) => ({ n, text: 'größer ✓'.repeat(n) }))
      const lines = expected.map((record) => JSON.stringify(record))
      const paths = [
        await file(`\uFEFF${lines.slice(0, 17).join('\r\n')}\r\n\r\n`),
        await file('\n \n'),
        await file(`\n${lines.slice(17).join('\n')}`),
      ]
      const source = ndjson(paths, { batchRecords: 6 })
      const signal = new AbortController().signal
      return {
        open: (position) => source.open({ position, signal, clock: systemClock }),
        expected,
        batchRecords: 6,
        foreignPositions: [
          { file: 0, name: 'another.ndjson', offset: 0, line: 0 },
          { file: 3, name: 'input-3.ndjson', offset: 0, line: 0 },
        ],
      }
    },
  })

  it('reads the same lines whatever the chunks in which bytes arrive', async () => {
    const value = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 20 }),
      fc.integer(),
      fc.constant(null),
    )
    const line = fc.tuple(value, fc.constantFrom('\n', '\r\n', '\n\n', '\n \r\n'))
    const property = fc.asyncProperty(
      fc.array(line, { minLength: 1, maxLength: 8 }),
      fc.integer({ min: 1, max: 9 }),
      fc.boolean(),
      async (lines, bytes, cut) => {
        const text = lines.map(([one, end]) => JSON.stringify(one) + end).join('')
        const path = await file(cut ? text.trimEnd() : text)
        const reading = await read(path, { files: shortReads(bytes), batchRecords: 3 })
        expect(reading.records).toEqual(lines.map(([one]) => one))
      },
    )
    await fc.assert(property, { numRuns: 60 })
  })

  it('reads lines longer than a chunk', async () => {
    const long = ['a', 'bü'].map((text) => text.repeat(400_000))
    expect(
      (await read(await file(long.map((text) => JSON.stringify(text)).join('\n')))).records,
    ).toEqual(long)
  })

  it('refuses a line over the limit, naming file and line', async () => {
    const path = await file('{}\n')
    let given = false
    const endless = {
      read: async (buffer: Buffer, at: number, length: number) => {
        buffer.fill('a', at, at + length)
        if (!given) buffer.write('{}\n', at)
        given = true
        return { bytesRead: length, buffer }
      },
      stat: async () => ({ size: 1e9, isFile: () => true }),
      close: async () => {},
    }
    const files: Files = { ...nodeFiles, open: async () => endless as unknown as FileHandle }
    await expect(read(path, { files })).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      message: expect.stringContaining(`${path} line 2`),
    })
  })

  it.each([
    {
      fault: 'in the middle',
      content: '{"a":1}\n\n{"a":1,"b":x}\n',
      says: 'line 3, column 12: not JSON from "x" on: {"a":1,"b":x} (mend',
    },
    {
      fault: 'at its end',
      content: '{"a":1}\r\n{"a":[1,2\r\n',
      says: 'line 2, column 10: the JSON ends too early: {"a":[1,2 (mend',
    },
    {
      fault: 'after its end',
      content: '{"a":1} x',
      says: 'line 1, column 9: not JSON from "x" on',
    },
    {
      fault: 'in its encoding',
      content: Buffer.from('["a","\xe9"]\n', 'latin1'),
      says: 'line 1, column 7: the line is not UTF-8',
    },
    {
      fault: 'far behind',
      content: `["${'a'.repeat(500)}",]`,
      says: 'line 1, column 505: not JSON from "]" on: …aaaaaaa',
    },
  ])('names file, line and column of a line that is wrong $fault', async ({ content, says }) => {
    const path = await file(content)
    await expect(read(path)).rejects.toMatchObject({
      code: 'BAD_RECORD',
      message: expect.stringContaining(`${path} ${says}`),
    })
  })

  it('goes on failing after a bad line instead of reading on behind it', async () => {
    const signal = new AbortController().signal
    const source = ndjson(await file('{}\n{}\nx\n{}\n'))
    const reader = await source.open({ position: undefined, signal, clock: systemClock })
    for (let time = 0; time < 2; time++)
      await expect(reader.read()).rejects.toMatchObject({ code: 'BAD_RECORD' })
    await reader[Symbol.asyncDispose]()
  })

  it('makes records with the given parse, whose errors are bad records', async () => {
    const path = await file('1,2\n3\n')
    const parse = (line: string): string[] => {
      if (!line.includes(',')) throw new Error('two columns, please')
      return line.split(',')
    }
    expect(await read(path, { parse, onBadRecord: 'skip' })).toMatchObject({
      records: [['1', '2']],
      skipped: 1,
    })
    await expect(read(path, { parse })).rejects.toThrowError(
      'line 2, column 1: two columns, please',
    )
  })

  it('keeps each bad line once as a dead letter, over restarts, reruns and a torn write', async () => {
    const path = await file('x\n{"n":1}\n{"n":2\n\n{"n":3}\nÿ"\n{"n":4}\n[')
    const deadLetter = join(folder, 'dead.ndjson')
    const options = { onBadRecord: { deadLetter }, batchRecords: 1 }
    const first = await read(path, options)
    expect(first).toMatchObject({ records: [{ n: 1 }, { n: 3 }, { n: 4 }], skipped: 4 })
    const letters = (await readFile(deadLetter, 'utf8')).trimEnd().split('\n')
    const found = letters.map((letter): unknown => JSON.parse(letter))
    expect(found).toEqual([
      { file: path, line: 1, offset: 0, error: 'column 1: not JSON from "x" on', raw: 'x' },
      {
        file: path,
        line: 3,
        offset: 10,
        error: 'column 7: the JSON ends too early',
        raw: '{"n":2',
      },
      { file: path, line: 6, offset: 26, error: 'column 1: not JSON from "ÿ" on', raw: 'ÿ"' },
      { file: path, line: 8, offset: 38, error: 'column 2: the JSON ends too early', raw: '[' },
    ])
    for (const position of [undefined, ...first.positions]) await read(path, options, position)
    expect((await readFile(deadLetter, 'utf8')).trimEnd().split('\n')).toEqual(letters)

    await writeFile(deadLetter, `${letters.slice(0, 2).join('\n')}\n${letters[2]?.slice(0, 20)}`)
    await read(path, options, first.positions[0])
    expect((await readFile(deadLetter, 'utf8')).trimEnd().split('\n')).toEqual([
      ...letters.slice(0, 2),
      letters[2]?.slice(0, 20),
      ...letters.slice(2),
    ])
  })

  it('has its dead letters on disk before it hands over the records after them', async () => {
    const deadLetter = join(folder, 'early.ndjson')
    const source = ndjson(await file('x\n1\n'), { onBadRecord: { deadLetter } })
    const signal = new AbortController().signal
    const reader = await source.open({ position: undefined, signal, clock: systemClock })
    expect((await reader.read())?.records).toEqual([1])
    expect(await readFile(deadLetter, 'utf8')).toContain('"raw":"x"')
    await reader[Symbol.asyncDispose]()
  })

  it('stops when dead letters cannot be written', async () => {
    const deadLetter = join(folder, 'full.ndjson')
    const files = failing('ENOSPC', deadLetter)
    await expect(
      read(await file('x\n1\n'), { onBadRecord: { deadLetter }, files }),
    ).rejects.toMatchObject({
      code: 'STORAGE_FULL',
      message: expect.stringContaining(deadLetter),
    })
  })

  it('notices missing and unreadable files when it opens, also later ones of the list', async () => {
    const good = await file('1\n')
    const missing = join(folder, 'nothing.ndjson')
    await expect(read([good, missing])).rejects.toMatchObject({
      code: 'INPUT_MISSING',
      message: expect.stringContaining(missing),
    })
    await expect(read([good, good], { files: failing('EACCES', good) })).rejects.toMatchObject({
      code: 'STORAGE_DENIED',
      message: expect.stringContaining(good),
    })
    await expect(read([good, folder])).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    expect(() => ndjson([])).toThrowError(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
  })

  it('refuses a position in a file that was cut or changed, but not in one that has grown', async () => {
    const path = await file('{"n":1}\n{"n":2}')
    const { positions } = await read(path, { batchRecords: 1 })
    await writeFile(path, '{"n":1}\n{"n":2}\n{"n":3}\n')
    expect((await read(path, {}, positions[1])).records).toEqual([{ n: 3 }])
    await writeFile(path, '{"n":100}\n{"n":2}')
    await expect(read(path, {}, positions[0])).rejects.toThrowError('no line begins at byte 8')
    await writeFile(path, '{}\n')
    await expect(read(path, {}, positions[1])).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining(`${path} has 3 bytes, but the checkpoint had read 15`),
    })
  })

  it('says that the list of files has changed', async () => {
    const [first, second] = [await file('1\n'), await file('2\n')]
    const { positions } = await read([first, second])
    await expect(read([first], {}, positions[1])).rejects.toThrowError(
      'list of input files has changed',
    )
    await expect(read([second, first], {}, positions[1])).rejects.toThrowError(
      'list of input files has changed',
    )
  })
})
