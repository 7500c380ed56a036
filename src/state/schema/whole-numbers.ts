/**
 * Whole numbers as bytes: zigzag varints of up to 53 bits. An int's bytes are those of the same long, so that a
 * field can be widened without touching what is on disk. DO NOT CHANGE.
 */
import type { ByteWriter } from '../../base/bytes.js'
import type { Cursor } from './cursor.js'

/** What the first four bytes hold besides the sign: 6 + 7 + 7 + 7 bits. */
const LOW_BITS = 27
const LOW = 2 ** LOW_BITS

/** Appends a number of 32 bits. */
export function writeInt(out: ByteWriter, value: number): void {
  out.reserve(5)
  const { bytes } = out
  let at = out.length
  let rest = ((value << 1) ^ (value >> 31)) >>> 0
  while (rest > 127) {
    bytes[at++] = (rest & 127) | 128
    rest >>>= 7
  }
  bytes[at++] = rest
  out.length = at
}

/** Appends a safe integer. */
export function writeLong(out: ByteWriter, value: number): void {
  if (value === (value | 0)) {
    writeInt(out, value)
    return
  }
  out.reserve(8)
  const { bytes } = out
  const magnitude = value < 0 ? -value - 1 : value
  const low = magnitude % LOW
  let high = (magnitude - low) / LOW
  let at = out.length
  bytes[at++] = ((low & 63) << 1) | (value < 0 ? 129 : 128)
  bytes[at++] = ((low >>> 6) & 127) | 128
  bytes[at++] = ((low >>> 13) & 127) | 128
  bytes[at++] = (low >>> 20) | 128
  while (high > 127) {
    bytes[at++] = (high & 127) | 128
    high >>>= 7
  }
  bytes[at++] = high
  out.length = at
}

/** Reads a number of 32 bits. */
export function readInt(from: Cursor): number {
  const value = readLong(from)
  return value === (value | 0) ? value : from.fail(`${value} is not an int`)
}

/** Reads a safe integer. */
export function readLong(from: Cursor): number {
  const first = from.u8()
  if (first < 128) return (first >>> 1) ^ -(first & 1)
  let low = first & 127
  for (let shift = 7; shift < 28; shift += 7) {
    const byte = from.u8()
    low |= (byte & 127) << shift
    if (byte < 128) return (low >>> 1) ^ -(low & 1)
  }
  const magnitude = readHigh(from) * LOW + (low >>> 1)
  const value = (low & 1) === 0 ? magnitude : -magnitude - 1
  return Number.isSafeInteger(value) ? value : from.fail('a number over 2^53')
}

function readHigh(from: Cursor): number {
  let high = 0
  for (let shift = 0; shift < 28; shift += 7) {
    const byte = from.u8()
    high |= (byte & 127) << shift
    if (byte < 128) return high
  }
  return from.fail('a number that does not end')
}
