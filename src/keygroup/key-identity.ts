/**
 * What stands for a key in a JavaScript `Map`: keys have the same identity if and only if they are the same key,
 * whatever types are mixed. Never leaves the process.
 */
import { ByteWriter } from '../base/bytes.js'
import type { Key } from '../state/key-shape.js'
import { TAG_STRING, TAG_STRUCT } from './key-tags.js'
import { writeOrdered } from './ordered.js'
import { latin1 } from './ordered-text.js'

/** A key that a `Map` can find: a primitive. */
export type KeyIdentity = string | number | bigint | boolean

/**
 * The identity of a key: a primitive is its own, anything else has the bytes of its encoding as text. No text is taken
 * for such bytes: one that begins like them is encoded itself. Requires: it passed `checkedKey`.
 */
export function keyIdentity(key: Key): KeyIdentity {
  if (typeof key === 'string') {
    const first = key.charCodeAt(0)
    return first >= TAG_STRING && first <= TAG_STRUCT ? encoded(key) : key
  }
  return typeof key === 'object' ? encoded(key) : key
}

const KEPT_BYTES = 65_536
let scratch = new ByteWriter()

function encoded(key: Key): string {
  scratch.length = 0
  // By value: one tuple of numbers has one identity, declared as doubles or not.
  writeOrdered(scratch, key)
  const text = latin1(scratch.bytes, 0, scratch.length)
  if (scratch.bytes.length > KEPT_BYTES) scratch = new ByteWriter()
  return text
}
