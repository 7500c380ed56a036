import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ByteWriter, compareBytes } from '../base/bytes.js'
import { writeMapKey, writeRowPrefix } from '../keygroup/row-key.js'
import { keyTypeOf } from '../state/key.js'
import { assembleRun } from './assemble.js'
import { APPEND, CLEAR, DELETE, PUT, type Row, type RowKind } from './format.js'
import { mergeRows } from './merge.js'
import { type RowBatch, RowEncoder } from './row-batch.js'
import { memoryRun, type RowCursor, RunReader } from './run-reader.js'
import type { BuiltRun } from './run-writer.js'
import { workerRunBuilder } from './worker-run-builder.js'

const STATE = { operator: 'op', state: 'map' }
const ALL = { first: 0, last: 65_535 }

/** One change of a run, as a test says it. */
interface Change {
  readonly key: number
  readonly mapKey: number | undefined
  readonly kind: RowKind
  readonly value: string
}

function batches(changes: readonly Change[]): RowBatch[] {
  const out: RowBatch[] = []
  const encoder = new RowEncoder((batch) => out.push(batch))
  encoder.section(STATE)
  for (const change of changes) {
    encoder.begin()
    writeRowPrefix(encoder.out, change.key % 4, change.key, 'long', undefined)
    if (change.mapKey !== undefined) writeMapKey(encoder.out, change.mapKey)
    encoder.value()
    if (change.kind === PUT || change.kind === APPEND) encoder.out.text(change.value)
    encoder.end(change.kind)
  }
  encoder.flush()
  return out
}

function bytesOf(run: BuiltRun): Uint8Array {
  return new Uint8Array(Buffer.concat(run.chunks))
}

async function build(changes: readonly Change[], below: Uint8Array[] = []): Promise<Uint8Array> {
  const run = await assembleRun(
    batches(changes),
    below.map((bytes) => ({ bytes })),
  )
  return run === undefined ? new Uint8Array(0) : bytesOf(run)
}

async function openAll(runs: readonly Uint8Array[]): Promise<RowCursor[]> {
  const readers = await Promise.all(
    runs.filter((run) => run.length > 0).map((run) => RunReader.open(memoryRun(run, 'test'))),
  )
  return readers.flatMap((reader) => {
    const section = reader.section(STATE)
    return section === undefined ? [] : [reader.rows(section, ALL)]
  })
}

async function alive(runs: readonly Uint8Array[]): Promise<Row[]> {
  const rows: Row[] = []
  for await (const batch of mergeRows(await openAll(runs), { bottom: true })) rows.push(...batch)
  return rows
}

/** What the changes of successive runs come to, by plain maps: row key in hex → operands. */
function oracle(runs: readonly (readonly Change[])[]): Map<string, string> {
  const lists = new Map<string, string>()
  for (const changes of runs) {
    const before = new Map(lists)
    for (const change of changes) {
      if (change.kind === CLEAR) {
        for (const key of before.keys()) if (key.startsWith(hexKey(change))) lists.delete(key)
      }
    }
    for (const change of changes) {
      const key = hexKey(change)
      const operand = hex((out) => out.text(change.value))
      if (change.kind === PUT) lists.set(key, operand)
      if (change.kind === APPEND) lists.set(key, (lists.get(key) ?? '') + operand)
      if (change.kind === DELETE) lists.delete(key)
    }
  }
  return lists
}

function hex(write: (out: ByteWriter) => void): string {
  const out = new ByteWriter()
  write(out)
  return Buffer.from(out.view()).toString('hex')
}

function hexKey(change: Change): string {
  return hex((out) => {
    writeRowPrefix(out, change.key % 4, change.key, 'long', undefined)
    if (change.mapKey !== undefined) writeMapKey(out, change.mapKey)
  })
}

function asMap(rows: readonly Row[]): Map<string, string> {
  return new Map(
    rows.map((row) => [
      Buffer.from(row.key).toString('hex'),
      Buffer.from(row.value).toString('hex'),
    ]),
  )
}

const change = fc.record({
  key: fc.integer({ min: 0, max: 6 }),
  mapKey: fc.option(fc.integer({ min: 0, max: 4 }), { nil: undefined }),
  kind: fc.constantFrom(PUT, DELETE, APPEND, CLEAR),
  value: fc.string({ maxLength: 6 }),
})

/** One row per row key; CLEAR has no map key and nothing else lacks one. */
const delta = fc
  .uniqueArray(change, { maxLength: 20, selector: (one) => `${one.key}/${one.mapKey}` })
  .map((all) => all.map((one) => (one.mapKey === undefined ? { ...one, kind: CLEAR } : fixed(one))))

function fixed(one: Change): Change {
  return one.kind === CLEAR ? { ...one, kind: DELETE } : one
}

describe('runs', () => {
  it('merge to what their changes come to, in one step or with any neighbours merged before', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(delta, { maxLength: 6 }), fc.nat(), async (deltas, split) => {
        const runs = await Promise.all(deltas.map((one) => build(one)))
        const expected = oracle(deltas)
        const rows = await alive(runs)
        expect(asMap(rows)).toEqual(expected)
        for (let i = 1; i < rows.length; i++) {
          expect(compareBytes((rows[i - 1] as Row).key, (rows[i] as Row).key)).toBeLessThan(0)
        }
        const at = deltas.length === 0 ? 0 : split % deltas.length
        const merged = await build(
          deltas[at + 1] ?? [],
          runs.slice(at, at + 1).filter((r) => r.length > 0),
        )
        expect(asMap(await alive([...runs.slice(0, at), merged, ...runs.slice(at + 2)]))).toEqual(
          expected,
        )
      }),
      { numRuns: 300 },
    )
  })

  it('find a single row by its key, and no row that is not there', async () => {
    const changes = Array.from({ length: 5000 }, (_, key) => ({
      key: key * 2,
      mapKey: undefined,
      kind: PUT,
      value: `v${key}`,
    }))
    const reader = await RunReader.open(memoryRun(await build(changes), 'test'))
    const section = reader.sections[0]
    expect(section?.blocks.length).toBeGreaterThan(1)
    for (const key of [0, 2, 4998, 9998, 1, 9999, 10_000]) {
      const out = new ByteWriter()
      writeRowPrefix(out, key % 4, key, keyTypeOf(key), undefined)
      const row = section && (await reader.find(section, out.view()))
      expect(row !== undefined, `key ${key}`).toBe(key % 2 === 0 && key < 10_000)
    }
  })

  it('give exactly the rows of a key-group range', async () => {
    const changes = Array.from({ length: 3000 }, (_, key) => ({
      key,
      mapKey: undefined,
      kind: PUT,
      value: '',
    }))
    const reader = await RunReader.open(memoryRun(await build(changes), 'test'))
    const section = reader.sections[0]
    if (section === undefined) throw new Error('no section')
    for (const range of [
      { first: 1, last: 2 },
      { first: 3, last: 3 },
      { first: 4, last: 9 },
    ]) {
      const cursor = reader.rows(section, range)
      let count = 0
      for (let rows = await cursor.next(); rows !== undefined; rows = await cursor.next())
        count += rows.length
      expect(count).toBe(
        changes.filter(({ key }) => key % 4 >= range.first && key % 4 <= range.last).length,
      )
    }
  })

  it('are the same bytes from the worker thread as from this one', async () => {
    const changes = Array.from({ length: 2000 }, (_, key) => ({
      key,
      mapKey: key % 3,
      kind: PUT,
      value: `${key}`,
    }))
    const below = await build(changes.slice(0, 500).map((one) => ({ ...one, value: 'old' })))
    const here = await assembleRun(batches(changes), [{ bytes: below }])
    await using builder = workerRunBuilder()
    const run = builder.begin()
    for (const batch of batches(changes)) run.add(batch)
    const there = await run.finish([{ bytes: below }])
    expect(there?.sha256).toBe(here?.sha256)
    expect(there && bytesOf(there)).toEqual(here && bytesOf(here))
  })

  it('write nothing for an empty delta', async () => {
    expect(await assembleRun([], [])).toBeUndefined()
  })

  it('never yield a wrong row when any one byte is changed or the end is cut off', async () => {
    const changes = [1, 2, 3].map((key) => ({ key, mapKey: key, kind: PUT, value: `value ${key}` }))
    const good = await build(changes)
    const expected = asMap(await alive([good]))
    let detected = 0
    const attempt = async (bytes: Uint8Array): Promise<void> => {
      try {
        expect(asMap(await alive([bytes]))).toEqual(expected)
      } catch (error) {
        detected++
        expect(['CORRUPT', 'NEWER_FORMAT']).toContain((error as { code?: string }).code)
      }
    }
    for (let i = 0; i < good.length; i++) {
      for (const mask of [0x01, 0x80, 0xff]) {
        const bad = good.slice()
        bad[i] = (bad[i] as number) ^ mask
        await attempt(bad)
      }
      if (i > 0) await attempt(good.slice(0, i))
    }
    expect(detected).toBeGreaterThan(good.length * 3)
  })
})
