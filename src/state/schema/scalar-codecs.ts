/** The codecs of schemas without parts. */
import type { ByteWriter } from '../../base/bytes.js'
import type { Json } from '../../base/json.js'
import { LIMITS } from '../../base/limits.js'
import { type Codec, refuse } from './codec.js'
import type { Cursor } from './cursor.js'
import type { ScalarType } from './schema.js'
import { bigintBytes, isJson } from './schema-fit.js'
import { readText, writeText } from './text-bytes.js'
import { readInt, readLong, writeInt, writeLong } from './whole-numbers.js'

const text: Codec = {
  write: (out, value) => {
    if (typeof value !== 'string') refuse()
    writeText(out, value)
  },
  read: readText,
}

const int: Codec = {
  write: (out, value) => {
    if (typeof value !== 'number' || value !== (value | 0)) refuse()
    writeInt(out, value)
  },
  read: readInt,
}

const long: Codec = {
  write: (out, value) => {
    if (typeof value !== 'number' || !Number.isSafeInteger(value)) refuse()
    writeLong(out, value)
  },
  read: readLong,
}

/** Eight bytes on their way between a number and a buffer of any alignment. */
const eight = new Uint8Array(8)
const eightView = new DataView(eight.buffer)

const double: Codec = {
  write: (out, value) => {
    if (typeof value !== 'number') refuse()
    out.f64be(value)
  },
  read: (from) => {
    const start = from.skip(8)
    const { bytes } = from
    for (let i = 0; i < 8; i++) eight[i] = bytes[start + i] as number
    return eightView.getFloat64(0)
  },
}

const bool: Codec = {
  write: (out, value) => {
    if (typeof value !== 'boolean') refuse()
    out.u8(value ? 1 : 0)
  },
  read: (from) => {
    const byte = from.u8()
    return byte < 2 ? byte === 1 : from.fail(`a boolean of ${byte}`)
  },
}

const bytes: Codec = {
  write: (out, value) => {
    if (!(value instanceof Uint8Array)) refuse()
    out.varint(value.length)
    out.put(value)
  },
  read: (from) => {
    const size = from.varint()
    const start = from.skip(size)
    return new Uint8Array(from.bytes.subarray(start, start + size))
  },
}

/** Twice the number of bytes, odd if below zero; then the magnitude, big-endian, without leading zeros. */
const bigint: Codec = {
  write: (out, value) => {
    if (typeof value !== 'bigint') refuse()
    const size = bigintBytes(value)
    if (size > LIMITS.bigintBytesMax) refuse()
    out.varint(size * 2 + (value < 0n ? 1 : 0))
    const digits = (value < 0n ? -value : value).toString(16).padStart(size * 2, '0')
    if (size > 0) out.put(Buffer.from(digits, 'hex'))
  },
  read: (from) => {
    const header = from.varint()
    const size = Math.floor(header / 2)
    if (size > LIMITS.bigintBytesMax) from.fail(`a bigint of ${size} bytes`)
    const start = from.skip(size)
    if (size === 0) return header === 0 ? 0n : from.fail('a bigint of −0')
    if (from.bytes[start] === 0) from.fail('a bigint with leading zeros')
    const { buffer, byteOffset } = from.bytes
    const magnitude = BigInt(`0x${Buffer.from(buffer, byteOffset + start, size).toString('hex')}`)
    return header % 2 === 0 ? magnitude : -magnitude
  },
}

/** Milliseconds since 1970, as a long. */
const date: Codec = {
  write: (out, value) => {
    if (!(value instanceof Date)) refuse()
    const ms = value.getTime()
    if (Number.isNaN(ms)) refuse()
    writeLong(out, ms)
  },
  read: (from) => {
    const read = new Date(readLong(from))
    return Number.isNaN(read.getTime()) ? from.fail('a date out of range') : read
  },
}

const json: Codec = {
  write: (out, value) => {
    if (!isJson(value)) refuse()
    writeText(out, JSON.stringify(value))
  },
  read: (from) => {
    const value = parsedJson(readText(from))
    return value !== undefined && isJson(value) ? value : from.fail('a text that is not JSON')
  },
}

function parsedJson(source: string): Json | undefined {
  try {
    return JSON.parse(source) as Json
  } catch {
    return undefined
  }
}

/** The codec of each scalar. */
export const SCALAR_CODECS: Readonly<Record<ScalarType, Codec>> = {
  text,
  int,
  long,
  double,
  bool,
  bytes,
  bigint,
  date,
  json,
}

/** `oneOf`: the number of the text among them. */
export function choiceCodec(values: readonly string[]): Codec {
  const numbers = new Map<unknown, number>(values.map((value, number) => [value, number]))
  return {
    write: (out: ByteWriter, value: unknown): void => {
      const number = numbers.get(value)
      if (number === undefined) refuse()
      out.varint(number)
    },
    read: (from: Cursor): unknown => {
      const number = from.varint()
      return values[number] ?? from.fail(`choice ${number} of ${values.length}`)
    },
  }
}
