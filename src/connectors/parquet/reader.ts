/** Reading Parquet on the owner's side: slices of columns into batches of records, and positions. */
import { HoldfastError } from '../../base/errors.js'
import { nodeFiles } from '../../base/files.js'
import type { Source, SourceBatch, SourceContext, SourceReader } from '../../runtime/source.js'
import { batchRecordsOf } from '../batch-records.js'
import {
  checkInputs,
  type InputList,
  inputList,
  parsePosition,
  positionOf,
} from '../input-files.js'
import { recordsOf } from './records.js'
import type { Decoder, Slice, StartDecoder } from './slice.js'

/** Options of `parquet`. */
export interface ParquetOptions {
  /** The columns to read, in the order they get in the records. Default: all, in the order of the file. */
  readonly columns?: readonly string[]
  /** Most records of one batch, 1 to 1000. Default 1000. */
  readonly batchRecords?: number
}

/** A Parquet source over a decoder that runs wherever `start` puts it. */
export function parquetSource<T>(
  paths: string | readonly string[],
  options: ParquetOptions,
  start: StartDecoder,
): Source<T> {
  const list = inputList('parquet', paths)
  const batchRecords = batchRecordsOf(options.batchRecords, list.source)
  const { columns } = options
  if (columns !== undefined && (columns.length === 0 || new Set(columns).size < columns.length)) {
    throw new HoldfastError(
      'INVALID_ARGUMENT',
      `${list.source}: columns must name at least one column, each once`,
    )
  }
  return {
    name: list.source,
    open: async (context) => {
      const { file, row } = parsePosition(list, context.position, ['row'])
      await checkInputs(nodeFiles, list, file)
      const decoder = await start({ paths: list.paths, columns, file, row })
      return new ParquetReader<T>(decoder, { list, batchRecords, context })
    },
  }
}

interface Setup {
  readonly list: InputList
  readonly batchRecords: number
  readonly context: SourceContext
}

class ParquetReader<T> implements SourceReader<T> {
  readonly #decoder: Decoder
  readonly #setup: Setup
  #slice: Slice | undefined
  /** Rows of the slice that were handed over. */
  #taken = 0
  #ended = false

  constructor(decoder: Decoder, setup: Setup) {
    this.#decoder = decoder
    this.#setup = setup
  }

  async read(): Promise<SourceBatch<T> | undefined> {
    const { list, batchRecords, context } = this.#setup
    context.signal.throwIfAborted()
    const slice = await this.#current()
    if (slice === undefined) return undefined
    const start = this.#taken
    this.#taken = Math.min(start + batchRecords, slice.rows)
    const records = recordsOf(slice, start, this.#taken) as T[]
    return { records, position: positionOf(list, slice.file, { row: slice.row + this.#taken }) }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#decoder.close()
  }

  /** The slice with rows left in it. */
  async #current(): Promise<Slice | undefined> {
    if (this.#slice !== undefined && this.#taken < this.#slice.rows) return this.#slice
    this.#slice = undefined
    if (this.#ended) return undefined
    // Slices may lie ready by the dozen: a caller that reads in a loop must not keep timers and I/O waiting.
    await this.#setup.context.clock.turn()
    this.#slice = await this.#decoder.next()
    this.#taken = 0
    if (this.#slice === undefined) {
      this.#ended = true
      await this.#decoder.close()
    }
    return this.#slice
  }
}
