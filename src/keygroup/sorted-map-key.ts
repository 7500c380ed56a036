/**
 * The map keys of ordered state: their order, and the bytes that have the same order. As all keys, but numbers are
 * ordered by size, whole or not, and all of them written as doubles: elsewhere every whole number is before every
 * fraction, which is no order to scan prices by. Within tuples and structs it is as elsewhere.
 *
 * DO NOT CHANGE either without the other: restored rows are taken to be in order.
 */
import type { ByteWriter } from '../base/bytes.js'
import type { Key } from '../state/key.js'
import { compareKeys } from './compare-keys.js'
import { writeOrdered } from './ordered.js'

/** Negative if `a` is before `b`, positive if after, 0 if they are the same. Requires: both passed `checkedKey`. */
export function compareMapKeys(a: Key, b: Key): number {
  if (typeof a === 'number' && typeof b === 'number') return a < b ? -1 : a > b ? 1 : 0
  return compareKeys(a, b)
}

/** Appends the map key of ordered state to a row prefix. */
export function writeSortedMapKey(out: ByteWriter, mapKey: Key): void {
  writeOrdered(out, mapKey, typeof mapKey === 'number' ? 'double' : undefined)
}
