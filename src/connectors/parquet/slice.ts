/**
 * What a decoder yields, wherever it runs: slices of row groups, small enough that taking one over holds the
 * receiving thread for a few milliseconds only.
 */
import type { Column } from './columns.js'

/** Rows that travel together: a multiple of the largest batch. */
export const SLICE_ROWS = 16_000

/** Row groups in memory at once, whole or in part: the one being consumed, and the next. */
export const GROUPS_HELD = 2

/** What to decode, and from where on. */
export interface DecodeRequest {
  /** The files, in order. */
  readonly paths: readonly string[]
  /** The columns to read; all of them if `undefined`. */
  readonly columns: readonly string[] | undefined
  /** Index of the first file to read. */
  readonly file: number
  /** The first row of that file to read. */
  readonly row: number
}

/** Some rows that follow each other in one row group. */
export interface Slice {
  /** Index of the file. */
  readonly file: number
  /** Number of the first row, within the file. */
  readonly row: number
  readonly rows: number
  readonly columns: readonly NamedColumn[]
  /** Whether it ends its row group. */
  readonly endsGroup: boolean
}

/** A column of a slice. */
export interface NamedColumn {
  readonly name: string
  readonly column: Column
}

/** A running decoder. */
export interface Decoder {
  /**
   * The next slice; `undefined` after the last. Called one at a time.
   * @throws `BAD_RECORD` naming file and rows that cannot be decoded; `STORAGE_FAILED`
   */
  next(): Promise<Slice | undefined>
  /** Ends it, in mid-decode too. */
  close(): Promise<void>
}

/**
 * Starts a decoder and resolves when it stands at the first row asked for.
 * @throws `INPUT_MISSING`, `STORAGE_DENIED`, `MISSING_PACKAGE`; `CORRUPT` for a file that is not Parquet;
 * `INVALID_ARGUMENT` if there is no such row or column
 */
export type StartDecoder = (request: DecodeRequest) => Promise<Decoder>
