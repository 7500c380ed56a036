/** Where a codec reads: bytes and a place in them. Nothing is ever read beyond the end; an overrun is `CORRUPT`. */
import { HoldfastError } from '../../base/errors.js'

/** A place in bytes. Plain fields: the codecs' hot loops work on them. */
export class Cursor {
  bytes: Uint8Array
  at = 0
  end: number

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
    this.end = bytes.length
  }

  /** Throws `CORRUPT` with a reason. */
  fail(reason: string): never {
    throw new HoldfastError('CORRUPT', `a value cannot be decoded: ${reason} at byte ${this.at}`)
  }

  u8(): number {
    if (this.at >= this.end) this.fail('it ends too early')
    return this.bytes[this.at++] as number
  }

  /** Moves over `count` bytes and returns where they start. */
  skip(count: number): number {
    const start = this.at
    if (count > this.end - start) {
      this.fail(`${count} bytes are claimed where ${this.end - start} are left`)
    }
    this.at = start + count
    return start
  }

  /** An unsigned varint of at most 53 bits. */
  varint(): number {
    const first = this.u8()
    if (first < 128) return first
    let value = first & 127
    for (let scale = 128; scale < 2 ** 53; scale *= 128) {
      const byte = this.u8()
      value += (byte & 127) * scale
      if (byte < 128) return Number.isSafeInteger(value) ? value : this.fail('a varint over 2^53')
    }
    return this.fail('a varint that does not end')
  }

  /** How many parts follow. Each takes at least one byte, so that more than what is left is a lie. */
  count(): number {
    const count = this.varint()
    if (count > this.end - this.at) this.fail(`${count} parts are claimed`)
    return count
  }
}
