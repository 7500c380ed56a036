/** Order-preserving bytes of numbers: eight, big-endian, the sign turned around. */
import type { ByteReader, ByteWriter } from '../base/bytes.js'
import { TAG_BIGINT, TAG_DOUBLE, TAG_LONG } from './key-tags.js'

const TWO_32 = 4_294_967_296
const SIGN = 0x8000_0000

const scratch = new DataView(new ArrayBuffer(8))

/** A safe integer: eight bytes big-endian with the sign bit flipped. */
export function writeLong(out: ByteWriter, value: number): void {
  out.u8(TAG_LONG)
  out.u32be((Math.floor(value / TWO_32) ^ SIGN) >>> 0)
  out.u32be(value >>> 0)
}

/** IEEE 754 big-endian; negative: all bits flipped, else: the sign bit flipped. */
export function writeDouble(out: ByteWriter, value: number): void {
  out.u8(TAG_DOUBLE)
  const start = out.length
  out.f64be(value)
  const { bytes } = out
  if (value < 0) for (let i = start; i < start + 8; i++) bytes[i] = ~(bytes[i] as number)
  else bytes[start] = (bytes[start] as number) ^ 0x80
}

/** 64 bits as a long has them, under a tag of its own: `1n` is not `1`. */
export function writeBigint(out: ByteWriter, value: bigint): void {
  out.u8(TAG_BIGINT)
  scratch.setBigInt64(0, value)
  out.u32be((scratch.getUint32(0) ^ SIGN) >>> 0)
  out.u32be(scratch.getUint32(4))
}

/** After its tag. Throws `CORRUPT` for one beyond 2^53. */
export function readLong(from: ByteReader): number {
  const high = (from.u32be() ^ SIGN) | 0
  const value = high * TWO_32 + from.u32be()
  return Number.isSafeInteger(value) ? value : from.fail('an integer key beyond 2^53')
}

/** After its tag. Throws `CORRUPT` for NaN. */
export function readDouble(from: ByteReader): number {
  const high = from.u32be()
  const low = from.u32be()
  const negative = high < SIGN
  scratch.setUint32(0, negative ? ~high : high ^ SIGN)
  scratch.setUint32(4, negative ? ~low : low)
  const value = scratch.getFloat64(0)
  return Number.isNaN(value) ? from.fail('a key that is not a number') : value
}

/** After its tag. */
export function readBigint(from: ByteReader): bigint {
  scratch.setUint32(0, from.u32be() ^ SIGN)
  scratch.setUint32(4, from.u32be())
  return scratch.getBigInt64(0)
}
