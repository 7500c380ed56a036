/** The type of a key from its value. Bounded by the limits of a key, whatever it is given: a cycle, or a proxy. */
import { HoldfastError } from '../base/errors.js'
import { LIMITS } from '../base/limits.js'
import { isTuple, type KeyType } from './key-shape.js'
import { isFieldName, isPlainObject } from './key-struct.js'
import { keyText } from './key-text.js'

/**
 * The type of a key, taken from its value.
 * @throws `INVALID_KEY` for NaN, a `bigint` beyond 64 bits, and for anything else that cannot be a key
 */
export function keyTypeOf(key: unknown): KeyType {
  return plainType(key) ?? typeWithin(key, { parts: 0 }, 0)
}

function plainType(key: unknown): KeyType | undefined {
  if (typeof key === 'string') return 'string'
  if (typeof key === 'number' && !Number.isNaN(key)) {
    return Number.isSafeInteger(key) ? 'long' : 'double'
  }
  return typeof key === 'boolean' ? 'boolean' : undefined
}

/** Whether a `bigint` is a Java `long`. */
export function isLong(key: bigint): boolean {
  return BigInt.asIntN(64, key) === key
}

/** What was counted of one key. */
interface Count {
  parts: number
}

function typeWithin(key: unknown, count: Count, depth: number): KeyType {
  if (++count.parts > LIMITS.keyPartsMax) {
    throw invalid(`a key of more than ${LIMITS.keyPartsMax} values is not kept; use a digest of it`)
  }
  const plain = plainType(key)
  if (plain !== undefined) return plain
  if (typeof key === 'bigint') {
    if (isLong(key)) return 'bigint'
    throw invalid(`${keyText(key)} is beyond 64 bits; use its text as the key`)
  }
  if (key instanceof Uint8Array) return 'bytes'
  const fields = isPlainObject(key) ? key : undefined
  if (fields === undefined && !isTuple(key)) throw noKey(key)
  if (depth >= LIMITS.keyDepthMax) {
    throw invalid(`a key nested more than ${LIMITS.keyDepthMax} deep is not kept; use a flat one`)
  }
  if (fields !== undefined) return structType(fields, count, depth)
  const tuple = key as readonly unknown[]
  checkSize(tuple.length, 'an array', 'elements')
  const types: KeyType[] = []
  for (const element of tuple) types.push(typeWithin(element, count, depth + 1))
  return `tuple(${types.join(',')})`
}

function structType(
  fields: Readonly<Record<string, unknown>>,
  count: Count,
  depth: number,
): KeyType {
  const names = Object.keys(fields).sort()
  checkSize(names.length, 'an object', 'fields')
  const types = names.map((name) => {
    if (isFieldName(name)) return `${name}:${typeWithin(fields[name], count, depth + 1)}`
    throw invalid(
      `the field ${keyText(name)} of a key: a name has up to ${LIMITS.keyFieldLengthMax} letters, digits, ` +
        '_ and $, no digit first',
    )
  })
  return `struct(${types.join(',')})`
}

function checkSize(size: number, what: string, of: string): void {
  if (size >= 1 && size <= LIMITS.keyElementsMax) return
  throw invalid(
    `${what} of ${size} ${of} cannot be a key; it has 1 to ${LIMITS.keyElementsMax} ${of}`,
  )
}

function noKey(key: unknown): HoldfastError {
  return invalid(
    `${keyText(key)} cannot be a key; use a string, a number other than NaN, a boolean, a bigint, bytes, or an array ` +
      'or plain object of these',
  )
}

function invalid(message: string): HoldfastError {
  return new HoldfastError('INVALID_KEY', message)
}
