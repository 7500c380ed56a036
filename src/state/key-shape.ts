/**
 * What a key can be, its type as text, and that text taken apart. Manifests keep the text, so it is read strictly:
 * one text per type, no spaces, fields in ascending order, bounds checked while reading.
 */
import { HoldfastError } from '../base/errors.js'
import { LIMITS } from '../base/limits.js'
import { isFieldName } from './key-struct.js'

/**
 * A key, a map key or a namespace. Equal by value, not by reference:
 *
 * - text, a boolean, a number other than NaN (−0 is 0)
 * - a `bigint` of 64 bits (−2^63 to 2^63 − 1), never equal to a number
 * - bytes
 * - a tuple: an array of 1 to 25 keys, nested up to 8 deep
 * - a struct: an object without a class, of 1 to 25 fields that are keys; their order does not matter
 *
 * In TypeScript an object whose type is an `interface` is refused; declare it with `type`.
 */
export type Key = string | number | bigint | boolean | Uint8Array | readonly Key[] | KeyStruct

/** A key by its fields. A name is up to 64 letters, digits, `_` and `$`, no digit first. */
export interface KeyStruct {
  readonly [field: string]: Key
}

type PlainType = 'string' | 'long' | 'double' | 'boolean' | 'bigint' | 'bytes'

/**
 * The type of an operator's keys. A safe integer is a `long`, any other number a `double`; where doubles are declared,
 * integers are doubles too. Tuples and structs name the types within them, without spaces: `tuple(string,long)`,
 * `struct(at:long,name:string)`, fields in ascending order of name.
 */
export type KeyType = PlainType | `tuple(${string})` | `struct(${string})`

/** A type of key, taken apart. */
export interface KeyShape {
  readonly kind: PlainType | 'tuple' | 'struct'
  /** The fields of a struct, ascending; else none. */
  readonly names: readonly string[]
  /** Of the elements of a tuple, or the fields of a struct; else none. */
  readonly parts: readonly KeyShape[]
}

/** Whether this is an element-by-element key. (`Array.isArray` does not tell the compiler about read-only arrays.) */
export function isTuple(key: unknown): key is readonly Key[] {
  return Array.isArray(key)
}

/** Whether this is exactly the text of a type of key. */
export function isKeyType(text: string): text is KeyType {
  return known(text) !== undefined
}

/**
 * A type of key, taken apart; cached by its text.
 * @throws `INVALID_KEY` if the text is that of no type
 */
export function keyShape(type: string): KeyShape {
  const shape = known(type)
  if (shape !== undefined) return shape
  throw new HoldfastError(
    'INVALID_KEY',
    `${JSON.stringify(String(type).slice(0, 80))} is no type of key; types are string, long, double, boolean, bigint, ` +
      'bytes, and without spaces tuple(string,long) or struct(a:string,b:long) with the fields in order of name',
  )
}

/** Types may come from values, one for each shape of map key: kept, but not without end. */
const SHAPES_KEPT = 256
const shapes = new Map<string, KeyShape>()

function known(type: string): KeyShape | undefined {
  const cached = shapes.get(type)
  if (cached !== undefined || typeof type !== 'string') return cached
  const from: TypeText = { text: type, at: 0, parts: 0 }
  const shape = readShape(from, 0)
  if (shape === undefined || from.at !== type.length) return undefined
  if (shapes.size >= SHAPES_KEPT) shapes.clear()
  shapes.set(type, shape)
  return shape
}

/** A place in the text of a type. */
interface TypeText {
  readonly text: string
  at: number
  /** Types read so far. */
  parts: number
}

const WORD = /string|long|double|boolean|bigint|bytes|tuple\(|struct\(/y
/** One more than allowed, so that a longer name is seen to be too long. */
const FIELD = /[\w$]{1,65}:/y
const MORE_OR_END = /[,)]/y

/** `undefined`: this is no type. */
function readShape(from: TypeText, depth: number): KeyShape | undefined {
  const word = take(from, WORD)
  if (word === undefined || ++from.parts > LIMITS.keyPartsMax) return undefined
  if (!word.endsWith('(')) return { kind: word as PlainType, names: [], parts: [] }
  if (depth >= LIMITS.keyDepthMax) return undefined
  const names: string[] = []
  const parts: KeyShape[] = []
  const kind = word === 'struct(' ? 'struct' : 'tuple'
  for (;;) {
    if (parts.length >= LIMITS.keyElementsMax) return undefined
    if (kind === 'struct') {
      const name = take(from, FIELD)?.slice(0, -1)
      const last = names.at(-1)
      if (name === undefined || !isFieldName(name)) return undefined
      if (last !== undefined && last >= name) return undefined
      names.push(name)
    }
    const part = readShape(from, depth + 1)
    if (part === undefined) return undefined
    parts.push(part)
    const next = take(from, MORE_OR_END)
    if (next === ')') return { kind, names, parts }
    if (next === undefined) return undefined
  }
}

/** What the pattern finds right here. */
function take(from: TypeText, pattern: RegExp): string | undefined {
  pattern.lastIndex = from.at
  const found = pattern.exec(from.text)?.[0]
  if (found !== undefined) from.at += found.length
  return found
}
