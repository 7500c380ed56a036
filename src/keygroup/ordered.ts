/**
 * Order-preserving bytes of one key, namespace or map key: a tag, then a self-delimiting body, so that byte
 * order is (type, then value) order and no encoding is a prefix of another (docs/format/run-format.md). The same order
 * without bytes: compare-keys.ts.
 *
 * DO NOT CHANGE what is written: it is on disk.
 */
import type { ByteReader, ByteWriter } from '../base/bytes.js'
import { LIMITS } from '../base/limits.js'
import { isTuple, type Key, type KeyShape, type KeyType, keyShape } from '../state/key-shape.js'
import { isFieldName, structOf } from '../state/key-struct.js'
import {
  END,
  TAG_BIGINT,
  TAG_BYTES,
  TAG_DOUBLE,
  TAG_FALSE,
  TAG_LONG,
  TAG_STRING,
  TAG_STRUCT,
  TAG_TRUE,
  TAG_TUPLE,
  TAG_VOID,
} from './key-tags.js'
import { readBytes, writeBytes } from './ordered-bytes.js'
import {
  readBigint,
  readDouble,
  readLong,
  writeBigint,
  writeDouble,
  writeLong,
} from './ordered-number.js'
import { readText, writeText } from './ordered-text.js'

/**
 * Appends the encoding of `value`. Requires: it passed `checkedKey`.
 * @param type the declared type; by default that of the value, an integer being a long
 */
export function writeOrdered(out: ByteWriter, value: Key, type?: KeyType): void {
  if (typeof value === 'string') writeText(out, value)
  else if (typeof value === 'number') writeNumber(out, value, type === 'double')
  else
    writeOther(
      out,
      value,
      typeof value !== 'object' || type === undefined ? undefined : keyShape(type),
    )
}

/** Appends the namespace of state that has none. */
export function writeVoid(out: ByteWriter): void {
  out.u8(TAG_VOID)
}

function writeNumber(out: ByteWriter, value: number, double: boolean): void {
  if (double || !Number.isSafeInteger(value)) writeDouble(out, value)
  else writeLong(out, value)
}

/** @param shape `undefined`: that of the value */
function writeOther(
  out: ByteWriter,
  value: Exclude<Key, string | number>,
  shape: KeyShape | undefined,
): void {
  if (typeof value === 'boolean') out.u8(value ? TAG_TRUE : TAG_FALSE)
  else if (typeof value === 'bigint') writeBigint(out, value)
  else if (value instanceof Uint8Array) writeBytes(out, value)
  else if (isTuple(value)) {
    out.u8(TAG_TUPLE)
    for (let i = 0; i < value.length; i++) writePart(out, value[i] as Key, shape?.parts[i])
    out.u8(END)
  } else {
    out.u8(TAG_STRUCT)
    // A kept struct has its fields in order.
    const names = Object.keys(value)
    for (let i = 0; i < names.length; i++) {
      const name = names[i] as string
      for (let at = 0; at < name.length; at++) out.u8(name.charCodeAt(at))
      out.u8(END)
      writePart(out, value[name] as Key, shape?.parts[i])
    }
    out.u8(END)
  }
}

function writePart(out: ByteWriter, value: Key, shape: KeyShape | undefined): void {
  if (typeof value === 'string') writeText(out, value)
  else if (typeof value === 'number') writeNumber(out, value, shape?.kind === 'double')
  else writeOther(out, value, shape)
}

/** Reads one value; `undefined` is the void namespace. Throws `CORRUPT` for anything that cannot have been written. */
export function readOrdered(from: ByteReader): Key | undefined {
  const tag = from.u8()
  return tag === TAG_VOID ? undefined : readTagged(from, tag, undefined)
}

/** Where in a tuple or struct the reader is. */
interface Nest {
  readonly depth: number
  readonly count: { parts: number }
}

function readTagged(from: ByteReader, tag: number, nest: Nest | undefined): Key {
  switch (tag) {
    case TAG_FALSE:
      return false
    case TAG_TRUE:
      return true
    case TAG_LONG:
      return readLong(from)
    case TAG_DOUBLE:
      return readDouble(from)
    case TAG_STRING:
      return readText(from)
    case TAG_BIGINT:
      return readBigint(from)
    case TAG_BYTES:
      return readBytes(from)
    case TAG_TUPLE:
      return readTuple(from, deeper(from, nest))
    case TAG_STRUCT:
      return readStruct(from, deeper(from, nest))
    default:
      return from.fail(`the unknown key tag ${tag}`)
  }
}

function deeper(from: ByteReader, nest: Nest | undefined): Nest {
  const depth = (nest?.depth ?? 0) + 1
  if (depth > LIMITS.keyDepthMax) from.fail('a key that is nested too deep')
  return { depth, count: nest?.count ?? { parts: 1 } }
}

function readTuple(from: ByteReader, nest: Nest): Key {
  const elements: Key[] = []
  for (let tag = from.u8(); tag !== END; tag = from.u8()) {
    elements.push(readPart(from, tag, nest))
    if (elements.length > LIMITS.keyElementsMax) from.fail('a tuple key of too many elements')
  }
  return elements.length > 0 ? Object.freeze(elements) : from.fail('a tuple key of no elements')
}

function readStruct(from: ByteReader, nest: Nest): Key {
  const names: string[] = []
  const values: Key[] = []
  for (let unit = from.u8(); unit !== END; unit = from.u8()) {
    const name = readName(from, unit)
    if (names.length > 0 && name <= (names.at(-1) as string)) from.fail('fields that do not ascend')
    names.push(name)
    values.push(readPart(from, from.u8(), nest))
    if (names.length > LIMITS.keyElementsMax) from.fail('a struct key of too many fields')
  }
  return names.length > 0 ? structOf(names, values) : from.fail('a struct key of no fields')
}

function readPart(from: ByteReader, tag: number, nest: Nest): Key {
  if (++nest.count.parts > LIMITS.keyPartsMax) from.fail('a key of too many values')
  return readTagged(from, tag, nest)
}

function readName(from: ByteReader, first: number): string {
  let name = ''
  for (let unit = first; unit !== END; unit = from.u8()) {
    name += String.fromCharCode(unit)
    if (name.length > LIMITS.keyFieldLengthMax) break
  }
  return isFieldName(name) ? name : from.fail('a field without a proper name')
}
