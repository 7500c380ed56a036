/**
 * Keys as they are kept. A key's type is fixed by the first key an operator sees, kept in the manifest, and another
 * type later is an error: `1`, `'1'` and `1n` would land in different key groups.
 */
import { HoldfastError } from '../base/errors.js'
import { checkedText, checkSize, keptKey } from './key-copy.js'
import { keyTypeOf } from './key-inference.js'
import { type Key, type KeyType, keyShape } from './key-shape.js'
import { keyText } from './key-text.js'

export { keyTypeOf } from './key-inference.js'
export type { Key, KeyType } from './key-shape.js'
export { keyText } from './key-text.js'

/**
 * The key as it is kept: −0 is 0, also within tuples and structs; bytes are a copy, tuples and structs a frozen copy,
 * so that the caller's own may change. An integer counts as a double where the type says so.
 * @throws `INVALID_KEY` if it is not of `type` or cannot be a key at all; `LIMIT_EXCEEDED` for text longer
 *   than `LIMITS.keyLengthMax`, or more than `LIMITS.keyBytesMax` encoded
 */
export function checkedKey(key: unknown, type: KeyType): Key {
  if (typeof key === 'string' && type === 'string') return checkedText(key)
  if (typeof key === 'number') {
    const fits =
      type === 'long' ? Number.isSafeInteger(key) : type === 'double' && !Number.isNaN(key)
    if (fits) return key === 0 ? 0 : key
  }
  const kept = keptKey(key, keyShape(type))
  if (kept === undefined) throw unfit(key, type)
  if (typeof kept === 'object') checkSize(kept)
  return kept
}

function unfit(key: unknown, type: KeyType): HoldfastError {
  const actual = keyTypeOf(key)
  return new HoldfastError(
    'INVALID_KEY',
    `the key ${keyText(key)} is a ${clipped(actual)}, but the keys of this operator are of type ${clipped(type)}; ` +
      'convert it in keyBy',
  )
}

function clipped(type: KeyType): string {
  return type.length > 200 ? `${type.slice(0, 200)}…` : type
}
