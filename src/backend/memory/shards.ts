/**
 * A map sharded by key group: no single `Map` grows so large that doubling it stops the loop for long, or
 * that it meets V8's limit of 2^24 entries; and a key group's keys are found without looking at others.
 */
import { HoldfastError } from '../../base/errors.js'
import { LIMITS } from '../../base/limits.js'
import type { KeyGroupRange } from '../../keygroup/key-group-range.js'
import type { Key } from '../../state/key.js'

/** Entries by key, in one `Map` per key group. */
export class Shards<E> {
  readonly #first: number
  readonly #shards: Map<Key, E>[]

  constructor(range: KeyGroupRange) {
    this.#first = range.first
    this.#shards = Array.from({ length: range.last - range.first + 1 }, () => new Map())
  }

  get(key: Key, keyGroup: number): E | undefined {
    return this.of(keyGroup).get(key)
  }

  /** Throws `LIMIT_EXCEEDED` when the shard is full; nothing is changed then. */
  set(key: Key, keyGroup: number, entry: E): void {
    const shard = this.of(keyGroup)
    if (shard.size >= LIMITS.shardEntriesMax && !shard.has(key)) {
      throw new HoldfastError(
        'LIMIT_EXCEEDED',
        `key group ${keyGroup} holds ${shard.size} keys, as many as fit: use a larger max parallelism`,
      )
    }
    shard.set(key, entry)
  }

  delete(key: Key, keyGroup: number): void {
    this.of(keyGroup).delete(key)
  }

  /** The map of one key group. Requires: the group is in the range. */
  of(keyGroup: number): Map<Key, E> {
    return this.#shards[keyGroup - this.#first] as Map<Key, E>
  }
}
