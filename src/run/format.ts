/**
 * The run format, version 1: the constants that are on disk, and the shape of a row.
 * The page is docs/format/run-format.md. DO NOT CHANGE a value here: files hold them.
 */

/** First and last bytes of a run: "HFRUN" and a line end, as PNG does, to show text-mode damage. */
export const RUN_MAGIC: Uint8Array = Uint8Array.of(0x89, 0x48, 0x46, 0x52, 0x55, 0x4e, 0x0d, 0x0a)

/** The format's version. */
export const RUN_VERSION = 1
/** Raised by every change until version 1 is final. */
export const RUN_DRAFT = 2

/** Bytes of the trailer, the last bytes of a run. */
export const TRAILER_BYTES = 32
/** Bytes of a block before its payload. */
export const BLOCK_HEADER_BYTES = 16
/** Bytes of a block after its payload (CRC-32). */
export const BLOCK_TRAILER_BYTES = 4

/** The payload is the raw rows. */
export const CODEC_NONE = 0
/** The payload is a raw DEFLATE stream (RFC 1951). */
export const CODEC_DEFLATE = 1

/** Not encrypted; no other value is defined yet. */
export const ENCRYPTION_NONE = 0

/** What a row does to older rows with the same row key. */
export type RowKind = 0 | 1 | 2 | 3
/** The row key has this value. */
export const PUT: RowKind = 0
/** The row key has no value. */
export const DELETE: RowKind = 1
/** The row key's list goes on with these operands (each a varint length and its bytes). */
export const APPEND: RowKind = 2
/** Every older row whose key begins with this row key is gone. */
export const CLEAR: RowKind = 3

/** Bits of the flags byte: the kind. */
export const KIND_MASK = 0b11
/** Bit of the flags byte: eight bytes of a timestamp follow, signed. */
export const HAS_TIMESTAMP = 0b100

/** Which rows belong together: all of one state of one operator, sorted by row key. */
export interface SectionName {
  /** The operator's uid. */
  readonly operator: string
  /** The state's name. */
  readonly state: string
}

/** One row. `key` and `value` are views; they stay valid as long as the block they came from. */
export interface Row {
  readonly key: Uint8Array
  readonly kind: RowKind
  /** Milliseconds since 1970, for state with a time to live; of a list the newest of its operands'; `undefined`: none. */
  readonly timestamp: number | undefined
  /** Empty for DELETE and CLEAR. */
  readonly value: Uint8Array
}

/** Order of sections in a run: by operator, then state, each by UTF-16 units. */
export function compareSections(a: SectionName, b: SectionName): number {
  if (a.operator !== b.operator) return a.operator < b.operator ? -1 : 1
  return a.state === b.state ? 0 : a.state < b.state ? -1 : 1
}
