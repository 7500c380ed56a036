/** Order-preserving bytes of bytes: the zero escaped as in text, then an end; a prefix sorts first. */
import type { ByteReader, ByteWriter } from '../base/bytes.js'
import { END_OF_TEXT, ESCAPED_ZERO, TAG_BYTES } from './key-tags.js'

/** Appends tag and bytes. */
export function writeBytes(out: ByteWriter, value: Uint8Array): void {
  out.u8(TAG_BYTES)
  let from = 0
  for (let zero = value.indexOf(0); zero >= 0; zero = value.indexOf(0, from)) {
    out.put(value.subarray(from, zero + 1))
    out.u8(ESCAPED_ZERO)
    from = zero + 1
  }
  out.put(value.subarray(from))
  out.u8(0)
  out.u8(END_OF_TEXT)
}

/** Reads a copy of the bytes after their tag. Throws `CORRUPT` for anything {@link writeBytes} did not write. */
export function readBytes(from: ByteReader): Uint8Array {
  const { bytes } = from
  const start = from.offset
  let zeros = 0
  for (let at = start; ; at += 2) {
    at = bytes.indexOf(0, at)
    const after = at < 0 ? undefined : bytes[at + 1]
    if (after === undefined) return from.fail('a bytes key that does not end')
    if (after === END_OF_TEXT) {
      from.skip(at + 2 - start)
      return unescaped(bytes.subarray(start, at), zeros)
    }
    if (after !== ESCAPED_ZERO) from.fail('a broken zero in a bytes key')
    zeros++
  }
}

function unescaped(escaped: Uint8Array, zeros: number): Uint8Array {
  const value = new Uint8Array(escaped.length - zeros)
  let at = 0
  let from = 0
  for (let zero = escaped.indexOf(0); zero >= 0; zero = escaped.indexOf(0, from)) {
    value.set(escaped.subarray(from, zero + 1), at)
    at += zero + 1 - from
    from = zero + 2
  }
  value.set(escaped.subarray(from), at)
  return value
}
