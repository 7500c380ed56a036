/**
 * What a key can be, and its type. A key's type is fixed by the first key an operator sees, kept in the
 * manifest, and another type later is an error: `1` and `'1'` would land in different key groups.
 */
import { HoldfastError } from '../base/errors.js'
import { LIMITS } from '../base/limits.js'

/** A key, and a map key: text, a number (not NaN), or a boolean. */
export type Key = string | number | boolean

/** The declared type of an operator's keys. A safe integer is a `long`, any other number a `double`. */
export type KeyType = 'string' | 'long' | 'double' | 'boolean'

/** All key types, for validation. */
export const KEY_TYPES: readonly KeyType[] = ['string', 'long', 'double', 'boolean']

/**
 * The type of a key, taken from its value.
 * @throws `INVALID_KEY` for NaN and for anything that is not a string, number or boolean
 */
export function keyTypeOf(key: unknown): KeyType {
  if (typeof key === 'string') return 'string'
  if (typeof key === 'number' && !Number.isNaN(key)) {
    return Number.isSafeInteger(key) ? 'long' : 'double'
  }
  if (typeof key === 'boolean') return 'boolean'
  throw new HoldfastError(
    'INVALID_KEY',
    `${keyText(key)} cannot be a key; use a string, a number other than NaN, or a boolean`,
  )
}

/**
 * The key as it is kept, −0 being 0.
 * @throws `INVALID_KEY` if it is not of `type` or cannot be a key at all; `LIMIT_EXCEEDED` for text longer
 *   than `LIMITS.keyLengthMax`
 */
export function checkedKey(key: unknown, type: KeyType): Key {
  if (type === 'string' && typeof key === 'string') {
    if (key.length <= LIMITS.keyLengthMax) return key
    throw new HoldfastError(
      'LIMIT_EXCEEDED',
      `a key of ${key.length} characters; at most ${LIMITS.keyLengthMax} are kept: use a digest of it`,
    )
  }
  const actual = keyTypeOf(key)
  if (actual !== type && !(type === 'double' && actual === 'long')) {
    throw new HoldfastError(
      'INVALID_KEY',
      `the key ${keyText(key)} is a ${actual}, but the keys of this operator are of type ${type}; ` +
        'convert it in keyBy',
    )
  }
  return key === 0 ? 0 : (key as Key)
}

/** A key, or what was given for one, in a message; long text by its beginning. */
export function keyText(key: unknown): string {
  if (typeof key === 'string') return JSON.stringify(key.length > 40 ? `${key.slice(0, 40)}…` : key)
  if (typeof key === 'bigint') return `${key}n`
  if (typeof key === 'object' && key !== null) return Array.isArray(key) ? 'an array' : 'an object'
  return String(key)
}
