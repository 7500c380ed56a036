/** The current key of a keyed backend, shared by all its tables. */
import { HoldfastError } from '../../base/errors.js'
import { type KeyIdentity, keyIdentity } from '../../keygroup/key-identity.js'
import type { Key, KeyType } from '../../state/key.js'

/** Holds the current key; every change of it has a new `serial`, by which tables know their cached lookup. */
export class KeyContext {
  key: Key = ''
  /** What `Map`s know the key by. */
  identity: KeyIdentity = ''
  keyGroup = 0
  keyType: KeyType = 'string'
  /** 0: no key is current. */
  serial = 0

  set(key: Key, keyGroup: number, keyType: KeyType): void {
    this.key = key
    this.identity = keyIdentity(key)
    this.keyGroup = keyGroup
    this.keyType = keyType
    this.serial++
  }

  /** Throws `INVALID_STATE` if no key is current. */
  require(): void {
    if (this.serial > 0) return
    throw new HoldfastError(
      'INVALID_STATE',
      'state was accessed with no current key; call setCurrentKey first, or use it inside onRecord',
    )
  }
}
