/** Values by the serializer `msgpack-1`, for the second reader; see reader.ts. Imports nothing of src. */
import { Cursor, demand, Refused } from './reader-cursor.js'

/** @param schemas numbers of the schemas that are of `msgpack-1` */
export function readValue(bytes: Uint8Array, schemas: readonly number[]): unknown {
  const from = new Cursor(bytes)
  demand(schemas.includes(from.u8()), 'a value of another schema')
  const value = readAny(from)
  demand(from.done, 'bytes after a value')
  return value
}

function readAny(from: Cursor): unknown {
  const head = from.u8()
  if (head < 0x80) return head
  if (head < 0x90) return readObject(from, head & 0x0f)
  if (head < 0xa0) return readArray(from, head & 0x0f)
  if (head < 0xc0) return readText(from, head & 0x1f)
  if (head >= 0xe0) return head - 0x100
  const big = (width: number): number => {
    const view = from.view(width)
    return width === 1 ? view.getUint8(0) : width === 2 ? view.getUint16(0) : view.getUint32(0)
  }
  if (head === 0xc0) return null
  if (head === 0xc2 || head === 0xc3) return head === 0xc3
  if (head >= 0xc4 && head <= 0xc6) return from.take(big(2 ** (head - 0xc4)))
  if (head >= 0xc7 && head <= 0xc9) return readExtension(from, big(2 ** (head - 0xc7)))
  if (head === 0xca) return from.view(4).getFloat32(0)
  if (head === 0xcb) return from.view(8).getFloat64(0)
  if (head >= 0xcc && head <= 0xce) return big(2 ** (head - 0xcc))
  if (head === 0xcf) return from.view(8).getBigUint64(0)
  if (head === 0xd0) return from.view(1).getInt8(0)
  if (head === 0xd1) return from.view(2).getInt16(0)
  if (head === 0xd2) return from.view(4).getInt32(0)
  if (head === 0xd3) return from.view(8).getBigInt64(0)
  if (head >= 0xd4 && head <= 0xd8) return readExtension(from, 2 ** (head - 0xd4))
  if (head >= 0xd9 && head <= 0xdb) return readText(from, big(2 ** (head - 0xd9)))
  if (head === 0xdc || head === 0xdd) return readArray(from, big(head === 0xdc ? 2 : 4))
  if (head === 0xde || head === 0xdf) return readObject(from, big(head === 0xde ? 2 : 4))
  throw new Refused('CORRUPT', `the MessagePack byte ${head}`)
}

function readText(from: Cursor, length: number): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(from.take(length))
}

function readArray(from: Cursor, length: number): unknown[] {
  return Array.from({ length }, () => readAny(from))
}

function readObject(from: Cursor, members: number): unknown {
  const pairs = Array.from({ length: members }, () => [readAny(from), readAny(from)] as const)
  return Object.fromEntries(pairs)
}

const ARRAYS: Readonly<Record<number, new (buffer: ArrayBuffer) => unknown>> = {
  0: Int8Array,
  1: Uint8Array,
  2: Uint8ClampedArray,
  3: Int16Array,
  4: Uint16Array,
  5: Int32Array,
  6: Uint32Array,
  7: Float32Array,
  8: Float64Array,
  9: BigInt64Array,
  10: BigUint64Array,
  17: DataView,
}

function readExtension(from: Cursor, length: number): unknown {
  const type = from.u8()
  const content = from.take(length)
  if (type === 0x00) return undefined
  if (type === 0x42) {
    const digits = BigInt(`0x${Buffer.from(content).toString('hex')}`)
    return BigInt.asIntN(8 * length, digits)
  }
  if (type === 0x6d) return new Map(readAny(from) as [unknown, unknown][])
  if (type === 0x73) return new Set(readAny(from) as unknown[])
  if (type === 0x74) {
    const { buffer } = Uint8Array.from(content.subarray(1))
    const Class = ARRAYS[content[0] ?? -1]
    return Class === undefined ? buffer : new Class(buffer)
  }
  demand(type === 0xff, `the MessagePack extension ${type}`)
  return readDate(new Cursor(content))
}

function readDate(content: Cursor): Date {
  if (content.bytes.length === 4) return new Date(content.view(4).getUint32(0) * 1000)
  if (content.bytes.length === 8) {
    const packed = content.view(8).getBigUint64(0)
    return date(Number(packed & 0x3_ffff_ffffn), Number(packed >> 34n))
  }
  if (content.bytes.length !== 12) return new Date(Number.NaN)
  const nanoseconds = content.view(4).getUint32(0)
  return date(Number(content.view(8).getBigInt64(0)), nanoseconds)
}

function date(seconds: number, nanoseconds: number): Date {
  return new Date(seconds * 1000 + Math.round(nanoseconds / 1_000_000))
}
