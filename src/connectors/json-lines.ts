/**
 * NDJSON files as output, exactly once: every checkpoint makes one new file visible, by a rename.
 *
 * Invariant: a visible file is complete, never changes, and was prepared by the checkpoint in its name; the
 * pending folder holds only what the newest checkpoint lists or nobody will.
 */
import { basename, join } from 'node:path'
import { HoldfastError, messageOf } from '../base/errors.js'
import { diskError, type Files, nodeFiles, syncFolder, systemCode } from '../base/files.js'
import type { Json } from '../base/json.js'
import type { Random } from '../base/random.js'
import type { Sink, SinkRecovery, SinkWriter } from '../runtime/sink.js'
import { keepParts, keptParts } from './kept-parts.js'
import {
  isPendingName,
  type Part,
  PENDING_FOLDER,
  PendingFile,
  parsePart,
  partCheckpoint,
  partName,
} from './part-files.js'

/** Options of {@link jsonLines}. */
export interface JsonLinesOptions {
  /** What errors call it. Default `jsonLines(<name of the folder>)`. */
  readonly name?: string
  /** The file system. Default: the machine's. */
  readonly files?: Files
}

/**
 * A two-phase sink that writes records as JSON lines into files of a folder, which it creates:
 * `part-<checkpoint>-<nonce>.jsonl`, in the order of their names. Read only those; `.pending` within the folder
 * is the sink's own.
 *
 * A new job refuses a folder that holds parts of an earlier one (`OUTPUT_AHEAD`), unless duplicates are allowed:
 * then they stay, for good. A part must stay in the folder until the checkpoint after it, or a
 * restart misses it (`CORRUPT`). `write` throws `INVALID_ARGUMENT` for a record JSON cannot express; `write` and
 * `prepare` throw `STORAGE_FULL`, `STORAGE_DENIED` or `STORAGE_FAILED`, and go on doing so until a restart.
 * @param folder belongs to one job; other files in it are left alone
 */
export function jsonLines<T = unknown>(folder: string, options: JsonLinesOptions = {}): Sink<T> {
  const name = options.name ?? `jsonLines(${basename(folder)})`
  if (folder === '')
    throw new HoldfastError('INVALID_ARGUMENT', 'jsonLines: give the path of a folder')
  const files = options.files ?? nodeFiles
  return {
    name,
    open: async ({ random }) => {
      const pending = join(folder, PENDING_FOLDER)
      try {
        await files.mkdir(pending, { recursive: true })
        await syncFolder(files, folder)
      } catch (error) {
        throw diskError(error, 'create', pending)
      }
      return new JsonLinesWriter<T>({ name, folder, files, random })
    },
  }
}

interface Setup {
  readonly name: string
  readonly folder: string
  readonly files: Files
  readonly random: Random
}

class JsonLinesWriter<T> implements SinkWriter<T> {
  readonly #setup: Setup
  /** What is written since the last barrier; none if nothing was. */
  #file: PendingFile | undefined
  /** A file that could not be finished has lost records: no later checkpoint may pretend otherwise. */
  #failure: unknown

  constructor(setup: Setup) {
    this.#setup = setup
  }

  async recover(recovery: SinkRecovery): Promise<void> {
    const { name, folder, files } = this.#setup
    const parts = recovery.pending.map((committable) => parsePart(committable, name).part)
    const visible = await this.#list(folder, (file) => partCheckpoint(file) !== undefined)
    if (recovery.isNew) return this.#keep(visible, recovery.allowDuplicates)
    const kept = await keptParts(files, folder)
    await this.commit(recovery.pending)
    const beyond = visible.filter((file) => (partCheckpoint(file) ?? 0) > recovery.checkpoint)
    await this.#remove(
      folder,
      beyond.filter((file) => !kept.has(file) && !parts.includes(file)),
    )
    const pending = join(folder, PENDING_FOLDER)
    await this.#remove(pending, await this.#list(pending, isPendingName))
  }

  write(records: readonly T[]): void | Promise<void> {
    if (this.#failure !== undefined) throw this.#failure
    if (records.length === 0) return
    const text = records.map((record) => this.#line(record)).join('')
    const { files, folder, random } = this.#setup
    this.#file ??= new PendingFile(files, folder, random.nonce())
    return this.#file.append(text)
  }

  async prepare(checkpoint: number): Promise<readonly Json[]> {
    if (this.#failure !== undefined) throw this.#failure
    const file = this.#file
    if (file === undefined) return []
    this.#file = undefined // the cut: made before the first await
    const { files, folder } = this.#setup
    try {
      const part = partName(checkpoint, file.name)
      const sizeBytes = await file.finish()
      await syncFolder(files, join(folder, PENDING_FOLDER))
      return [{ pending: file.name, part, sizeBytes }]
    } catch (error) {
      this.#failure = diskError(error, 'write', join(folder, PENDING_FOLDER))
      await file[Symbol.asyncDispose]()
      throw this.#failure
    }
  }

  async commit(committables: readonly Json[]): Promise<void> {
    const { name, folder, files } = this.#setup
    const parts = committables.map((committable) => parsePart(committable, name))
    if (parts.length === 0) return
    try {
      for (const part of parts) await this.#publish(part)
      // Also when all were visible already: a crash may have come before this.
      await syncFolder(files, folder)
      await syncFolder(files, join(folder, PENDING_FOLDER))
    } catch (error) {
      throw diskError(error, 'publish output in', folder)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file?.[Symbol.asyncDispose]()
  }

  /** What is there when a job is new is not its own: it stays as it is, or the job does not start. */
  async #keep(visible: readonly string[], allowed: boolean): Promise<void> {
    const { name, folder, files } = this.#setup
    if (visible.length === 0) return
    if (allowed) return keepParts(files, folder, visible)
    throw new HoldfastError(
      'OUTPUT_AHEAD',
      `${name}: ${folder} holds output of an earlier run (${visible[0]}), but the job starts from nothing; choose an empty folder, or pass --allow-duplicates to keep that output beside the new`,
    )
  }

  #line(record: T): string {
    let reason = 'it is undefined or a function'
    try {
      const text: string | undefined = JSON.stringify(record)
      if (text !== undefined) return `${text}\n`
    } catch (error) {
      reason = messageOf(error)
    }
    throw new HoldfastError(
      'INVALID_ARGUMENT',
      `${this.#setup.name}: a record of type ${typeof record} cannot be written as JSON: ${reason}; emit plain objects, arrays, text, finite numbers, booleans or null`,
    )
  }

  async #publish(part: Part): Promise<void> {
    const { files, folder, name } = this.#setup
    const from = join(folder, PENDING_FOLDER, part.pending)
    const to = join(folder, part.part)
    const pendingBytes = await this.#size(from)
    const sizeBytes = pendingBytes ?? (await this.#size(to))
    if (sizeBytes !== part.sizeBytes) {
      const found =
        sizeBytes === undefined ? 'is gone' : `has ${sizeBytes} bytes instead of ${part.sizeBytes}`
      throw new HoldfastError(
        'CORRUPT',
        `${name}: ${to} belongs to a committed checkpoint but ${found}; put the file back, or start from another checkpoint`,
      )
    }
    if (pendingBytes === undefined) return
    try {
      await files.rename(from, to)
    } catch (error) {
      // A former owner that has not learned yet that it is one may have published the same part just now.
      if (systemCode(error) !== 'ENOENT' || (await this.#size(to)) !== part.sizeBytes) throw error
    }
  }

  async #size(path: string): Promise<number | undefined> {
    try {
      return (await this.#setup.files.stat(path)).size
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return undefined
      throw diskError(error, 'read', path)
    }
  }

  async #list(folder: string, filter: (name: string) => boolean): Promise<string[]> {
    try {
      return (await this.#setup.files.readdir(folder)).filter(filter).sort()
    } catch (error) {
      throw diskError(error, 'list', folder)
    }
  }

  async #remove(folder: string, names: readonly string[]): Promise<void> {
    if (names.length === 0) return
    try {
      for (const name of names) await this.#setup.files.unlink(join(folder, name))
      await syncFolder(this.#setup.files, folder)
    } catch (error) {
      throw diskError(error, 'withdraw output from', folder)
    }
  }
}
