/**
 * The files of a `jsonLines` sink: their names, the committables that name them, and one pending file while it
 * is written.
 *
 *     <folder>/.pending/<nonce>.jsonl                        written, maybe prepared, not visible
 *     <folder>/part-<checkpoint, 16 digits>-<nonce>.jsonl    visible
 *
 * The number is that of the checkpoint that prepared the part. A name is used once.
 */
import { join } from 'node:path'
import { HoldfastError } from '../base/errors.js'
import { diskError, type FileHandle, type Files } from '../base/files.js'
import { isObject, type Json } from '../base/json.js'
import { padded } from '../storage/paths.js'

/** The folder for output that is not visible yet, within the sink's own. */
export const PENDING_FOLDER = '.pending'

/** What `commit` needs to make a prepared file visible. */
export type Part = {
  /** Its name in the pending folder. */
  readonly pending: string
  /** Its name once visible. */
  readonly part: string
  readonly sizeBytes: number
}

const PENDING_NAME = /^([0-9a-f]{16})\.jsonl$/
const PART_NAME = /^part-(\d{16})-([0-9a-f]{16})\.jsonl$/

/** Whether a file of the pending folder is the sink's. */
export function isPendingName(name: string): boolean {
  return PENDING_NAME.test(name)
}

/** The number of the checkpoint that prepared a visible file; `undefined` if the file is not the sink's. */
export function partCheckpoint(name: string): number | undefined {
  const match = PART_NAME.exec(name)
  return match?.[1] === undefined ? undefined : Number(match[1])
}

/** The name a pending file gets when it becomes visible. */
export function partName(checkpoint: number, pending: string): string {
  return `part-${padded(checkpoint)}-${pending}`
}

/**
 * A committable of a manifest, checked: what it names must be files this sink can have made.
 * @throws `CORRUPT`
 */
export function parsePart(committable: Json, sink: string): Part {
  if (isObject(committable)) {
    const { pending, part, sizeBytes } = committable
    const names = typeof pending === 'string' && typeof part === 'string'
    if (names && PENDING_NAME.exec(pending)?.[1] === (PART_NAME.exec(part)?.[2] ?? '')) {
      if (typeof sizeBytes === 'number' && Number.isSafeInteger(sizeBytes) && sizeBytes > 0) {
        return { pending, part, sizeBytes }
      }
    }
  }
  throw new HoldfastError(
    'CORRUPT',
    `${sink}: the checkpoint names output that this sink cannot have written: ${JSON.stringify(committable).slice(0, 200)}`,
  )
}

const CHUNK_CHARS = 131_072
const BACKLOG_BYTES_MAX = 4_194_304

/**
 * One file while it is written. Text gathers in memory and goes to disk in chunks, behind the caller's back;
 * once that has failed, every later call throws the failure.
 */
export class PendingFile implements AsyncDisposable {
  /** Its name in the pending folder. */
  readonly name: string
  readonly #files: Files
  readonly #path: string
  readonly #texts: string[] = []
  #chars = 0
  #backlogBytes = 0
  #sizeBytes = 0
  #handle: FileHandle | undefined
  #written: Promise<void> = Promise.resolve()
  #failure: HoldfastError | undefined

  /** @param nonce unique; 16 hexadecimal digits */
  constructor(files: Files, folder: string, nonce: string) {
    this.name = `${nonce}.jsonl`
    this.#files = files
    this.#path = join(folder, PENDING_FOLDER, this.name)
  }

  /** Takes text. Returns a promise only when the disk is far behind. */
  append(text: string): void | Promise<void> {
    if (this.#failure !== undefined) throw this.#failure
    this.#texts.push(text)
    this.#chars += text.length
    if (this.#chars >= CHUNK_CHARS) this.#send()
    if (this.#backlogBytes > BACKLOG_BYTES_MAX) return this.#drain()
  }

  /** Makes everything durable, except the file's name, and closes the file. Returns its size in bytes. */
  async finish(): Promise<number> {
    this.#send()
    await this.#drain()
    try {
      await this.#handle?.sync()
    } catch (error) {
      throw diskError(error, 'write', this.#path)
    }
    await this[Symbol.asyncDispose]()
    return this.#sizeBytes
  }

  /** Closes the file, whatever is missing in it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#written
    await this.#handle?.close()
    this.#handle = undefined
  }

  async #drain(): Promise<void> {
    await this.#written
    if (this.#failure !== undefined) throw this.#failure
  }

  #send(): void {
    const chunk = Buffer.from(this.#texts.join(''))
    this.#texts.length = 0
    this.#chars = 0
    this.#backlogBytes += chunk.length
    this.#written = this.#written.then(() => this.#write(chunk))
  }

  /** Never rejects: nobody may be waiting. */
  async #write(chunk: Uint8Array): Promise<void> {
    try {
      if (this.#failure !== undefined) return
      this.#handle ??= await this.#files.open(this.#path, 'wx')
      await this.#handle.writeFile(chunk)
      this.#sizeBytes += chunk.length
    } catch (error) {
      this.#failure = diskError(error, 'write', this.#path)
    } finally {
      this.#backlogBytes -= chunk.length
    }
  }
}
