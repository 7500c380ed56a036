/**
 * Checkpoints in memory: for tests and for state that may die with its process. Bytes are copied on the way
 * in and out, so an object never changes.
 */
import type { ByteRange, CheckpointStorage, StorageEntry } from './checkpoint-storage.js'
import { checkObjectPath, checkPrefix, clipRange, nameTaken, sortEntries } from './object-path.js'

/**
 * A new, empty storage. Its objects live as long as the returned value, also after its disposal, so that a
 * job can be stopped and started again on it within one process.
 * @param name shown in its `uri` as `memory:<name>`; it does not make two storages share anything
 *
 * Names are checked as in every storage (`INVALID_ARGUMENT`); a `write` to a taken name is refused
 * (`STORAGE_FAILED`).
 */
export function memoryStorage(name = ''): CheckpointStorage {
  return new MemoryStorage(`memory:${name}`)
}

/** Members do their work before they return, so concurrent callers take effect in the order of calls. */
class MemoryStorage implements CheckpointStorage {
  readonly uri: string
  readonly #objects = new Map<string, Uint8Array>()

  constructor(uri: string) {
    this.uri = uri
  }

  async read(path: string, range?: ByteRange): Promise<Uint8Array | undefined> {
    checkObjectPath(path)
    const bytes = this.#objects.get(path)
    if (bytes === undefined) return undefined
    const { offset, length } = clipRange(range, bytes.length)
    return bytes.slice(offset, offset + length)
  }

  async write(path: string, chunks: readonly Uint8Array[]): Promise<void> {
    checkObjectPath(path)
    if (this.#objects.has(path)) throw nameTaken(`${this.uri} ${path}`)
    this.#objects.set(path, joined(chunks))
  }

  async create(path: string, body: Uint8Array): Promise<'created' | 'exists'> {
    checkObjectPath(path)
    if (this.#objects.has(path)) return 'exists'
    this.#objects.set(path, joined([body]))
    return 'created'
  }

  async list(prefix: string): Promise<readonly StorageEntry[]> {
    checkPrefix(prefix)
    const entries: StorageEntry[] = []
    for (const [path, bytes] of this.#objects) {
      if (path.startsWith(prefix)) entries.push({ path, sizeBytes: bytes.length })
    }
    return sortEntries(entries)
  }

  async delete(path: string): Promise<void> {
    checkObjectPath(path)
    this.#objects.delete(path)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Nothing is held open, and the objects are meant to outlive one user.
  }
}

/** One copy of all chunks. Not `slice`: a Node `Buffer` would return a view. */
function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0))
  let at = 0
  for (const chunk of chunks) {
    bytes.set(chunk, at)
    at += chunk.length
  }
  return bytes
}
