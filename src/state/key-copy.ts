/**
 * The copy of a key that is kept, so that the caller may go on changing its bytes, arrays and objects; and how large
 * it is encoded. Only what fits the type is ever copied, which bounds it.
 */
import { HoldfastError } from '../base/errors.js'
import { LIMITS } from '../base/limits.js'
import { isLong } from './key-inference.js'
import { isTuple, type Key, type KeyShape } from './key-shape.js'
import { hasField, isPlainObject, structOf } from './key-struct.js'

/**
 * The key as it is kept: −0 is 0, bytes are copied, tuples and structs are frozen copies. `undefined`: it is not of
 * this shape.
 * @throws `LIMIT_EXCEEDED` for text that is too long
 */
export function keptKey(key: unknown, shape: KeyShape): Key | undefined {
  switch (shape.kind) {
    case 'string':
      return typeof key === 'string' ? checkedText(key) : undefined
    case 'long':
      return Number.isSafeInteger(key) ? plusZero(key as number) : undefined
    case 'double':
      return typeof key === 'number' && !Number.isNaN(key) ? plusZero(key) : undefined
    case 'boolean':
      return typeof key === 'boolean' ? key : undefined
    case 'bigint':
      return typeof key === 'bigint' && isLong(key) ? key : undefined
    case 'bytes':
      return key instanceof Uint8Array ? keptBytes(key) : undefined
    case 'tuple':
      return keptTuple(key, shape.parts)
    case 'struct':
      return keptStruct(key, shape)
  }
}

/**
 * Text that is short enough to be a key.
 * @throws `LIMIT_EXCEEDED` if it is not
 */
export function checkedText(key: string): string {
  if (key.length <= LIMITS.keyLengthMax) return key
  throw new HoldfastError(
    'LIMIT_EXCEEDED',
    `a key of ${key.length} characters; at most ${LIMITS.keyLengthMax} are kept: use a digest of it`,
  )
}

function plusZero(key: number): number {
  return key === 0 ? 0 : key
}

/** Checked before it is copied. */
function keptBytes(key: Uint8Array): Uint8Array {
  if (key.length > LIMITS.keyBytesMax) throw tooLarge(key.length)
  return new Uint8Array(key)
}

function keptTuple(key: unknown, parts: readonly KeyShape[]): Key | undefined {
  if (!isTuple(key) || key.length !== parts.length) return undefined
  const kept: Key[] = []
  for (let i = 0; i < parts.length; i++) {
    const part = keptKey(key[i], parts[i] as KeyShape)
    if (part === undefined) return undefined
    kept.push(part)
  }
  return Object.freeze(kept)
}

function keptStruct(key: unknown, { names, parts }: KeyShape): Key | undefined {
  if (!isPlainObject(key) || Object.keys(key).length !== names.length) return undefined
  const kept: Key[] = []
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as string
    const part = hasField(key, name) ? keptKey(key[name], parts[i] as KeyShape) : undefined
    if (part === undefined) return undefined
    kept.push(part)
  }
  return structOf(names, kept)
}

/**
 * Checks the size of bytes, a tuple or a struct.
 * @throws `LIMIT_EXCEEDED` if its encoding is over `LIMITS.keyBytesMax`
 */
export function checkSize(kept: Key): void {
  const size = encodedSize(kept)
  if (size > LIMITS.keyBytesMax) throw tooLarge(size)
}

function tooLarge(size: number): HoldfastError {
  return new HoldfastError(
    'LIMIT_EXCEEDED',
    `a key of ${size} bytes or more; at most ${LIMITS.keyBytesMax} are kept, a zero byte counting twice: ` +
      'use a digest of it',
  )
}

/** Bytes of the encoding (keygroup/ordered.ts), without writing it. */
function encodedSize(key: Key): number {
  if (typeof key === 'string') return textSize(key)
  if (typeof key === 'boolean') return 1
  if (typeof key !== 'object') return 9
  if (key instanceof Uint8Array) return 3 + key.length + zerosOf(key)
  // A tag and an end; of a struct also each name and its end.
  let size = 2
  if (isTuple(key)) for (const part of key) size += encodedSize(part)
  else for (const name of Object.keys(key)) size += name.length + 1 + encodedSize(key[name] as Key)
  return size
}

function textSize(text: string): number {
  let size = 3 + Buffer.byteLength(text)
  for (let at = text.indexOf('\0'); at >= 0; at = text.indexOf('\0', at + 1)) size++
  return size
}

function zerosOf(bytes: Uint8Array): number {
  let zeros = 0
  for (let at = bytes.indexOf(0); at >= 0; at = bytes.indexOf(0, at + 1)) zeros++
  return zeros
}
