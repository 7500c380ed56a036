/** What the cases of the checkpoint storage contract share: their context, and assertions on bytes. */
import { equal, ok } from 'node:assert/strict'
import { seededRandom } from '../base/random.js'
import type { ByteRange, CheckpointStorage } from '../storage/checkpoint-storage.js'

/** What an implementation hands to each case. */
export interface StorageContext {
  /** An empty storage. */
  readonly storage: CheckpointStorage
  /**
   * Opens the same place once more, as another process would; a storage that cannot be shared returns
   * itself. Whatever it opened is closed by the suite's `close`.
   */
  readonly reopen: () => Promise<CheckpointStorage>
}

/** Text as new bytes. */
export function text(content: string): Uint8Array {
  return new TextEncoder().encode(content)
}

/** Bytes in which every part differs from every other. */
export function noise(length: number): Uint8Array {
  const random = seededRandom(length)
  const words = new Uint32Array(Math.ceil(length / 4))
  for (let i = 0; i < words.length; i++) words[i] = random.next() * 2 ** 32
  return new Uint8Array(words.buffer, 0, length)
}

/** Whether the bytes are equal, whatever their classes. */
export function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}

/** Asserts that the object, or the part of it in `range`, is exactly `bytes`. */
export async function expectBytes(
  context: {
    readonly storage: CheckpointStorage
    readonly path: string
    readonly range?: ByteRange
  },
  bytes: Uint8Array,
): Promise<void> {
  const { storage, path, range } = context
  const found = await storage.read(path, range)
  const where = range === undefined ? path : `${path} from ${range.offset}, ${range.length} bytes`
  ok(found !== undefined, `${where}: nothing was found`)
  ok(
    same(found, bytes),
    `${where}: ${found.length} bytes were found, other than the ${bytes.length} stored`,
  )
}

/** Asserts that the object is exactly `content`. */
export async function expectText(
  storage: CheckpointStorage,
  path: string,
  content: string,
): Promise<void> {
  const found = await storage.read(path)
  equal(found === undefined ? undefined : new TextDecoder().decode(found), content, path)
}
