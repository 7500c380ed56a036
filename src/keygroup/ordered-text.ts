/** Order-preserving bytes of text: WTF-8 with the zero escaped, then an end, so that order is that of code points. */
import type { ByteReader, ByteWriter } from '../base/bytes.js'
import { END_OF_TEXT, ESCAPED_ZERO, TAG_STRING } from './key-tags.js'

/** Appends tag and text: UTF-8, lone surrogates as three bytes each (WTF-8), NUL escaped. */
export function writeText(out: ByteWriter, value: string): void {
  out.reserve(value.length * 3 + 3)
  const { bytes } = out
  let at = out.length
  bytes[at++] = TAG_STRING
  for (let i = 0; i < value.length; i++) {
    const unit = value.charCodeAt(i)
    if (unit < 0x80) {
      bytes[at++] = unit
      if (unit === 0) bytes[at++] = ESCAPED_ZERO
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

/** Reads the text after its tag. Throws `CORRUPT` for anything {@link writeText} did not write. */
export function readText(from: ByteReader): string {
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
  return plain ? latin1(bytes, start, end) : wtf8(from, start, end)
}

/** What Node's buffers have, and its types do not say: text of one byte each. Works on any bytes, copies nothing. */
const { latin1Slice } = Buffer.prototype as unknown as {
  latin1Slice(this: Uint8Array, start: number, end: number): string
}

/** Text of one unit per byte. */
export function latin1(bytes: Uint8Array, start: number, end: number): string {
  return latin1Slice.call(bytes, start, end)
}

function wtf8(from: ByteReader, start: number, end: number): string {
  const { bytes } = from
  let text = ''
  for (let i = start; i < end; ) {
    const lead = bytes[i++] as number
    if (lead === 0) {
      if (bytes[i++] !== ESCAPED_ZERO) from.fail('a broken NUL in a text key')
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
