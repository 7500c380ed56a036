/** Owners of one job on one storage, for tests of fencing; and a storage that can be stopped at any call. */
import { seededRandom } from '../../src/base/random.js'
import type { CheckpointStorage } from '../../src/storage/checkpoint-storage.js'
import { memoryStorage } from '../../src/storage/memory.js'
import type { StorageOperation } from '../../src/testing/faulty-storage.js'
import { Book, Ledger, type LedgerOptions, noise } from './ledger.js'

/** A storage, its truth, and owners one after another. */
export class Stage {
  readonly inner = memoryStorage()
  readonly book = new Book()
  readonly random = seededRandom(11)

  open(options: Partial<LedgerOptions> = {}): Promise<Ledger> {
    const { inner: storage, book, random } = this
    return Ledger.open({ storage, book, random, ...options })
  }

  /** Changes one key and commits. */
  async step(ledger: Ledger, sizeBytes = 20) {
    ledger.set('key', noise(this.random, sizeBytes))
    return ledger.commit()
  }

  /** Everything in the storage, by name. */
  async image(): Promise<string> {
    const entries = await this.inner.list('')
    return entries.map(({ path, sizeBytes }) => `${path} ${sizeBytes}`).join('\n')
  }
}

/** A storage that stops just before the first call `when` picks, until it is let go. */
export function paused(inner: CheckpointStorage, when: (operation: StorageOperation) => boolean) {
  let resume = (): void => {}
  let arrive = (): void => {}
  const reached = new Promise<void>((resolve) => {
    arrive = resolve
  })
  const gate = new Promise<void>((resolve) => {
    resume = resolve
  })
  let armed = false
  let held = false
  const hold = async (operation: StorageOperation): Promise<void> => {
    if (!armed || held || !when(operation)) return
    held = true
    arrive()
    await gate
  }
  const index = 0
  const storage: CheckpointStorage = {
    uri: inner.uri,
    read: (path, range) => hold({ kind: 'read', path, index }).then(() => inner.read(path, range)),
    write: (path, chunks) =>
      hold({ kind: 'write', path, index }).then(() => inner.write(path, chunks)),
    create: (path, body) =>
      hold({ kind: 'create', path, index }).then(() => inner.create(path, body)),
    list: (prefix) => hold({ kind: 'list', path: prefix, index }).then(() => inner.list(prefix)),
    delete: (path) => hold({ kind: 'delete', path, index }).then(() => inner.delete(path)),
    [Symbol.asyncDispose]: () => inner[Symbol.asyncDispose](),
  }
  const arm = (): void => {
    armed = true
  }
  return { storage, reached, resume, arm }
}
