/** What a program says of keys whose type it changes. */
import type { Key, KeyType } from './key.js'

/**
 * How the keys of older checkpoints become keys of the declared type. Flink keeps a key's type for good; here every row
 * is filed anew, under its new key and key group, when the checkpoint is restored.
 */
export interface KeyMigration {
  /** Type of the keys in older checkpoints; another than the declared one. */
  readonly from: KeyType
  /** The new key of an old one. Two old keys must not become the same. */
  migrate(old: Key): Key
}
