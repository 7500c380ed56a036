/**
 * Bytes: a growing writer, a bounds-checked reader, comparison. All fixed-width integers are
 * little-endian unless a format page says otherwise; varints are LEB128, at most 53 bits.
 */
import { HoldfastError } from './errors.js'

/** An append-only byte buffer that doubles as it fills. `bytes` and `length` are read directly on hot paths. */
export class ByteWriter {
  bytes: Uint8Array<ArrayBuffer>
  length = 0
  #view: DataView

  constructor(capacity = 256) {
    this.bytes = new Uint8Array(capacity)
    this.#view = new DataView(this.bytes.buffer)
  }

  /** Makes room for `more` bytes after `length`. */
  reserve(more: number): void {
    const needed = this.length + more
    if (needed <= this.bytes.length) return
    const grown = new Uint8Array(Math.max(needed, this.bytes.length * 2))
    grown.set(this.bytes.subarray(0, this.length))
    this.bytes = grown
    this.#view = new DataView(grown.buffer)
  }

  u8(value: number): void {
    this.reserve(1)
    this.bytes[this.length++] = value
  }

  u16(value: number): void {
    this.reserve(2)
    this.#view.setUint16(this.length, value, true)
    this.length += 2
  }

  u32(value: number): void {
    this.reserve(4)
    this.#view.setUint32(this.length, value, true)
    this.length += 4
  }

  /** A safe integer of at most 53 bits, as 8 bytes. */
  u64(value: number): void {
    this.u32(value >>> 0)
    this.u32(Math.floor(value / 4_294_967_296))
  }

  /** A safe integer of at most 53 bits and a sign, as 8 bytes of two's complement. */
  i64(value: number): void {
    this.u32(value >>> 0)
    this.u32(Math.floor(value / 4_294_967_296) >>> 0)
  }

  /** Eight bytes, big-endian, as IEEE 754. */
  f64be(value: number): void {
    this.reserve(8)
    this.#view.setFloat64(this.length, value)
    this.length += 8
  }

  /** Four bytes, big-endian. */
  u32be(value: number): void {
    this.reserve(4)
    this.#view.setUint32(this.length, value)
    this.length += 4
  }

  varint(value: number): void {
    this.reserve(8)
    let rest = value
    while (rest > 127) {
      this.bytes[this.length++] = (rest % 128) | 128
      rest = Math.floor(rest / 128)
    }
    this.bytes[this.length++] = rest
  }

  put(bytes: Uint8Array): void {
    this.reserve(bytes.length)
    this.bytes.set(bytes, this.length)
    this.length += bytes.length
  }

  /** A varint length, then the text in UTF-8; a lone surrogate (half a character) becomes U+FFFD. */
  text(value: string): void {
    const bytes = new TextEncoder().encode(value)
    this.varint(bytes.length)
    this.put(bytes)
  }

  /** A view of what was written; valid until the next write. */
  view(): Uint8Array<ArrayBuffer> {
    return this.bytes.subarray(0, this.length)
  }

  /** A copy of what was written. */
  copy(): Uint8Array<ArrayBuffer> {
    return this.bytes.slice(0, this.length)
  }
}

/** Reads within bounds. Every overrun throws `CORRUPT` naming `what`; nothing is ever read beyond the end. */
export class ByteReader {
  readonly bytes: Uint8Array
  offset = 0
  readonly end: number
  readonly #view: DataView
  readonly #what: string

  constructor(bytes: Uint8Array, what: string) {
    this.bytes = bytes
    this.end = bytes.length
    this.#what = what
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get done(): boolean {
    return this.offset >= this.end
  }

  /** Throws `CORRUPT` with a reason. */
  fail(reason: string): never {
    throw new HoldfastError('CORRUPT', `${this.#what}: ${reason} at byte ${this.offset}`)
  }

  /** Moves over `count` bytes and returns where they start. */
  skip(count: number): number {
    const start = this.offset
    if (count > this.end - start)
      this.fail(`${count} bytes are claimed where ${this.end - start} are left`)
    this.offset = start + count
    return start
  }

  u8(): number {
    return this.#view.getUint8(this.skip(1))
  }

  u16(): number {
    return this.#view.getUint16(this.skip(2), true)
  }

  u32(): number {
    return this.#view.getUint32(this.skip(4), true)
  }

  u64(): number {
    const low = this.u32()
    const value = this.u32() * 4_294_967_296 + low
    return Number.isSafeInteger(value) ? value : this.fail('a number over 2^53')
  }

  i64(): number {
    const low = this.u32()
    const value = (this.u32() | 0) * 4_294_967_296 + low
    return Number.isSafeInteger(value) ? value : this.fail('a number beyond 2^53')
  }

  f64be(): number {
    return this.#view.getFloat64(this.skip(8))
  }

  u32be(): number {
    return this.#view.getUint32(this.skip(4))
  }

  varint(): number {
    let value = 0
    let scale = 1
    for (let i = 0; i < 8; i++) {
      const byte = this.u8()
      value += (byte & 127) * scale
      if (byte < 128) return Number.isSafeInteger(value) ? value : this.fail('a varint over 2^53')
      scale *= 128
    }
    return this.fail('a varint that does not end')
  }

  /** A view of the next `count` bytes. */
  take(count: number): Uint8Array {
    const start = this.skip(count)
    return this.bytes.subarray(start, start + count)
  }

  /** What {@link ByteWriter.text} wrote. */
  text(lengthMax: number): string {
    const length = this.varint()
    if (length > lengthMax) this.fail(`text of ${length} bytes, more than ${lengthMax}`)
    return utf8.decode(this.take(length))
  }
}

/** Keeps a byte order mark: it is text like any other. */
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })

/** Order of two byte strings: negative, 0 or positive; a prefix sorts first. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const difference = (a[i] as number) - (b[i] as number)
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

/** Whether `bytes` begins with `prefix`. */
export function startsWith(bytes: Uint8Array, prefix: Uint8Array): boolean {
  if (prefix.length > bytes.length) return false
  for (let i = 0; i < prefix.length; i++) if (bytes[i] !== prefix[i]) return false
  return true
}
