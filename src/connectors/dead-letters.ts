/**
 * Where an NDJSON source puts the lines it cannot read: a file of its own, one JSON object per line.
 *
 * A letter is identified by the path of its input as configured, the byte offset and the line itself. It is on
 * disk before the records after it are handed over, and one that is there already is not written again, so
 * that the file holds each bad line once, however often a job is restarted or run.
 */
import { dirname } from 'node:path'
import { sha256 } from '../base/checksums.js'
import { diskError, type FileHandle, type Files, syncFolder, systemCode } from '../base/files.js'
import { isObject } from '../base/json.js'

/** One line of the file. */
export interface DeadLetter {
  /** The input file, as configured. */
  readonly file: string
  /** Line in it, from 1. */
  readonly line: number
  /** Where the line begins, in bytes. */
  readonly offset: number
  /** Why it cannot be read. */
  readonly error: string
  /** The line as text. */
  readonly raw: string
}

/** The file, opened when the first letter comes. */
export class DeadLetters implements AsyncDisposable {
  readonly #files: Files
  readonly #path: string
  #waiting: DeadLetter[] = []
  /** Identities of the letters in the file, from when it is open. */
  #written = new Set<string>()
  #handle: FileHandle | undefined

  constructor(files: Files, path: string) {
    this.#files = files
    this.#path = path
  }

  /** Takes a letter; it is on disk after the next {@link flush}. */
  add(letter: DeadLetter): void {
    this.#waiting.push(letter)
  }

  /** Makes all letters durable. Throws `STORAGE_DENIED`, `STORAGE_FULL`, `STORAGE_FAILED`. */
  async flush(): Promise<void> {
    if (this.#waiting.length === 0) return
    try {
      this.#handle ??= await this.#open()
      const text = this.#newLines().join('')
      if (text === '') return
      await this.#handle.appendFile(text)
      await this.#handle.datasync()
    } catch (error) {
      throw diskError(error, 'write dead letters to', this.#path)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle?.close()
    this.#handle = undefined
  }

  #newLines(): string[] {
    const lines: string[] = []
    for (const letter of this.#waiting) {
      const id = identity(letter)
      if (!this.#written.has(id)) lines.push(`${JSON.stringify(letter)}\n`)
      this.#written.add(id)
    }
    this.#waiting = []
    return lines
  }

  async #open(): Promise<FileHandle> {
    const former = await this.#former()
    this.#written = new Set(former.split('\n').flatMap(formerIdentity))
    const handle = await this.#files.open(this.#path, 'a')
    if (former === '') await syncFolder(this.#files, dirname(this.#path))
    // A letter that a crash has torn is ended here, and written once more.
    else if (!former.endsWith('\n')) await handle.appendFile('\n')
    return handle
  }

  async #former(): Promise<string> {
    try {
      return new TextDecoder().decode(await this.#files.readFile(this.#path))
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return ''
      throw error
    }
  }
}

function identity(letter: Pick<DeadLetter, 'file' | 'offset' | 'raw'>): string {
  return sha256([
    new TextEncoder().encode(JSON.stringify([letter.file, letter.offset, letter.raw])),
  ])
}

function formerIdentity(line: string): string[] {
  let letter: unknown
  try {
    letter = JSON.parse(line)
  } catch {
    return [] // torn, or not ours
  }
  if (!isObject(letter)) return []
  const { file, offset, raw } = letter
  if (typeof file !== 'string' || typeof offset !== 'number' || typeof raw !== 'string') return []
  return [identity({ file, offset, raw })]
}
