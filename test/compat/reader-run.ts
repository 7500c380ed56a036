/** Runs for the second reader, after docs/format/run-format.md; see reader.ts. Imports nothing of src. */
import { crc32, inflateRawSync } from 'node:zlib'
import { Cursor, demand, Refused } from './reader-cursor.js'
import { filterHas } from './reader-hash.js'
import { readRowKey } from './reader-keys.js'

const MAGIC = '\x89HFRUN\r\n'
const KINDS = ['put', 'delete', 'append', 'clear'] as const

/** One row. */
export interface ReadRow {
  /** Its row key in hex, which sorts as the bytes do. */
  readonly hex: string
  readonly keyGroup: number
  readonly key: Uint8Array
  readonly kind: (typeof KINDS)[number]
  readonly timestamp: number | undefined
  readonly value: Uint8Array
}

/** All rows of one state of one operator. */
export interface ReadSection {
  readonly operator: string
  readonly state: string
  readonly rows: readonly ReadRow[]
  /** Of each block: its rows before compression, and as they are stored. */
  readonly blocks: readonly { readonly raw: Uint8Array; readonly stored: Uint8Array }[]
}

/** Reads a run and checks all it says of itself. */
export function readRun(run: Uint8Array): ReadSection[] {
  demand(run.length >= 40, 'too short for a run')
  demand(latin1(run.subarray(0, 8)) === MAGIC, 'no magic at the start')
  const trailer = new Cursor(run.subarray(-32))
  const [offset, length, crc] = [trailer.u64(), trailer.u32(), trailer.u32()]
  const [encryption, draft, version, trailerCrc] = [
    trailer.u8(),
    trailer.u8(),
    trailer.u16(),
    trailer.u32(),
  ]
  demand(latin1(trailer.take(8)) === MAGIC, 'no magic at the end')
  demand(crc32(run.subarray(-32, -12)) === trailerCrc, 'the CRC of the trailer')
  demand(version === 1 && draft === 2 && encryption === 0, 'another format', 'NEWER_FORMAT')
  demand(length <= 268_435_456 && offset + length + 32 === run.length, 'the place of the footer')
  const footer = new Cursor(run.subarray(offset, -32))
  demand(crc32(footer.bytes) === crc, 'the CRC of the footer')
  const sections = footer.list(() => readSection(footer, run.subarray(0, offset)))
  demand(footer.done, 'bytes after the last section')
  return sections
}

function readSection(footer: Cursor, before: Uint8Array): ReadSection {
  const part = (offset: number, length: number): Uint8Array => {
    demand(offset + length <= before.length, 'a part of the run beyond the footer')
    return before.subarray(offset, offset + length)
  }
  const operator = utf8(footer.prefixed(765))
  const state = utf8(footer.prefixed(765))
  const blocks = footer.list(() => {
    const stored = part(footer.varint(), footer.varint())
    const read = readBlock(stored, footer.varint())
    demand(same(read.rows[0]?.key, footer.prefixed()), 'the first key of a block')
    return read
  })
  const rows = blocks.flatMap((block) => block.rows)
  demand(same(rows.at(-1)?.key, footer.prefixed()), 'the last key of a section')
  checkKeyGroups(footer, blocks)
  for (const kind of KINDS) {
    demand(rows.filter((row) => row.kind === kind).length === footer.varint(), `rows: ${kind}`)
  }
  const rawBytes = rows.reduce((sum, row) => sum + row.key.length + row.value.length, 0)
  demand(footer.varint() === rawBytes, 'the raw bytes')
  const times = rows.flatMap((row) => (row.timestamp === undefined ? [] : [row.timestamp]))
  const bounds = times.length === 0 ? [0, 0] : [Math.min(...times), Math.max(...times)]
  for (const bound of bounds) {
    demand(footer.varint() === (bound < 0 ? -2 * bound - 1 : 2 * bound), 'a bound of timestamps')
  }
  const filter = part(footer.varint(), footer.varint())
  demand(crc32(filter) === footer.u32(), 'the CRC of a filter')
  demand(filter.length === Math.max(8, Math.ceil((10 * rows.length) / 8)), 'the size of a filter')
  demand(
    rows.every((row, i) => filterHas(filter, row.key) && (rows[i - 1]?.hex ?? '') < row.hex),
    'a row that the filter denies, or in the wrong place',
  )
  return { operator, state, rows, blocks }
}

/** The index says of each key group in which block its first row is. */
function checkKeyGroups(footer: Cursor, blocks: readonly { rows: readonly ReadRow[] }[]): void {
  const first = new Map<number, number>()
  for (const [i, block] of blocks.entries()) {
    for (const row of block.rows) {
      if (!first.has(row.keyGroup)) first.set(row.keyGroup, i)
    }
  }
  const listed = footer.list(() => [footer.varint(), footer.varint()])
  demand(JSON.stringify(listed) === JSON.stringify([...first]), 'the index of key groups')
}

function readBlock(block: Uint8Array, rowCount: number) {
  const header = new Cursor(block)
  const [codec, encryption, schema] = [header.u8(), header.u8(), header.u16()]
  const [rawLength, storedLength, rows] = [header.u32(), header.u32(), header.u32()]
  const stored = header.take(storedLength)
  demand(header.u32() === crc32(block.subarray(0, -4)) && header.done, 'the CRC of a block')
  demand(encryption === 0 && codec <= 1 && schema === 0, 'a newer block', 'NEWER_FORMAT')
  demand(rawLength <= 136_314_880 && rows === rowCount && rows > 0, 'the size of a block')
  const raw = codec === 0 ? stored : inflated(stored, rawLength)
  demand(raw.length === rawLength, 'the raw length of a block')
  return { raw, stored, rows: readRows(new Cursor(raw), rows) }
}

function inflated(stored: Uint8Array, rawLength: number): Uint8Array {
  try {
    return inflateRawSync(stored, { maxOutputLength: Math.max(1, rawLength) })
  } catch {
    throw new Refused('CORRUPT', 'rows that do not inflate')
  }
}

function readRows(from: Cursor, count: number): ReadRow[] {
  let last: Uint8Array = new Uint8Array(0)
  const rows = Array.from({ length: count }, () => {
    const [shared, rest] = [from.varint(), from.varint()]
    demand(shared <= last.length && shared + rest <= 3_145_730, 'the length of a row key')
    last = Uint8Array.from([...last.subarray(0, shared), ...from.take(rest)])
    const flags = from.u8()
    const kind = KINDS[flags & 3]
    demand(flags < 8 && kind !== undefined, `the flags ${flags}`)
    const timestamp = (flags & 4) === 0 ? undefined : from.i64()
    demand(Math.abs(timestamp ?? 0) < 2 ** 52, 'the timestamp')
    const hasValue = kind === 'put' || kind === 'append'
    const value = hasValue ? from.prefixed() : new Uint8Array(0)
    return {
      hex: hex(last),
      keyGroup: readRowKey(last).keyGroup,
      key: last,
      kind,
      timestamp,
      value,
    }
  })
  demand(from.done, 'bytes after the last row')
  return rows
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1')
}

function utf8(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes)
}

function same(a: Uint8Array | undefined, b: Uint8Array): boolean {
  return a !== undefined && Buffer.compare(a, b) === 0
}
