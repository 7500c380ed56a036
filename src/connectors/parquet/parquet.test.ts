import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../base/clock.js'
import type { Json } from '../../base/json.js'
import type { SourceReader } from '../../runtime/source.js'
import { sourceSuite } from '../../testing/source-suite.js'
import { type TinyColumn, type TinyRows, tinyParquet } from '../../testing/tiny-parquet.js'
import { startGroupDecoder } from './group-decoder.js'
import { type ParquetOptions, parquetSource } from './reader.js'

let folder: string
let fileCount = 0
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-parquet-'))
})
afterAll(() => rm(folder, { recursive: true }))

async function file(bytes: Uint8Array): Promise<string> {
  const path = join(folder, `input-${fileCount++}.parquet`)
  await writeFile(path, bytes)
  return path
}

/** A reader that decodes in this thread. */
async function open(
  paths: string | readonly string[],
  options: ParquetOptions = {},
  position?: Json,
): Promise<SourceReader<unknown>> {
  const source = parquetSource(paths, options, (request) => startGroupDecoder(request))
  return source.open({ position, signal: new AbortController().signal, clock: systemClock })
}

async function read(
  paths: string | readonly string[],
  options: ParquetOptions = {},
  position?: Json,
): Promise<unknown[]> {
  const reader = await open(paths, options, position)
  try {
    const records: unknown[] = []
    for (let batch = await reader.read(); batch !== undefined; batch = await reader.read()) {
      records.push(...batch.records)
    }
    return records
  } finally {
    await reader[Symbol.asyncDispose]()
  }
}

const NUMBERED: readonly TinyColumn[] = [
  { name: 'n', type: 'int64' },
  { name: 'text', type: 'text', optional: true },
]

function numbered(from: number, to: number): { n: bigint; text: string | null }[] {
  return Array.from({ length: to - from }, (_, i) => ({
    n: BigInt(from + i),
    text: (from + i) % 3 === 0 ? null : `größer ${(from + i) % 4}`,
  }))
}

const asRecords = (rows: TinyRows): unknown[] => rows.map((row) => ({ ...row, n: Number(row.n) }))

describe('parquet', () => {
  sourceSuite({
    runner: { describe, it },
    name: 'as a source, over three files of several row groups',
    open: async () => {
      const paths = [
        await file(tinyParquet(NUMBERED, [numbered(0, 7), [], numbered(7, 12)])),
        await file(tinyParquet(NUMBERED, [])),
        await file(tinyParquet(NUMBERED, [numbered(12, 13), numbered(13, 33)])),
      ]
      return {
        open: (position) => open(paths, { batchRecords: 4 }, position),
        expected: asRecords(numbered(0, 33)),
        batchRecords: 4,
        foreignPositions: [
          { file: 0, name: 'another.parquet', row: 0 },
          { file: 0, name: `input-${fileCount - 3}.parquet`, row: 13 },
        ],
      }
    },
  })

  it('reads every type, with and without nulls, as the record promises', async () => {
    const types: Readonly<
      Record<TinyColumn['type'], readonly [written: unknown[], read: unknown[]]>
    > = {
      boolean: [
        [true, false, true],
        [true, false, true],
      ],
      int32: [
        [1, -2, 2 ** 31 - 1],
        [1, -2, 2 ** 31 - 1],
      ],
      date: [
        [0, -1, 11_323],
        [0, -86_400_000, Date.UTC(2001, 0, 1)],
      ],
      int64: [
        [1n, -(2n ** 53n) + 1n, 2n ** 53n - 1n],
        [1, -(2 ** 53) + 1, 2 ** 53 - 1],
      ],
      milliseconds: [
        [0n, -1n, 978_307_260_000n],
        [0, -1, 978_307_260_000],
      ],
      microseconds: [
        [0n, -1n, 978_307_260_000_999n],
        [0, -1, 978_307_260_000],
      ],
      double: [
        [0.5, -0, Number.NaN],
        [0.5, -0, Number.NaN],
      ],
      text: [
        ['', 'größer', 'a'],
        ['', 'größer', 'a'],
      ],
      bytes: [
        [Uint8Array.of(1, 2, 3, 4), Uint8Array.of(0, 0, 0, 0), Uint8Array.of(9, 9, 9, 9)],
        [Uint8Array.of(1, 2, 3, 4), Uint8Array.of(0, 0, 0, 0), Uint8Array.of(9, 9, 9, 9)],
      ],
    }
    const columns: TinyColumn[] = []
    const rows: Record<string, unknown>[] = [{}, {}, {}, {}]
    const expected: Record<string, unknown>[] = [{}, {}, {}, {}]
    for (const [type, [written, found]] of Object.entries(types)) {
      for (const optional of [false, true]) {
        const name = `${type}${optional ? ' or null' : ''}`
        columns.push({ name, type: type as TinyColumn['type'], optional })
        // The last row is a null, or the first value again.
        for (const [i, row] of rows.entries())
          row[name] = written[i] ?? (optional ? null : written[0])
        for (const [i, row] of expected.entries())
          row[name] = found[i] ?? (optional ? null : found[0])
      }
    }
    expect(await read(await file(tinyParquet(columns, [rows])))).toEqual(expected)
  })

  it('keeps the sign of zero, and no more memory than the values need', async () => {
    const columns: readonly TinyColumn[] = [
      { name: 'zero', type: 'double' },
      { name: 'bytes', type: 'bytes' },
    ]
    const row = { zero: -0, bytes: Uint8Array.of(1, 2, 3, 4) }
    const [record] = await read(await file(tinyParquet(columns, [[row]])))
    expect(record).toEqual(row)
    expect(record).toHaveProperty('bytes.buffer.byteLength', 4)
  })

  it('reads INT64 as bigint in the row groups where a value is not a safe integer', async () => {
    const columns: readonly TinyColumn[] = [{ name: 'n', type: 'int64', optional: true }]
    for (const large of [2n ** 53n, -(2n ** 53n), 2n ** 63n - 1n]) {
      const path = await file(
        tinyParquet(columns, [[{ n: 1n }], [{ n: 1n }, { n: null }, { n: large }]]),
      )
      expect(await read(path)).toEqual([{ n: 1 }, { n: 1n }, { n: null }, { n: large }])
    }
  })

  it('reads the columns asked for, in the order asked for', async () => {
    const path = await file(tinyParquet(NUMBERED, [numbered(1, 2)]))
    const [record] = await read(path, { columns: ['text', 'n'] })
    expect(Object.entries(record as object)).toEqual([
      ['text', 'größer 1'],
      ['n', 1],
    ])
    expect(await read(path, { columns: ['n'] })).toEqual([{ n: 1 }])
    await expect(read(path, { columns: ['m'] })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: `${path} has no column "m"; it has n, text`,
    })
    for (const columns of [[], ['n', 'n']]) {
      await expect(read(path, { columns })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    }
  })

  it('keeps a column named __proto__ a column', async () => {
    const path = await file(
      tinyParquet([{ name: '__proto__', type: 'int32' }], [[{ ['__proto__']: 7 }]]),
    )
    const [record] = await read(path)
    expect(Object.getOwnPropertyDescriptor(record, '__proto__')?.value).toBe(7)
  })

  it('goes through a row group larger than a slice without losing a row', async () => {
    const rows = numbered(0, 33_001)
    const path = await file(tinyParquet(NUMBERED, [rows]))
    expect(await read(path)).toEqual(asRecords(rows))
    const position = { file: 0, name: `input-${fileCount - 1}.parquet`, row: 15_999 }
    expect(await read(path, {}, position)).toEqual(asRecords(rows.slice(15_999)))
  })

  it('decodes nothing before the row group it starts in, and names the rows it cannot decode', async () => {
    const bytes = tinyParquet(NUMBERED, [numbered(0, 10), numbered(10, 20)])
    bytes.fill(0xff, 4, 40)
    const path = await file(bytes)
    const at = (row: number): Json => ({ file: 0, name: `input-${fileCount - 1}.parquet`, row })
    expect(await read(path, {}, at(10))).toEqual(asRecords(numbered(10, 20)))
    await expect(read(path, {}, at(9))).rejects.toMatchObject({
      code: 'BAD_RECORD',
      message: expect.stringContaining(`${path} rows 0 to 9 cannot be decoded`),
    })
  })

  it('refuses files that are missing, cut, no Parquet at all, or shorter than the checkpoint', async () => {
    const good = tinyParquet(NUMBERED, [numbered(0, 10)])
    const path = await file(good)
    const missing = join(folder, 'nothing.parquet')
    await expect(read([path, missing])).rejects.toMatchObject({
      code: 'INPUT_MISSING',
      message: expect.stringContaining(missing),
    })
    for (const bytes of [
      good.subarray(0, -1),
      good.subarray(0, 20),
      new Uint8Array(0),
      new Uint8Array(100),
    ]) {
      const broken = await file(bytes)
      await expect(read(broken)).rejects.toMatchObject({
        code: 'CORRUPT',
        message: expect.stringContaining(`${broken} is not a complete Parquet file`),
      })
    }
    const position = { file: 0, name: `input-${fileCount - 5}.parquet`, row: 11 }
    await expect(read(path, {}, position)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining(`${path} has 10 rows, but the checkpoint had read 11`),
    })
  })
})
