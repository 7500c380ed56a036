/**
 * One block of a run: up to about 16 KiB of rows, keys prefix-compressed, deflated if that helps, with a
 * CRC-32 over header and payload (docs/format/run-format.md, "Block").
 */
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { ByteReader, ByteWriter } from '../base/bytes.js'
import { crc32 } from '../base/checksums.js'
import { HoldfastError } from '../base/errors.js'
import { LIMITS } from '../base/limits.js'
import {
  APPEND,
  BLOCK_HEADER_BYTES,
  BLOCK_TRAILER_BYTES,
  CODEC_DEFLATE,
  CODEC_NONE,
  ENCRYPTION_NONE,
  HAS_TIMESTAMP,
  KIND_MASK,
  PUT,
  type Row,
  type RowKind,
} from './format.js'

/** The largest row key: a key group, then key, namespace and map key. */
const ROW_KEY_BYTES_MAX = 2 + 3 * LIMITS.keyBytesMax

/** Fills one block after another with rows. */
export class BlockWriter {
  readonly #raw = new ByteWriter(LIMITS.blockBytesTarget * 2)
  #lastKey: Uint8Array = new Uint8Array(0)
  #rows = 0

  /** Rows in the open block. */
  get rows(): number {
    return this.#rows
  }

  /** Raw bytes of the open block. */
  get rawBytes(): number {
    return this.#raw.length
  }

  /** Appends a row. Requires: its key is greater than the last one's. */
  add(row: Row): void {
    const raw = this.#raw
    const shared = sharedPrefix(this.#lastKey, row.key)
    raw.varint(shared)
    raw.varint(row.key.length - shared)
    raw.put(row.key.subarray(shared))
    raw.u8(row.timestamp === undefined ? row.kind : row.kind | HAS_TIMESTAMP)
    if (row.timestamp !== undefined) raw.i64(row.timestamp)
    if (row.kind === PUT || row.kind === APPEND) {
      raw.varint(row.value.length)
      raw.put(row.value)
    }
    this.#lastKey = row.key
    this.#rows++
  }

  /** The block's bytes as they go to disk; the next block is open then. */
  finish(schema: number): Uint8Array {
    const raw = this.#raw.view()
    const deflated = deflateRawSync(raw, { level: 1 })
    const smaller = deflated.length < raw.length
    const payload = smaller ? deflated : raw
    const block = new ByteWriter(BLOCK_HEADER_BYTES + payload.length + BLOCK_TRAILER_BYTES)
    block.u8(smaller ? CODEC_DEFLATE : CODEC_NONE)
    block.u8(ENCRYPTION_NONE)
    block.u16(schema)
    block.u32(raw.length)
    block.u32(payload.length)
    block.u32(this.#rows)
    block.put(payload)
    block.u32(crc32(block.view()))
    this.#raw.length = 0
    this.#rows = 0
    this.#lastKey = new Uint8Array(0)
    return block.view()
  }
}

function sharedPrefix(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length)
  let shared = 0
  while (shared < length && a[shared] === b[shared]) shared++
  return shared
}

/**
 * The rows of a block. Everything is checked: CRC, codec, sizes, counts.
 * @param what the run and block, for the error
 * @throws `CORRUPT`
 */
export function readBlock(block: Uint8Array, what: string): Row[] {
  const raw = rawRows(block, what)
  const from = new ByteReader(raw.bytes, what)
  const rows: Row[] = []
  let key: Uint8Array = new Uint8Array(0)
  for (let i = 0; i < raw.rows; i++) {
    const row = readRow(from, key)
    key = row.key
    rows.push(row)
  }
  if (!from.done) from.fail('bytes after the last row')
  return rows
}

function readRow(from: ByteReader, lastKey: Uint8Array): Row {
  const shared = from.varint()
  const rest = from.varint()
  if (shared > lastKey.length) from.fail('a key that shares more than there is')
  if (shared + rest > ROW_KEY_BYTES_MAX) from.fail('a key that is too long')
  const suffix = from.take(rest)
  const key = new Uint8Array(shared + rest)
  key.set(lastKey.subarray(0, shared))
  key.set(suffix, shared)
  const flags = from.u8()
  if ((flags & ~(KIND_MASK | HAS_TIMESTAMP)) !== 0) from.fail(`unknown flags ${flags}`)
  const kind = (flags & KIND_MASK) as RowKind
  const timestamp = (flags & HAS_TIMESTAMP) === 0 ? undefined : from.i64()
  if (Math.abs(timestamp ?? 0) > LIMITS.timestampMsMax) from.fail('a timestamp out of all bounds')
  const value = kind === PUT || kind === APPEND ? from.take(from.varint()) : EMPTY
  return { key, kind, timestamp, value }
}

const EMPTY = new Uint8Array(0)

function rawRows(block: Uint8Array, what: string): { bytes: Uint8Array; rows: number } {
  const from = new ByteReader(block, what)
  const codec = from.u8()
  const encryption = from.u8()
  const schema = from.u16()
  const rawLength = from.u32()
  const payloadLength = from.u32()
  const rows = from.u32()
  const payload = from.take(payloadLength)
  const covered = from.offset
  const expected = from.u32()
  if (!from.done) from.fail('bytes after the block')
  if (crc32(block.subarray(0, covered)) !== expected)
    from.fail('the CRC of the block does not match')
  if (schema !== 0) {
    throw new HoldfastError('NEWER_FORMAT', `${what}: schema ${schema} is not known here`)
  }
  if (encryption !== ENCRYPTION_NONE) {
    throw new HoldfastError('NEWER_FORMAT', `${what}: encryption ${encryption} is not known here`)
  }
  if (rawLength > LIMITS.blockBytesMax) from.fail(`a block of ${rawLength} bytes`)
  if (codec === CODEC_NONE) {
    if (rawLength !== payloadLength) from.fail('a payload of another size than its rows')
    return { bytes: payload, rows }
  }
  if (codec !== CODEC_DEFLATE) {
    throw new HoldfastError('NEWER_FORMAT', `${what}: codec ${codec} is not known here`)
  }
  return { bytes: inflate(payload, rawLength, from), rows }
}

function inflate(payload: Uint8Array, rawLength: number, from: ByteReader): Uint8Array {
  try {
    const bytes = inflateRawSync(payload, { maxOutputLength: Math.max(1, rawLength) })
    if (bytes.length === rawLength) return bytes
  } catch {
    // Told below: the payload is not what the writer deflated.
  }
  return from.fail('the compressed rows do not inflate')
}
