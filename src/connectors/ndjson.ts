/**
 * NDJSON files as input: one JSON value per line. A position is a file of the list and a byte offset that begins
 * a line, so that a restart seeks instead of reading from the front.
 */
import { HoldfastError, messageOf } from '../base/errors.js'
import { type Files, nodeFiles } from '../base/files.js'
import type {
  BadRecordPolicy,
  Source,
  SourceBatch,
  SourceContext,
  SourceReader,
} from '../runtime/source.js'
import { batchRecordsOf } from './batch-records.js'
import { DeadLetters } from './dead-letters.js'
import { checkInputs, type InputList, inputList, parsePosition, positionOf } from './input-files.js'
import { jsonFault } from './json-fault.js'
import { type Line, LineReader, type LineStart } from './line-reader.js'

/** Options of {@link ndjson}. */
export interface NdjsonOptions<T> {
  /**
   * What to do with a line that cannot be read. Default: what the job says, else `'fail'`. `'fail'` throws `BAD_RECORD`; `'skip'` counts it
   * and goes on; `deadLetter` also appends it to that file, as one line of
   * `{ file, line, offset, error, raw }`, before any later record is handed over. The file holds each bad
   * line once, over restarts too, as long as one process at a time appends to it.
   */
  readonly onBadRecord?: BadRecordPolicy
  /** Makes a record of a line; what it throws makes the line a bad one. Default `JSON.parse`. */
  readonly parse?: (line: string) => T
  /** Most records of one batch, 1 to 1000. Default 1000. */
  readonly batchRecords?: number
  /** The file system. Default: the machine's. */
  readonly files?: Files
}

/** An open NDJSON source. */
export interface NdjsonReader<T> extends SourceReader<T> {
  /** Lines skipped since it was opened. */
  readonly skipped: number
}

/** What {@link ndjson} makes. */
export interface NdjsonSource<T> extends Source<T> {
  open(context: SourceContext): Promise<NdjsonReader<T>>
}

/**
 * A bounded source over NDJSON files in UTF-8, read in the order given. Lines end at `\n` or `\r\n`, the last one
 * may end with its file; blank lines and a byte order mark are skipped. A line has at most
 * `LIMITS.lineBytesMax` bytes.
 *
 * `open` and `read` throw `INPUT_MISSING`, `STORAGE_DENIED`, `INVALID_ARGUMENT` (the files do not fit the
 * checkpoint), `BAD_RECORD` (with file, line and column) and `LIMIT_EXCEEDED`.
 * @throws `INVALID_ARGUMENT` for no paths, or a `batchRecords` out of bounds
 */
export function ndjson<T = unknown>(
  paths: string | readonly string[],
  options: NdjsonOptions<T> = {},
): NdjsonSource<T> {
  const list = inputList('ndjson', paths)
  const files = options.files ?? nodeFiles
  const batchRecords = batchRecordsOf(options.batchRecords, list.source)
  return {
    name: list.source,
    open: async (context) => {
      const { file, offset, line } = parsePosition(list, context.position, ['offset', 'line'])
      await checkInputs(files, list, file)
      const lines = await openLines(files, list, { file, offset, line })
      const onBadRecord = options.onBadRecord ?? context.onBadRecord ?? 'fail'
      const setup = { onBadRecord, parse: options.parse, list, files, batchRecords }
      return new Reader({ ...setup, signal: context.signal }, file, lines)
    },
  }
}

interface Setup<T> {
  readonly onBadRecord: BadRecordPolicy
  readonly parse: ((line: string) => T) | undefined
  readonly list: InputList
  readonly files: Files
  readonly batchRecords: number
  readonly signal: AbortSignal
}

async function openLines(
  files: Files,
  list: InputList,
  start: LineStart & { readonly file: number },
): Promise<LineReader | undefined> {
  const path = list.paths[start.file]
  return path === undefined ? undefined : await LineReader.open(files, path, start)
}

class Reader<T> implements NdjsonReader<T> {
  skipped = 0
  readonly #setup: Setup<T>
  readonly #parse: (line: string) => T
  readonly #deadLetters: DeadLetters | undefined
  #file: number
  #lines: LineReader | undefined
  #failure: { readonly error: unknown } | undefined
  #pending: Promise<unknown> | undefined
  #disposed = false

  constructor(setup: Setup<T>, file: number, lines: LineReader | undefined) {
    const { onBadRecord, parse } = setup
    this.#setup = setup
    this.#parse = parse ?? ((line) => JSON.parse(line) as T)
    if (typeof onBadRecord === 'object')
      this.#deadLetters = new DeadLetters(setup.files, onBadRecord.deadLetter)
    this.#file = file
    this.#lines = lines
  }

  async read(): Promise<SourceBatch<T> | undefined> {
    this.#setup.signal.throwIfAborted()
    // What failed once must not go on behind the fault as if nothing had been lost.
    if (this.#failure !== undefined) throw this.#failure.error
    try {
      const pending = this.#read()
      this.#pending = pending
      return await pending
    } catch (error) {
      this.#failure = { error }
      throw error
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true
    await Promise.allSettled([this.#pending])
    await this.#lines?.[Symbol.asyncDispose]()
    await this.#deadLetters?.[Symbol.asyncDispose]()
  }

  async #read(): Promise<SourceBatch<T> | undefined> {
    const { list, files } = this.#setup
    for (let lines = this.#lines; lines !== undefined; lines = this.#lines) {
      const records: T[] = []
      await this.#fill(lines, records)
      if (records.length > 0) {
        const { offset, line } = lines
        return { records, position: positionOf(list, this.#file, { offset, line }) }
      }
      await lines[Symbol.asyncDispose]()
      this.#file++
      this.#lines = await openLines(files, list, { file: this.#file, offset: 0, line: 0 })
    }
    return undefined
  }

  /** Reads until the batch is full or the file has ended. */
  async #fill(lines: LineReader, records: T[]): Promise<void> {
    for (;;) {
      if (this.#disposed)
        throw new HoldfastError('INVALID_STATE', `${this.#setup.list.source} is closed`)
      const full = this.#takeLines(lines, records)
      await this.#deadLetters?.flush()
      if (full || !(await lines.fill())) return
    }
  }

  /** Moves lines in memory into `records`. `true` once the batch is full. */
  #takeLines(lines: LineReader, records: T[]): boolean {
    const { batchRecords } = this.#setup
    for (let line = lines.next(); line !== undefined; line = lines.next()) {
      if (isBlank(line.text)) continue
      try {
        if (!line.wellFormed) throw new Error('the line is not UTF-8')
        records.push(this.#parse(line.text))
      } catch (error) {
        this.#reject(line, lines.line, error)
      }
      if (records.length === batchRecords) return true
    }
    return false
  }

  #reject(line: Line, number: number, cause: unknown): void {
    const { list, onBadRecord } = this.#setup
    const file = list.paths[this.#file] ?? ''
    const { column, reason } = faultOf(line, cause)
    if (onBadRecord === 'fail') {
      throw new HoldfastError(
        'BAD_RECORD',
        `${file} line ${number}, column ${column}: ${reason}: ${excerpt(line.text, column)} (mend the line, or set onBadRecord, as --on-bad-record, to skip or a dead-letter file)`,
        { cause },
      )
    }
    this.skipped++
    const error = `column ${column}: ${reason}`
    this.#deadLetters?.add({ file, line: number, offset: line.offset, error, raw: line.text })
  }
}

/** What is wrong and where: a column from 1, in UTF-16 units; 1 if only the user's `parse` could tell. */
function faultOf(line: Line, cause: unknown): { column: number; reason: string } {
  if (!line.wellFormed) return { column: line.text.indexOf('\uFFFD') + 1, reason: messageOf(cause) }
  const fault = cause instanceof SyntaxError ? jsonFault(line.text) : undefined
  if (fault === undefined) return { column: 1, reason: messageOf(cause) }
  const char = line.text.slice(fault, fault + 1)
  const reason =
    char === '' ? 'the JSON ends too early' : `not JSON from ${JSON.stringify(char)} on`
  return { column: fault + 1, reason }
}

function isBlank(text: string): boolean {
  const first = text.charCodeAt(0)
  return !(first > 0x20) && text.trim() === ''
}

const EXCERPT_BEFORE = 30
const EXCERPT_LENGTH = 60

/** Some text around the column. */
function excerpt(text: string, column: number): string {
  const from = Math.max(0, column - 1 - EXCERPT_BEFORE)
  const to = from + EXCERPT_LENGTH
  return `${from > 0 ? '…' : ''}${text.slice(from, to)}${to < text.length ? '…' : ''}`
}
