/**
 * Checkpoints in a folder of a local or network file system; an object's name is its path below the folder
 * (docs/format/directory-layout.md). Files appear whole and durable or not at all (publisher.ts).
 */
import { dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { HoldfastError } from '../base/errors.js'
import { diskError, type FileHandle, type Files, nodeFiles, systemCode } from '../base/files.js'
import { type Random, systemRandom } from '../base/random.js'
import type { ByteRange, CheckpointStorage, StorageEntry } from './checkpoint-storage.js'
import {
  checkObjectPath,
  checkPrefix,
  clipRange,
  isObjectPart,
  nameTaken,
  sortEntries,
} from './object-path.js'
import { Publisher } from './publisher.js'

/** Options of {@link filesystemStorage}. */
export interface FilesystemOptions {
  /** The folder, absolute or relative to the working directory; made at the first write. */
  readonly folder: string
  /** The disk. Default: the machine's. */
  readonly files?: Files
  /** For names of temporary files. Default: strong randomness. */
  readonly random?: Random
  /**
   * Your promise that no two processes use the folder at the same time, restarts included; it makes a file
   * system without hard links usable. Default `false`.
   */
  readonly exclusive?: boolean
}

/**
 * A storage in a folder. Opening it touches nothing; a missing folder is an empty storage.
 *
 * Needs hard links, by which one of several processes wins the creation of a name, unless `exclusive`
 * (`INVALID_ARGUMENT` at the first write names the folder). Names are checked as in every storage
 * (`INVALID_ARGUMENT`); a `write` to a taken name is refused (`STORAGE_FAILED`). The caller must leave bytes
 * alone until `write` or `create` has settled. Hidden files and everything else that no object can be
 * called is never listed, temporary files (`.tmp-*`) among them. A deletion is not forced to the disk: after
 * a power cut the object may be there again.
 * @throws `INVALID_ARGUMENT` for an empty folder name or one with a NUL in it
 */
export function filesystemStorage(options: FilesystemOptions): CheckpointStorage {
  if (options.folder === '' || options.folder.includes('\0')) {
    throw new HoldfastError(
      'INVALID_ARGUMENT',
      `${JSON.stringify(options.folder)} cannot name a checkpoint folder; give its path`,
    )
  }
  return new FilesystemStorage(options)
}

class FilesystemStorage implements CheckpointStorage {
  readonly uri: string
  readonly #root: string
  readonly #files: Files
  readonly #publisher: Publisher

  constructor(options: FilesystemOptions) {
    this.#root = resolve(options.folder)
    this.uri = pathToFileURL(this.#root).href
    this.#files = options.files ?? nodeFiles
    this.#publisher = new Publisher({
      root: this.#root,
      files: this.#files,
      random: options.random ?? systemRandom,
      exclusive: options.exclusive ?? false,
    })
  }

  async read(path: string, range?: ByteRange): Promise<Uint8Array | undefined> {
    const file = this.#locate(path)
    return translated('read', file, async () => {
      await this.#publisher.settle()
      const handle = await unlessAbsent(this.#files.open(file, 'r'))
      if (handle === undefined) return undefined
      try {
        return await readPart(handle, clipRange(range, (await handle.stat()).size))
      } finally {
        await handle.close()
      }
    })
  }

  async write(path: string, chunks: readonly Uint8Array[]): Promise<void> {
    const file = this.#locate(path)
    const answer = await translated('write', file, () => this.#publisher.publish(file, chunks))
    if (answer === 'exists') throw nameTaken(file)
  }

  async create(path: string, body: Uint8Array): Promise<'created' | 'exists'> {
    const file = this.#locate(path)
    return translated('create', file, () => this.#publisher.publish(file, [body]))
  }

  async list(prefix: string): Promise<readonly StorageEntry[]> {
    checkPrefix(prefix)
    return translated('list', join(this.#root, prefix), async () => {
      await this.#publisher.settle()
      const entries: StorageEntry[] = []
      await this.#collect(prefix, entries)
      return sortEntries(entries)
    })
  }

  async delete(path: string): Promise<void> {
    const file = this.#locate(path)
    await translated('delete', file, () => unlessAbsent(this.#files.unlink(file)))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // No file stays open between calls.
  }

  #locate(path: string): string {
    checkObjectPath(path)
    return join(this.#root, path)
  }

  /** What vanishes while it is looked at was deleted meanwhile, and is not reported. */
  async #collect(prefix: string, entries: StorageEntry[]): Promise<void> {
    const names = (await unlessAbsent(this.#files.readdir(join(this.#root, prefix)))) ?? []
    const collectOne = async (name: string): Promise<void> => {
      const path = prefix + name
      const stats = await unlessAbsent(this.#files.stat(join(this.#root, path)))
      if (stats?.isDirectory()) await this.#collect(`${path}/`, entries)
      else if (stats?.isFile()) entries.push({ path, sizeBytes: stats.size })
    }
    await Promise.all(names.filter(isObjectPart).map(collectOne))
  }
}

/** Only ENOENT says that something is not there; every other failure is a failure to look. */
async function unlessAbsent<T>(attempt: Promise<T>): Promise<T | undefined> {
  try {
    return await attempt
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined
    throw error
  }
}

async function translated<T>(doing: string, file: string, attempt: () => Promise<T>): Promise<T> {
  try {
    return await attempt()
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw diskError(error, doing, file)
    throw new HoldfastError(
      'STORAGE_FAILED',
      `cannot ${doing} ${file}: ENOENT; ${dirname(file)} was removed meanwhile, see what else uses it`,
      { cause: error, retryable: true },
    )
  }
}

async function readPart(handle: FileHandle, part: ByteRange): Promise<Uint8Array> {
  const bytes = new Uint8Array(part.length)
  let count = 0
  while (count < part.length) {
    const { bytesRead } = await handle.read(bytes, count, part.length - count, part.offset + count)
    if (bytesRead === 0) break
    count += bytesRead
  }
  return bytes.subarray(0, count)
}
