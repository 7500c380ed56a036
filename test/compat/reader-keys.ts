/** Row keys, key groups and filter hashes for the second reader; see reader.ts. Imports nothing of src. */
import { Cursor, demand, Refused } from './reader-cursor.js'

export type Key = string | number | boolean

/** A row key, decoded. */
export interface RowKey {
  readonly keyGroup: number
  readonly key: Key
  readonly mapKey: Key | undefined
  /** Bytes up to and including the namespace. */
  readonly prefixLength: number
}

export function readRowKey(bytes: Uint8Array): RowKey {
  const from = new Cursor(bytes)
  const keyGroup = from.view(2).getUint16(0)
  const key = readPart(from)
  demand(key !== undefined, 'a void key')
  readPart(from)
  const prefixLength = from.at
  const mapKey = from.done ? undefined : readPart(from)
  demand(from.done, 'bytes after the map key')
  demand(mapKey !== undefined || prefixLength === bytes.length, 'a void map key')
  return { keyGroup, key, mapKey, prefixLength }
}

const SIGN = 1n << 63n

/** `undefined`: void. */
function readPart(from: Cursor): Key | undefined {
  const tag = from.u8()
  if (tag === 1) return undefined
  if (tag === 2 || tag === 3) return tag === 3
  if (tag === 4) {
    const value = Number(BigInt.asIntN(64, from.view(8).getBigUint64(0) ^ SIGN))
    demand(Number.isSafeInteger(value), 'a long beyond 2^53 - 1')
    return value
  }
  if (tag === 5) {
    const stored = from.view(8).getBigUint64(0)
    const bits = new DataView(new ArrayBuffer(8))
    bits.setBigUint64(0, stored >= SIGN ? stored ^ SIGN : BigInt.asUintN(64, ~stored))
    demand(!Number.isNaN(bits.getFloat64(0)), 'NaN as a key')
    return bits.getFloat64(0)
  }
  demand(tag === 6, `the key tag ${tag}`)
  return readText(from)
}

function readText(from: Cursor): string {
  let text = ''
  for (;;) {
    const lead = from.u8()
    if (lead === 0) {
      const next = from.u8()
      if (next === 1) return text
      demand(next === 0xff, 'a zero byte that is not escaped')
    }
    const more = lead < 0x80 ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3
    let code = more === 0 ? lead : lead & (0x3f >> more)
    for (let i = 0; i < more; i++) code = (code << 6) | (from.u8() & 0x3f)
    demand(code <= 0x10ffff, 'a code point beyond U+10FFFF')
    text += String.fromCodePoint(code)
  }
}

/** The key group of a key, by the hash `java-murmur`. */
export function keyGroupOf(key: Key, keyType: string, maxParallelism: number): number {
  let h = Math.imul(javaHash(key, keyType), 0xcc9e2d51)
  h = Math.imul(rotl(h, 15), 0x1b873593)
  h = (Math.imul(rotl(h, 13), 5) + 0xe6546b64) | 0
  h = finished(h ^ 4) | 0
  return (h === -(2 ** 31) ? 0 : Math.abs(h)) % maxParallelism
}

function javaHash(key: Key, keyType: string): number {
  const bits = new DataView(new ArrayBuffer(8))
  switch (keyType) {
    case 'string': {
      let hash = 0
      for (const unit of Array.from({ length: String(key).length }, (_, i) => i)) {
        hash = (Math.imul(31, hash) + String(key).charCodeAt(unit)) | 0
      }
      return hash
    }
    case 'long':
      bits.setBigInt64(0, BigInt(Number(key)))
      return bits.getInt32(0) ^ bits.getInt32(4)
    case 'double':
      bits.setFloat64(0, Number(key))
      return bits.getInt32(0) ^ bits.getInt32(4)
    case 'boolean':
      return key ? 1231 : 1237
    default:
      throw new Refused('CORRUPT', `the key type ${keyType}`)
  }
}

function rotl(word: number, by: number): number {
  return (word << by) | (word >>> (32 - by))
}

function finished(word: number): number {
  let h = Math.imul(word ^ (word >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

/** MurmurHash3_x86_32 with seed 0. */
function murmur3(bytes: Uint8Array): number {
  let h = 0
  for (let at = 0; at < bytes.length; at += 4) {
    let word = 0
    const some = bytes.subarray(at, at + 4)
    for (const byte of some.toReversed()) word = (word << 8) | byte
    h ^= Math.imul(rotl(Math.imul(word, 0xcc9e2d51), 15), 0x1b873593)
    if (some.length === 4) h = (Math.imul(rotl(h, 13), 5) + 0xe6546b64) | 0
  }
  return finished(h ^ bytes.length)
}

/** Whether a filter says that a row key may be there. */
export function filterHas(filter: Uint8Array, rowKey: Uint8Array): boolean {
  const hash = murmur3(rowKey)
  const step = rotl(hash, 15) >>> 0
  for (let i = 0; i < 7; i++) {
    const bit = ((hash + i * step) % 2 ** 32) % (8 * filter.length)
    if ((((filter[Math.floor(bit / 8)] ?? 0) >> (bit % 8)) & 1) === 0) return false
  }
  return true
}
