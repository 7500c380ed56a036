/**
 * Order-preserving bytes of one key, namespace or map key: a tag, then a self-delimiting body, so that byte
 * order is (type, then value) order and no encoding is a prefix of another (docs/format/run-format.md).
 *
 * DO NOT CHANGE the tags: they are on disk.
 */
import type { ByteReader, ByteWriter } from '../base/bytes.js'
import type { Key, KeyType } from '../state/key.js'

const TAG_VOID = 0x01
const TAG_FALSE = 0x02
const TAG_TRUE = 0x03
const TAG_LONG = 0x04
const TAG_DOUBLE = 0x05
const TAG_STRING = 0x06

/** After a 0x00: 0xFF for a NUL of the text itself, 0x01 for the end of the text. */
const ESCAPED_NUL = 0xff
const END_OF_TEXT = 0x01

const TWO_32 = 4_294_967_296
const SIGN = 0x8000_0000

/** Appends the encoding of `value`. Requires: it passed `checkedKey` for this type. */
export function writeOrdered(out: ByteWriter, value: Key, type: KeyType): void {
  if (typeof value === 'string') writeString(out, value)
  else if (typeof value === 'boolean') out.u8(value ? TAG_TRUE : TAG_FALSE)
  else if (type === 'double') writeDouble(out, value)
  else writeLong(out, value)
}

/** Appends the namespace of state that has none. */
export function writeVoid(out: ByteWriter): void {
  out.u8(TAG_VOID)
}

/** Eight bytes big-endian with the sign bit flipped. */
function writeLong(out: ByteWriter, value: number): void {
  out.u8(TAG_LONG)
  out.u32be((Math.floor(value / TWO_32) ^ SIGN) >>> 0)
  out.u32be(value >>> 0)
}

/** IEEE 754 big-endian; negative: all bits flipped, else: the sign bit flipped. */
function writeDouble(out: ByteWriter, value: number): void {
  out.u8(TAG_DOUBLE)
  const start = out.length
  out.f64be(value)
  const { bytes } = out
  if (value < 0) for (let i = start; i < start + 8; i++) bytes[i] = ~(bytes[i] as number)
  else bytes[start] = (bytes[start] as number) ^ 0x80
}

/** UTF-8, lone surrogates as three bytes each (WTF-8), NUL escaped. */
function writeString(out: ByteWriter, value: string): void {
  out.reserve(value.length * 3 + 3)
  const { bytes } = out
  let at = out.length
  bytes[at++] = TAG_STRING
  for (let i = 0; i < value.length; i++) {
    const unit = value.charCodeAt(i)
    if (unit < 0x80) {
      bytes[at++] = unit
      if (unit === 0) bytes[at++] = ESCAPED_NUL
    } else if (unit < 0x800) {
      bytes[at++] = 0xc0 | (unit >> 6)
      bytes[at++] = 0x80 | (unit & 0x3f)
    } else {
      const code = value.codePointAt(i) as number
      if (code > 0xffff) {
        i++
        bytes[at++] = 0xf0 | (code >> 18)
        bytes[at++] = 0x80 | ((code >> 12) & 0x3f)
      } else bytes[at++] = 0xe0 | (code >> 12)
      bytes[at++] = 0x80 | ((code >> 6) & 0x3f)
      bytes[at++] = 0x80 | (code & 0x3f)
    }
  }
  bytes[at++] = 0
  bytes[at++] = END_OF_TEXT
  out.length = at
}

/** Reads one value; `undefined` is the void namespace. Throws `CORRUPT` for anything it did not write. */
export function readOrdered(from: ByteReader): Key | undefined {
  const tag = from.u8()
  switch (tag) {
    case TAG_VOID:
      return undefined
    case TAG_FALSE:
      return false
    case TAG_TRUE:
      return true
    case TAG_LONG:
      return readLong(from)
    case TAG_DOUBLE:
      return readDouble(from)
    case TAG_STRING:
      return readString(from)
    default:
      return from.fail(`the unknown key tag ${tag}`)
  }
}

function readLong(from: ByteReader): number {
  const high = (from.u32be() ^ SIGN) | 0
  const value = high * TWO_32 + from.u32be()
  return Number.isSafeInteger(value) ? value : from.fail('an integer key beyond 2^53')
}

const scratch = new DataView(new ArrayBuffer(8))

function readDouble(from: ByteReader): number {
  const high = from.u32be()
  const low = from.u32be()
  const negative = high < SIGN
  scratch.setUint32(0, negative ? ~high : high ^ SIGN)
  scratch.setUint32(4, negative ? ~low : low)
  const value = scratch.getFloat64(0)
  return Number.isNaN(value) ? from.fail('a key that is not a number') : value
}

function readString(from: ByteReader): string {
  const { bytes } = from
  const start = from.offset
  let at = start
  let plain = true
  while (at < from.end) {
    const byte = bytes[at] as number
    if (byte === 0) {
      if (bytes[at + 1] === END_OF_TEXT && at + 1 < from.end) break
      plain = false
      at++
    } else if (byte > 0x7f) plain = false
    at++
  }
  from.skip(Math.min(at, from.end) - start)
  const end = from.offset
  from.skip(2)
  return plain ? latin1Slice.call(bytes, start, end) : wtf8(from, start, end)
}

/** What Node's buffers have, and its types do not say: text of one byte each. Works on any bytes, copies nothing. */
const { latin1Slice } = Buffer.prototype as unknown as {
  latin1Slice(this: Uint8Array, start: number, end: number): string
}

function wtf8(from: ByteReader, start: number, end: number): string {
  const { bytes } = from
  let text = ''
  for (let i = start; i < end; ) {
    const lead = bytes[i++] as number
    if (lead === 0) {
      if (bytes[i++] !== ESCAPED_NUL) from.fail('a broken NUL in a text key')
      text += '\0'
      continue
    }
    const more = lead < 0x80 ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3
    let code = more === 0 ? lead : lead & (0x3f >> more)
    if (i + more > end) from.fail('a broken character in a text key')
    for (const last = i + more; i < last; i++) code = (code << 6) | ((bytes[i] as number) & 0x3f)
    text += code <= 0x10ffff ? String.fromCodePoint(code) : from.fail('a broken character')
  }
  return text
}
