/** What tells keys apart in a JavaScript `Map`. */
import type { Key } from '../state/key.js'

/** A primitive that is the same for equal keys and for no others. */
export type KeyIdentity = string | number | boolean | bigint

/** The identity of a key. */
export function keyIdentity(key: Key): KeyIdentity {
  return key
}
