/** CONTRACT: how a part of a value becomes bytes and back, within a codec made for a schema. */
import type { ByteWriter } from '../../base/bytes.js'
import type { Cursor } from './cursor.js'

/** Writes and reads one part. Every part takes at least one byte. */
export interface Codec {
  /**
   * Appends a part.
   * @throws {@link Misfit} if it does not fit the schema; `out` may hold a piece of it then
   */
  readonly write: (out: ByteWriter, value: unknown) => void
  /**
   * Reads a part.
   * @throws `CORRUPT` for what `write` does not write
   */
  readonly read: (from: Cursor) => unknown
}

/** Thrown within a codec; the serializer turns it into an error that names the path. */
export class Misfit extends Error {}

/** Ends the writing of a value that does not fit. */
export function refuse(): never {
  throw new Misfit('a value does not fit its schema')
}
