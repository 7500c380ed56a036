/**
 * Lines of a file, from any byte offset that begins one. A line ends at `\n` (a `\r` before it is dropped) or
 * at the end of the file. Bytes are read in chunks and decoded a line at a time, so that neither lines nor
 * characters care where a chunk ends.
 *
 * Invariant: `start <= searched <= end` within `buffer`, no newline in [start, searched), and `buffer[start]`
 * is the file's byte `offset`.
 */
import { isUtf8 } from 'node:buffer'
import { HoldfastError } from '../base/errors.js'
import { diskError, type FileHandle, type Files } from '../base/files.js'
import { LIMITS } from '../base/limits.js'
import { openInput } from './input-files.js'

const CHUNK_BYTES = 262_144
const NEWLINE = 0x0a
const RETURN = 0x0d

/** Where to begin. */
export interface LineStart {
  /** Bytes before the first line to read. */
  readonly offset: number
  /** Lines before it. */
  readonly line: number
}

/** One line, without its end. */
export interface Line {
  readonly text: string
  /** Whether its bytes are UTF-8; if not, `text` has U+FFFD in their place. */
  readonly wellFormed: boolean
  /** Where it begins, in bytes from the start of the file. */
  readonly offset: number
}

/** An open file, read forward. */
export class LineReader implements AsyncDisposable {
  /** Bytes before the next line. */
  offset: number
  /** Lines before the next line: the number of the last one handed out, counted from 1. */
  line: number
  readonly #path: string
  readonly #handle: FileHandle
  #buffer = Buffer.allocUnsafe(CHUNK_BYTES)
  #start = 0
  #searched = 0
  #end = 0
  #ended = false

  private constructor(path: string, handle: FileHandle, start: LineStart) {
    this.#path = path
    this.#handle = handle
    this.offset = start.offset
    this.line = start.line
  }

  /**
   * Opens a file.
   * @throws `INPUT_MISSING`, `STORAGE_DENIED`; `INVALID_ARGUMENT` if no line of the file begins at `start`
   */
  static async open(files: Files, path: string, start: LineStart): Promise<LineReader> {
    const { handle, size } = await openInput(files, path)
    const reader = new LineReader(path, handle, start)
    try {
      if (start.offset === 0) await reader.#skipByteOrderMark()
      else await reader.#checkStart(size)
    } catch (error) {
      await handle.close()
      throw error
    }
    return reader
  }

  /** The next line if it is in memory; otherwise {@link fill} brings more of the file, or says it has ended. */
  next(): Line | undefined {
    const newline = this.#buffer.indexOf(NEWLINE, this.#searched) // maybe one of former bytes, after #end
    if (newline >= 0 && newline < this.#end) return this.#take(newline, newline + 1)
    this.#searched = this.#end
    return this.#ended && this.#start < this.#end ? this.#take(this.#end, this.#end) : undefined
  }

  /** Reads on. `false` once the file has ended and nothing is left. Throws `LIMIT_EXCEEDED`, `STORAGE_FAILED`. */
  async fill(): Promise<boolean> {
    if (this.#ended) return false
    this.#checkLength(this.#end - this.#start)
    this.#makeRoom()
    const bytesRead = await this.#read(this.#end, this.offset + this.#end - this.#start)
    this.#end += bytesRead
    this.#ended = bytesRead === 0
    return true
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close()
  }

  #take(end: number, next: number): Line {
    this.#checkLength(end - this.#start)
    const trimmed = end > this.#start && this.#buffer[end - 1] === RETURN ? end - 1 : end
    const text = this.#buffer.toString('utf8', this.#start, trimmed)
    const wellFormed =
      !text.includes('\uFFFD') || isUtf8(this.#buffer.subarray(this.#start, trimmed))
    const { offset } = this
    this.offset += next - this.#start
    this.line++
    this.#start = next
    this.#searched = next
    return { text, wellFormed, offset }
  }

  /** Moves what is left to the front, and grows the buffer when a line fills it. */
  #makeRoom(): void {
    const left = this.#end - this.#start
    const size = left > this.#buffer.length / 2 ? this.#buffer.length * 2 : this.#buffer.length
    const target = size === this.#buffer.length ? this.#buffer : Buffer.allocUnsafe(size)
    this.#buffer.copy(target, 0, this.#start, this.#end)
    this.#buffer = target
    this.#searched -= this.#start
    this.#start = 0
    this.#end = left
  }

  async #read(
    at: number,
    offset: number,
    length: number = this.#buffer.length - at,
  ): Promise<number> {
    try {
      return (await this.#handle.read(this.#buffer, at, length, offset)).bytesRead
    } catch (error) {
      throw diskError(error, 'read', this.#path)
    }
  }

  async #skipByteOrderMark(): Promise<void> {
    await this.fill()
    while (this.#end < 3 && (await this.fill()));
    const marked = this.#end >= 3 && this.#buffer.readUIntBE(0, 3) === 0xefbbbf
    if (!marked) return
    this.#start = 3
    this.#searched = 3
    this.offset = 3
  }

  async #checkStart(size: number): Promise<void> {
    const { offset } = this
    if (offset > size) {
      throw new HoldfastError(
        'INVALID_ARGUMENT',
        `${this.#path} has ${size} bytes, but the checkpoint had read ${offset} of it: the file was cut or replaced; bring the former one back`,
      )
    }
    await this.#read(0, offset - 1, 2)
    // The last line may have had no newline yet when it was read.
    const [before, after] = [this.#buffer[0], this.#buffer[1]]
    if (offset === size || before === NEWLINE || after === NEWLINE || after === RETURN) return
    throw new HoldfastError(
      'INVALID_ARGUMENT',
      `${this.#path}: no line begins at byte ${offset}, where the checkpoint had read to: the file was changed; bring the former one back`,
    )
  }

  #checkLength(bytes: number): void {
    if (bytes <= LIMITS.lineBytesMax) return
    throw new HoldfastError(
      'LIMIT_EXCEEDED',
      `${this.#path} line ${this.line + 1}: longer than ${LIMITS.lineBytesMax} bytes (lineBytesMax); is this a file of one JSON value per line?`,
    )
  }
}
