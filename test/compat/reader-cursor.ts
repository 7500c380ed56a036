/** Reading bytes for the second reader, within bounds; see reader.ts. Imports nothing of src. */

/** Why bytes are refused: they are damaged, or of a format this reader does not know. */
export type Refusal = 'CORRUPT' | 'NEWER_FORMAT'

/** What the reader throws. */
export class Refused extends Error {
  readonly code: Refusal

  constructor(code: Refusal, message: string) {
    super(message)
    this.code = code
  }
}

/** Throws unless `holds`. */
export function demand(holds: boolean, what: string, code: Refusal = 'CORRUPT'): asserts holds {
  if (!holds) throw new Refused(code, what)
}

/** A place in some bytes. */
export class Cursor {
  readonly bytes: Uint8Array
  at = 0
  readonly #view: DataView

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  }

  get done(): boolean {
    return this.at === this.bytes.length
  }

  take(count: number): Uint8Array {
    demand(count <= this.bytes.length - this.at, `${count} bytes at ${this.at}`)
    this.at += count
    return this.bytes.subarray(this.at - count, this.at)
  }

  /** A view of the next bytes, for fixed-width numbers. */
  view(count: number): DataView {
    const start = this.at
    this.take(count)
    return new DataView(this.#view.buffer, this.#view.byteOffset + start, count)
  }

  u8(): number {
    return this.view(1).getUint8(0)
  }

  u16(): number {
    return this.view(2).getUint16(0, true)
  }

  u32(): number {
    return this.view(4).getUint32(0, true)
  }

  u64(): number {
    return exact(this.view(8).getBigUint64(0, true))
  }

  i64(): number {
    return exact(this.view(8).getBigInt64(0, true))
  }

  varint(): number {
    let value = 0n
    for (let shift = 0n; shift < 56n; shift += 7n) {
      const byte = this.u8()
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return exact(value)
    }
    throw new Refused('CORRUPT', 'a varint of more than 8 bytes')
  }

  /** A varint length, then so many bytes. */
  prefixed(most: number = Number.MAX_SAFE_INTEGER): Uint8Array {
    const length = this.varint()
    demand(length <= most, `${length} bytes, at most ${most}`)
    return this.take(length)
  }

  list<T>(read: () => T): T[] {
    const count = this.varint()
    demand(count <= this.bytes.length - this.at, `a list of ${count}`)
    return Array.from({ length: count }, read)
  }
}

function exact(value: bigint): number {
  demand(value <= BigInt(Number.MAX_SAFE_INTEGER), 'a number over 2^53 - 1')
  return Number(value)
}
