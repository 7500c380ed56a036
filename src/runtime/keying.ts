/**
 * From a record's key to its key group: the key's type is declared, restored, or learned from the first
 * key, and fixed from then on.
 */
import { keyGroupOf } from '../keygroup/hash.js'
import { checkedKey, type Key, type KeyType, keyTypeOf } from '../state/key.js'
import { keyShape } from '../state/key-shape.js'

/** The keys of one operator. */
export class Keying {
  readonly maxParallelism: number
  #type: KeyType | undefined

  /**
   * @param type `undefined`: learned from the first key
   * @throws `INVALID_KEY` if it is no type
   */
  constructor(maxParallelism: number, type: KeyType | undefined) {
    this.maxParallelism = maxParallelism
    if (type !== undefined) keyShape(type)
    this.#type = type
  }

  /** The keys' type; `undefined` until the first key. */
  get type(): KeyType | undefined {
    return this.#type
  }

  /**
   * The key as it is kept.
   * @throws `INVALID_KEY` if it is no key, or of another type than those before; `LIMIT_EXCEEDED`
   */
  check(key: unknown): Key {
    if (this.#type !== undefined) return checkedKey(key, this.#type)
    const type = keyTypeOf(key)
    const checked = checkedKey(key, type)
    this.#type = type
    return checked
  }

  /** The group of a key that `check` returned. */
  groupOf(key: Key): number {
    return keyGroupOf(key, this.#type as KeyType, this.maxParallelism)
  }
}
