/**
 * Which key group a key belongs to: Java's `hashCode` of the key's type, then Flink's murmur, so that key
 * groups are Flink's own (`KeyGroupRangeAssignment`, `MathUtils.murmurHash`). Never changes: a key's group is
 * part of every file. The hash's name in manifests is {@link KEY_HASH}.
 */
import { isTuple, type Key, type KeyShape, type KeyType, keyShape } from '../state/key-shape.js'

/** The name of this hash, kept in the manifest. */
export const KEY_HASH = 'java-murmur'

const TRUE_HASH = 1231
const FALSE_HASH = 1237
const TWO_32 = 4_294_967_296

/**
 * The key group of a key: `murmur(hashCode(key)) mod maxParallelism`.
 * Requires: `key` passed `checkedKey` for this type, `1 <= maxParallelism <= 32768`.
 */
export function keyGroupOf(key: Key, type: KeyType, maxParallelism: number): number {
  return murmur(javaHash(key, type)) % maxParallelism
}

/**
 * Java's `hashCode()` of a String, Long, Double, Boolean or Flink tuple, as a signed 32-bit integer. A bigint is a Long.
 * Bytes have `Arrays.hashCode(byte[])`, and a struct is hashed as the tuple of its values in order of the fields' names:
 * these two are our own choice, as Flink takes neither arrays nor objects without a class as keys.
 */
export function javaHash(key: Key, type: KeyType): number {
  if (typeof key === 'string') return hashString(key)
  if (typeof key === 'number') return type === 'double' ? hashDouble(key) : hashLong(key)
  if (typeof key === 'boolean') return key ? TRUE_HASH : FALSE_HASH
  return hashPart(key, keyShape(type))
}

function hashPart(key: Key, shape: KeyShape): number {
  switch (typeof key) {
    case 'string':
      return hashString(key)
    case 'number':
      return shape.kind === 'double' ? hashDouble(key) : hashLong(key)
    case 'boolean':
      return key ? TRUE_HASH : FALSE_HASH
    case 'bigint':
      return hashBigint(key)
    default:
      if (key instanceof Uint8Array) return hashBytes(key)
      return hashParts(key, shape)
  }
}

/** Flink's tuples: the first element's hash, then 31 times that plus the next. */
function hashParts(
  key: Exclude<Key, string | number | bigint | boolean | Uint8Array>,
  { names, parts }: KeyShape,
): number {
  let hash = 0
  for (let i = 0; i < parts.length; i++) {
    const part = isTuple(key) ? key[i] : key[names[i] as string]
    hash = (Math.imul(hash, 31) + hashPart(part as Key, parts[i] as KeyShape)) | 0
  }
  return hash
}

function hashBytes(key: Uint8Array): number {
  let hash = 1
  for (let i = 0; i < key.length; i++) {
    // As Java's bytes, which are signed.
    hash = (Math.imul(hash, 31) + (((key[i] as number) << 24) >> 24)) | 0
  }
  return hash
}

function hashString(key: string): number {
  let hash = 0
  for (let i = 0; i < key.length; i++) hash = (Math.imul(hash, 31) + key.charCodeAt(i)) | 0
  return hash
}

/** `(int) (value ^ (value >>> 32))` on the two's complement of a safe integer. */
function hashLong(key: number): number {
  if (key === (key | 0)) return key >= 0 ? key : ~key
  return Math.floor(key / TWO_32) ^ (key >>> 0)
}

const bits = new DataView(new ArrayBuffer(8))

function hashDouble(key: number): number {
  bits.setFloat64(0, key)
  return bits.getInt32(0) ^ bits.getInt32(4)
}

function hashBigint(key: bigint): number {
  bits.setBigInt64(0, key)
  return bits.getInt32(0) ^ bits.getInt32(4)
}

/** Flink's murmur of one 32-bit integer: never negative. */
export function murmur(code: number): number {
  let hash = Math.imul(code, 0xcc9e2d51)
  hash = (hash << 15) | (hash >>> 17)
  hash = Math.imul(hash, 0x1b873593)
  hash = (hash << 13) | (hash >>> 19)
  hash = (Math.imul(hash, 5) + 0xe6546b64) | 0
  hash ^= 4
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  hash ^= hash >>> 16
  if (hash >= 0) return hash
  return hash === -2_147_483_648 ? 0 : -hash
}
