/**
 * Text as bytes: a varint of twice the number of bytes, then UTF-8. If the varint is odd the bytes are UTF-16,
 * little-endian: only so can text with lone surrogates be kept as it is. DO NOT CHANGE.
 *
 * Short ASCII, which most text in state is, never leaves these loops; a call into the runtime costs more than it.
 */
import type { ByteWriter } from '../../base/bytes.js'
import type { Cursor } from './cursor.js'

/** Texts of fewer characters are written here: one byte holds twice their length. */
const SHORT = 64
/** Texts of up to so many bytes are looked through for being ASCII, which is decoded quicker. */
const ASCII_LOOK_MAX = 4096

const encoder = new TextEncoder()
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
/** Half of a character without its other half. */
const LONE_SURROGATE = /\p{Surrogate}/u
/** One array for each short length: nothing is allocated for the codes of a text. */
const CODES: readonly number[][] = Array.from({ length: SHORT }, (_, length) =>
  new Array<number>(length).fill(0),
)

/** Appends a text. */
export function writeText(out: ByteWriter, value: string): void {
  const { length } = value
  if (length >= SHORT) {
    writeAny(out, value)
    return
  }
  out.reserve(length + 1)
  const { bytes } = out
  let at = out.length
  bytes[at++] = length << 1
  for (let i = 0; i < length; i++) {
    const code = value.charCodeAt(i)
    if (code > 127) {
      writeAny(out, value)
      return
    }
    bytes[at++] = code
  }
  out.length = at
}

function writeAny(out: ByteWriter, value: string): void {
  // The encoder turns what it cannot say into U+FFFD.
  if (LONE_SURROGATE.test(value)) {
    const bytes = Buffer.from(value, 'utf16le')
    out.varint(bytes.length * 2 + 1)
    out.put(bytes)
    return
  }
  const size = Buffer.byteLength(value)
  out.varint(size * 2)
  out.reserve(size)
  encoder.encodeInto(value, out.bytes.subarray(out.length))
  out.length += size
}

/** Reads a text. */
export function readText(from: Cursor): string {
  const header = from.varint()
  const size = Math.floor(header / 2)
  const start = from.skip(size)
  if (header % 2 === 1) return utf16(from, start, size)
  if (size < SHORT) {
    const codes = CODES[size] as number[]
    const { bytes } = from
    for (let i = 0; i < size; i++) {
      const byte = bytes[start + i] as number
      if (byte > 127) return utf8Text(from, start, size)
      codes[i] = byte
    }
    return String.fromCharCode.apply(undefined, codes)
  }
  if (size > ASCII_LOOK_MAX || !isAscii(from.bytes, start, size)) {
    return utf8Text(from, start, size)
  }
  return slice(from.bytes, start, size).toString('latin1')
}

function isAscii(bytes: Uint8Array, start: number, size: number): boolean {
  for (let i = start; i < start + size; i++) if ((bytes[i] as number) > 127) return false
  return true
}

function utf8Text(from: Cursor, start: number, size: number): string {
  try {
    return utf8.decode(from.bytes.subarray(start, start + size))
  } catch {
    return from.fail('text that is not UTF-8')
  }
}

function utf16(from: Cursor, start: number, size: number): string {
  if (size % 2 === 1) from.fail('half a UTF-16 unit')
  return slice(from.bytes, start, size).toString('utf16le')
}

function slice(bytes: Uint8Array, start: number, size: number): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, size)
}
