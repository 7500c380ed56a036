/** Parquet files as input (`holdfast/parquet`). Needs the packages hyparquet and hyparquet-compressors. */
import type { Source } from '../../runtime/source.js'
import { startDecoderThread } from './decoder-thread.js'
import { type ParquetOptions, parquetSource } from './reader.js'

export type { ParquetOptions } from './reader.js'

/**
 * A bounded source over Parquet files, read in the order given; a position is a file and a row number. Rows are
 * decoded in a worker thread, one row group ahead of the reader; memory holds two decoded row groups.
 *
 * A record is a plain object with a member per column: INT64 as `number` where all values of a column in a row
 * group are safe integers, else as `bigint`; timestamps and dates as milliseconds since 1970 (rounded down);
 * text as `string`; no value as `null`; lists and structs as arrays and objects.
 *
 * `open` and `read` throw `INPUT_MISSING`, `STORAGE_DENIED`, `MISSING_PACKAGE`, `CORRUPT` (not a Parquet file),
 * `INVALID_ARGUMENT` (no such column; the files do not fit the checkpoint), `BAD_RECORD` (a row group that cannot
 * be decoded) and `STORAGE_FAILED`.
 * @throws `INVALID_ARGUMENT` for no paths, no columns, or a `batchRecords` out of bounds
 */
export function parquet<T = Record<string, unknown>>(
  paths: string | readonly string[],
  options: ParquetOptions = {},
): Source<T> {
  return parquetSource<T>(paths, options, (request) => startDecoderThread(request))
}
