/** Key groups and filter hashes for the second reader; see reader.ts. Imports nothing of src. */
import { demand } from './reader-cursor.js'
import type { Key } from './reader-keys.js'

/** The key group of a key, by the hash `java-murmur`. */
export function keyGroupOf(key: Key, keyType: string, maxParallelism: number): number {
  let h = Math.imul(javaHash(key, keyType), 0xcc9e2d51)
  h = Math.imul(rotl(h, 15), 0x1b873593)
  h = (Math.imul(rotl(h, 13), 5) + 0xe6546b64) | 0
  h = finished(h ^ 4) | 0
  return (h === -(2 ** 31) ? 0 : Math.abs(h)) % maxParallelism
}

/** @param keyType as in the manifest */
function javaHash(key: Key, keyType: string): number {
  const bits = new DataView(new ArrayBuffer(8))
  switch (keyType) {
    case 'string':
      return polynomial(
        0,
        Array.from({ length: String(key).length }, (_, i) => String(key).charCodeAt(i)),
      )
    case 'long':
    case 'bigint':
      bits.setBigInt64(0, BigInt(key as number | bigint))
      return bits.getInt32(0) ^ bits.getInt32(4)
    case 'double':
      bits.setFloat64(0, Number(key))
      return bits.getInt32(0) ^ bits.getInt32(4)
    case 'boolean':
      return key ? 1231 : 1237
    case 'bytes':
      return polynomial(1, [...new Int8Array(key as Uint8Array)])
  }
  const [, kind = '', inner = ''] = /^(tuple|struct)\((.*)\)$/.exec(keyType) ?? []
  demand(kind !== '', `the key type ${keyType}`)
  const hashes = split(inner).map((part, i) => {
    if (kind === 'tuple') return javaHash((key as readonly Key[])[i] as Key, part)
    const colon = part.indexOf(':')
    const value = Object.getOwnPropertyDescriptor(key, part.slice(0, colon))?.value
    return javaHash(value, part.slice(colon + 1))
  })
  return polynomial(0, hashes)
}

function polynomial(start: number, terms: readonly number[]): number {
  return terms.reduce((hash, term) => (Math.imul(31, hash) + term) | 0, start)
}

/** What is between the commas that are in no brackets of their own. */
function split(types: string): string[] {
  const parts = ['']
  let depth = 0
  for (const unit of types) {
    if (unit === '(') depth++
    if (unit === ')') depth--
    if (unit === ',' && depth === 0) parts.push('')
    else parts.push(`${parts.pop()}${unit}`)
  }
  return parts
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
