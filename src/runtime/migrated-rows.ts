/**
 * Rows filed under new keys: each key is migrated, its key group computed anew, and the rows of one subtask are put
 * into their new order. Values stay the bytes they are. Invariant: no two old keys share a new one.
 */
import { ByteReader, ByteWriter, compareBytes } from '../base/bytes.js'
import { HoldfastError, messageOf } from '../base/errors.js'
import type { KeyGroupRange } from '../keygroup/key-group-range.js'
import { type KeyIdentity, keyIdentity } from '../keygroup/key-identity.js'
import { readOrdered, writeOrdered } from '../keygroup/ordered.js'
import type { Row } from '../run/format.js'
import { type Key, keyText } from '../state/key.js'
import type { KeyMigration } from '../state/key-migration.js'
import type { Keying } from './keying.js'

/** The old key of each new one, of all states of an operator. */
export type MigratedKeys = Map<KeyIdentity, Key>

/** How the rows of a state are filed. */
export interface RowMigration {
  readonly operator: string
  readonly migration: KeyMigration
  /** Of the new keys. */
  readonly keying: Keying
  /** The key groups to keep. */
  readonly range: KeyGroupRange
  /** Whether the rows are timers, filed by time before their key. */
  readonly timers: boolean
  readonly keys: MigratedKeys
}

const BATCH_ROWS = 1000
const KEY_GROUP_BYTES = 2

/**
 * The rows of a subtask, in ascending order.
 * @param rows of all key groups, all PUT
 * @throws `INVALID_KEY` for a key that cannot be migrated, or two that become one
 */
export async function* migratedRows(
  rows: AsyncIterable<readonly Row[]>,
  migration: RowMigration,
): AsyncGenerator<readonly Row[]> {
  const { range } = migration
  const filed: Row[] = []
  for await (const batch of rows) {
    for (const row of batch) {
      const parts = partsOf(row.key, migration)
      const key = newKey(parts.key, migration)
      const keyGroup = migration.keying.groupOf(key)
      if (keyGroup < range.first || keyGroup > range.last) continue
      filed.push({ ...row, key: fileUnder(parts, { key, keyGroup }, migration) })
    }
  }
  filed.sort((a, b) => compareBytes(a.key, b.key))
  for (let at = 0; at < filed.length; at += BATCH_ROWS) yield filed.slice(at, at + BATCH_ROWS)
}

/** A row key, its key decoded; what is around it stays the bytes it is. */
interface RowKeyParts {
  /** The time of a timer. */
  readonly before: Uint8Array
  readonly key: Key
  readonly after: Uint8Array
}

function partsOf(rowKey: Uint8Array, { operator, timers }: RowMigration): RowKeyParts {
  const from = new ByteReader(rowKey, `a row key of operator "${operator}"`)
  from.skip(KEY_GROUP_BYTES)
  if (timers) readOrdered(from)
  const before = rowKey.subarray(KEY_GROUP_BYTES, from.offset)
  const key = readOrdered(from) ?? from.fail('no key')
  return { before, key, after: rowKey.subarray(from.offset) }
}

function newKey(old: Key, { operator, migration, keying, keys }: RowMigration): Key {
  let key: Key
  try {
    key = keying.check(migration.migrate(old))
  } catch (cause) {
    const message = `migrateKey of "${operator}" for key ${keyText(old)}: ${messageOf(cause)}`
    throw new HoldfastError('INVALID_KEY', message, { cause })
  }
  const identity = keyIdentity(key)
  const other = keys.get(identity)
  if (other === undefined) keys.set(identity, old)
  else if (keyIdentity(other) !== keyIdentity(old)) {
    throw new HoldfastError(
      'INVALID_KEY',
      `migrateKey of "${operator}" makes one key, ${keyText(key)}, of ${keyText(other)} and ${keyText(old)}; ` +
        'each needs one of its own',
    )
  }
  return key
}

function fileUnder(
  { before, after }: RowKeyParts,
  { key, keyGroup }: { readonly key: Key; readonly keyGroup: number },
  { keying }: RowMigration,
): Uint8Array {
  const out = new ByteWriter()
  out.u8(keyGroup >> 8)
  out.u8(keyGroup & 0xff)
  out.put(before)
  writeOrdered(out, key, keying.type)
  out.put(after)
  return out.copy()
}
