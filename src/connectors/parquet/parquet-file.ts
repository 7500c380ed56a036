/**
 * One Parquet file, open, on the thread that decodes: its row groups, and reading one of them with hyparquet.
 * Timestamps and dates become milliseconds since 1970 as they are decoded.
 */
import type { AsyncBuffer, Compressors, FileMetaData, ParquetParsers } from 'hyparquet'
import { HoldfastError, messageOf } from '../../base/errors.js'
import { diskError, type FileHandle, type Files } from '../../base/files.js'
import { optionalImport } from '../../base/optional-import.js'
import { openInput } from '../input-files.js'
import { type Chunk, chunkOf, type Values } from './columns.js'

/** Where a row group is within its file. */
export interface RowGroup {
  /** Number of its first row. */
  readonly row: number
  readonly rows: number
}

type Hyparquet = typeof import('hyparquet')

/** The two packages that read Parquet. Throws `MISSING_PACKAGE`. */
async function loadHyparquet(): Promise<{ hyparquet: Hyparquet; compressors: Compressors }> {
  const hyparquet = await optionalImport('hyparquet', 'reading Parquet', () => import('hyparquet'))
  const { compressors } = await optionalImport(
    'hyparquet-compressors',
    'reading Parquet',
    () => import('hyparquet-compressors'),
  )
  return { hyparquet, compressors }
}

interface Opened {
  readonly path: string
  readonly handle: FileHandle
  readonly bytes: AsyncBuffer
  readonly metadata: FileMetaData
  readonly columns: readonly string[]
}

/** An open file. */
export class ParquetFile {
  /** The row groups, in order; none is empty. */
  readonly groups: readonly RowGroup[]
  /** Rows of all groups. */
  readonly rows: number
  readonly #opened: Opened

  private constructor(opened: Opened) {
    this.#opened = opened
    const groups: RowGroup[] = []
    let row = 0
    for (const group of opened.metadata.row_groups) {
      const rows = Number(group.num_rows)
      if (rows > 0) groups.push({ row, rows })
      row += rows
    }
    this.groups = groups
    this.rows = row
  }

  /**
   * Opens a file and reads its footer.
   * @param columns the columns to read; `undefined` for all
   * @throws `INPUT_MISSING`, `STORAGE_DENIED`, `MISSING_PACKAGE`, `CORRUPT`, `INVALID_ARGUMENT`
   */
  static async open(
    files: Files,
    path: string,
    columns: readonly string[] | undefined,
  ): Promise<ParquetFile> {
    const { hyparquet } = await loadHyparquet()
    const { handle, size } = await openInput(files, path)
    try {
      const bytes: AsyncBuffer = {
        byteLength: size,
        slice: (from, to = size) => readRange(handle, path, { from, to }),
      }
      const metadata = await hyparquet.parquetMetadataAsync(bytes).catch((error: unknown) => {
        throw notParquet(error, path)
      })
      const names = hyparquet.parquetSchema(metadata).children.map((child) => child.element.name)
      return new ParquetFile({
        path,
        handle,
        bytes,
        metadata,
        columns: columnsOf(path, names, columns),
      })
    } catch (error) {
      await handle.close()
      throw error
    }
  }

  /** Decodes a row group, all at once. Throws `BAD_RECORD`, `STORAGE_FAILED`. */
  async read({ row, rows }: RowGroup): Promise<Chunk[]> {
    const { path, bytes, metadata, columns } = this.#opened
    const { hyparquet, compressors } = await loadHyparquet()
    const pages = new Map<string, Values[]>(columns.map((name) => [name, []]))
    try {
      await hyparquet.parquetRead({
        file: bytes,
        metadata,
        columns: [...columns],
        rowStart: row,
        rowEnd: row + rows,
        compressors,
        parsers: TIMES_AS_NUMBERS,
        onChunk: ({ columnName, columnData }) => pages.get(columnName)?.push(columnData),
      })
      return [...pages].map(([name, parts]) => chunkOf(name, joined(parts, rows, name)))
    } catch (error) {
      if (error instanceof HoldfastError) throw error
      throw new HoldfastError(
        'BAD_RECORD',
        `${path} rows ${row} to ${row + rows - 1} cannot be decoded: ${messageOf(error)}; was the file written and copied completely?`,
        { cause: error },
      )
    }
  }

  async close(): Promise<void> {
    await this.#opened.handle.close()
  }
}

/** hyparquet would make a Date of each, which costs more than all other decoding. */
const TIMES_AS_NUMBERS: Partial<ParquetParsers> = {
  timestampFromMilliseconds: (milliseconds) => Number(milliseconds),
  timestampFromMicroseconds: (microseconds) => wholeMilliseconds(Number(microseconds), 1000),
  timestampFromNanoseconds: (nanoseconds) => wholeMilliseconds(Number(nanoseconds / 1000n), 1000),
  dateFromDays: (days) => days * 86_400_000,
}

/** Rounded down, also before 1970. */
function wholeMilliseconds(units: number, perMillisecond: number): number {
  const rest = units % perMillisecond
  return (units - (rest < 0 ? rest + perMillisecond : rest)) / perMillisecond
}

function columnsOf(
  path: string,
  names: readonly string[],
  columns: readonly string[] | undefined,
): readonly string[] {
  if (columns === undefined) return names
  const unknown = columns.find((name) => !names.includes(name))
  if (unknown === undefined) return columns
  throw new HoldfastError(
    'INVALID_ARGUMENT',
    `${path} has no column ${JSON.stringify(unknown)}; it has ${names.join(', ')}`,
  )
}

function notParquet(error: unknown, path: string): HoldfastError {
  if (error instanceof HoldfastError) return error
  return new HoldfastError(
    'CORRUPT',
    `${path} is not a complete Parquet file: ${messageOf(error)}; was it written and copied completely?`,
    { cause: error },
  )
}

function joined(parts: readonly Values[], rows: number, name: string): Values {
  const [first = []] = parts
  const values = parts.length <= 1 ? first : parts.flatMap((part) => Array.from(part))
  if (values.length === rows) return values
  throw new Error(`column ${name} has ${values.length} values where ${rows} were promised`)
}

async function readRange(
  handle: FileHandle,
  path: string,
  range: { readonly from: number; readonly to: number },
): Promise<ArrayBuffer> {
  const bytes = new Uint8Array(range.to - range.from)
  let count = 0
  try {
    while (count < bytes.length) {
      const { bytesRead } = await handle.read(
        bytes,
        count,
        bytes.length - count,
        range.from + count,
      )
      if (bytesRead === 0) break
      count += bytesRead
    }
  } catch (error) {
    throw diskError(error, 'read', path)
  }
  if (count === bytes.length) return bytes.buffer
  throw new HoldfastError(
    'CORRUPT',
    `${path} ends at byte ${range.from + count}, before what it promises`,
  )
}
