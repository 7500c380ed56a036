/** Row keys for the second reader; see reader.ts. Imports nothing of src. */
import { Cursor, demand } from './reader-cursor.js'

export type Key = string | number | bigint | boolean | Uint8Array | readonly Key[] | Struct

interface Struct {
  readonly [field: string]: Key
}

/** A row key, decoded. */
export interface RowKey {
  readonly keyGroup: number
  readonly key: Key
  readonly mapKey: Key | undefined
  /** Bytes up to and including the namespace. */
  readonly prefixLength: number
}

export function readRowKey(bytes: Uint8Array): RowKey {
  const from = new Cursor(bytes)
  const keyGroup = from.view(2).getUint16(0)
  const key = readPart(from)
  demand(key !== undefined, 'a void key')
  readPart(from)
  const prefixLength = from.at
  const mapKey = from.done ? undefined : readPart(from)
  demand(from.done, 'bytes after the map key')
  demand(mapKey !== undefined || prefixLength === bytes.length, 'a void map key')
  return { keyGroup, key, mapKey, prefixLength }
}

const SIGN = 1n << 63n

/** `undefined`: void. */
function readPart(from: Cursor): Key | undefined {
  if (from.bytes[from.at] !== 1) return readValue(from, { depth: 0, counted: { values: 0 } })
  from.u8()
  return undefined
}

/** How deep this value is, and how many there are so far. */
interface Place {
  readonly depth: number
  readonly counted: { values: number }
}

function readValue(from: Cursor, place: Place): Key {
  demand(++place.counted.values <= 256, 'a key of more than 256 values')
  const tag = from.u8()
  if (tag === 2 || tag === 3) return tag === 3
  if (tag === 4) {
    const value = Number(signed(from))
    demand(Number.isSafeInteger(value), 'a long beyond 2^53 - 1')
    return value
  }
  if (tag === 5) {
    const stored = from.view(8).getBigUint64(0)
    const bits = new DataView(new ArrayBuffer(8))
    bits.setBigUint64(0, stored >= SIGN ? stored ^ SIGN : BigInt.asUintN(64, ~stored))
    demand(!Number.isNaN(bits.getFloat64(0)), 'NaN as a key')
    return bits.getFloat64(0)
  }
  if (tag === 6) return readText(from)
  if (tag === 7) return signed(from)
  if (tag === 8) return readBytes(from)
  demand(tag === 9 || tag === 10, `the key tag ${tag}`)
  const within = { ...place, depth: place.depth + 1 }
  demand(within.depth <= 8, 'a key nested more than 8 deep')
  return tag === 9 ? readTuple(from, within) : readStruct(from, within)
}

function signed(from: Cursor): bigint {
  return BigInt.asIntN(64, from.view(8).getBigUint64(0) ^ SIGN)
}

function readTuple(from: Cursor, place: Place): Key {
  const elements: Key[] = []
  while (from.bytes[from.at] !== 0) elements.push(readValue(from, place))
  from.u8()
  demand(elements.length >= 1 && elements.length <= 25, `a tuple of ${elements.length}`)
  return elements
}

function readStruct(from: Cursor, place: Place): Key {
  const fields: [string, Key][] = []
  for (let name = readName(from); name !== ''; name = readName(from)) {
    const last = fields.at(-1)?.[0] ?? ''
    demand(/^[A-Za-z_$][A-Za-z0-9_$]{0,63}$/.test(name) && name > last, `the field ${name}`)
    fields.push([name, readValue(from, place)])
  }
  demand(fields.length >= 1 && fields.length <= 25, `a struct of ${fields.length}`)
  return Object.fromEntries(fields)
}

function readName(from: Cursor): string {
  let name = ''
  for (let unit = from.u8(); unit !== 0; unit = from.u8()) name += String.fromCharCode(unit)
  return name
}

function readBytes(from: Cursor): Uint8Array {
  const bytes: number[] = []
  for (;;) {
    const byte = from.u8()
    if (byte === 0) {
      const next = from.u8()
      if (next === 1) return Uint8Array.from(bytes)
      demand(next === 0xff, 'a zero byte that is not escaped')
    }
    bytes.push(byte)
  }
}

function readText(from: Cursor): string {
  let text = ''
  for (;;) {
    const lead = from.u8()
    if (lead === 0) {
      const next = from.u8()
      if (next === 1) return text
      demand(next === 0xff, 'a zero byte that is not escaped')
    }
    const more = lead < 0x80 ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3
    let code = more === 0 ? lead : lead & (0x3f >> more)
    for (let i = 0; i < more; i++) code = (code << 6) | (from.u8() & 0x3f)
    demand(code <= 0x10ffff, 'a code point beyond U+10FFFF')
    text += String.fromCodePoint(code)
  }
}
