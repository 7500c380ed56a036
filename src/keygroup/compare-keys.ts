/**
 * The order of keys, without encoding them: exactly that of their bytes (ordered.ts). First by type: boolean, long,
 * double, string, bigint, bytes, tuple, struct. Then by value: false before true, numbers by size, text by code point
 * (not by UTF-16 unit), bytes by byte, tuples by their elements in turn, structs by their fields in ascending order,
 * each by name, then by value. What another one begins with comes before it.
 */
import { compareBytes } from '../base/bytes.js'
import {
  isTuple,
  type Key,
  type KeyShape,
  type KeyStruct,
  type KeyType,
  keyShape,
} from '../state/key-shape.js'
import {
  TAG_BIGINT,
  TAG_BYTES,
  TAG_DOUBLE,
  TAG_FALSE,
  TAG_LONG,
  TAG_STRING,
  TAG_STRUCT,
  TAG_TRUE,
  TAG_TUPLE,
} from './key-tags.js'

/**
 * Negative if `a` is before `b`, positive if after, 0 if they are the same key. Requires: both passed `checkedKey`.
 * @param type the declared type of both; by default that of each value, so that every long is before every double
 */
export function compareKeys(a: Key, b: Key, type?: KeyType): number {
  if (typeof a === 'string' && typeof b === 'string') return compareText(a, b)
  if (typeof a === 'number' && typeof b === 'number') return compareNumbers(a, b, type === 'double')
  const shape = type === undefined || typeof a !== 'object' ? undefined : keyShape(type)
  return compareParts(a, b, shape)
}

function compareParts(a: Key, b: Key, shape: KeyShape | undefined): number {
  if (typeof a === 'string' && typeof b === 'string') return compareText(a, b)
  if (typeof a === 'number' && typeof b === 'number') {
    return compareNumbers(a, b, shape?.kind === 'double')
  }
  if (typeof a === 'bigint' && typeof b === 'bigint') return a < b ? -1 : a > b ? 1 : 0
  const rank = rankOf(a)
  const difference = rank - rankOf(b)
  if (difference !== 0 || rank < TAG_BYTES) return difference
  if (rank === TAG_BYTES) return compareBytes(a as Uint8Array, b as Uint8Array)
  if (rank === TAG_TUPLE) return compareTuples(a as readonly Key[], b as readonly Key[], shape)
  return compareStructs(a as KeyStruct, b as KeyStruct, shape)
}

/** The tag a key has by its value. */
function rankOf(key: Key): number {
  switch (typeof key) {
    case 'boolean':
      return key ? TAG_TRUE : TAG_FALSE
    case 'number':
      return Number.isSafeInteger(key) ? TAG_LONG : TAG_DOUBLE
    case 'string':
      return TAG_STRING
    case 'bigint':
      return TAG_BIGINT
    default:
      if (key instanceof Uint8Array) return TAG_BYTES
      return isTuple(key) ? TAG_TUPLE : TAG_STRUCT
  }
}

function compareNumbers(a: number, b: number, doubles: boolean): number {
  if (!doubles && Number.isSafeInteger(a) !== Number.isSafeInteger(b)) {
    return Number.isSafeInteger(a) ? -1 : 1
  }
  return a < b ? -1 : a > b ? 1 : 0
}

function compareText(a: string, b: string): number {
  if (a === b) return 0
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x === y) continue
    if (x < 0xd800 || y < 0xd800) return x - y
    // The unit before may belong to a pair with one of these.
    const paired = i > 0 && isHigh(a.charCodeAt(i - 1)) && (isLow(x) || isLow(y))
    const at = paired ? i - 1 : i
    return (a.codePointAt(at) as number) - (b.codePointAt(at) as number)
  }
  return a.length - b.length
}

function isHigh(unit: number): boolean {
  return (unit & 0xfc00) === 0xd800
}

function isLow(unit: number): boolean {
  return (unit & 0xfc00) === 0xdc00
}

function compareTuples(a: readonly Key[], b: readonly Key[], shape: KeyShape | undefined): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const difference = compareParts(a[i] as Key, b[i] as Key, shape?.parts[i])
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

/** Kept structs have their fields in order. */
function compareStructs(a: KeyStruct, b: KeyStruct, shape: KeyShape | undefined): number {
  const x = Object.keys(a)
  const y = Object.keys(b)
  const length = Math.min(x.length, y.length)
  for (let i = 0; i < length; i++) {
    const name = x[i] as string
    if (name !== y[i]) return name < (y[i] as string) ? -1 : 1
    const difference = compareParts(a[name] as Key, b[name] as Key, shape?.parts[i])
    if (difference !== 0) return difference
  }
  return x.length - y.length
}
