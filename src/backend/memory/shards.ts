/**
 * The entries of one table by key, and the current key's at hand: one lookup per key and record.
 *
 * Sharded by key group: no single `Map` grows so large that doubling it stops the loop for long, or
 * that it meets V8's limit of 2^24 entries; and a key group's keys are found without looking at others.
 */
import { HoldfastError } from '../../base/errors.js'
import { LIMITS } from '../../base/limits.js'
import type { KeyGroupRange } from '../../keygroup/key-group-range.js'
import type { Key } from '../../state/key.js'
import type { KeyContext } from './key-context.js'

/** Entries by key, in one `Map` per key group. */
export class Shards<E> {
  readonly #context: KeyContext
  readonly #first: number
  readonly #shards: Map<Key, E>[]
  #current: E | undefined
  /** The context's serial at the last lookup; 0: none yet. */
  #serial = 0

  constructor(context: KeyContext, range: KeyGroupRange) {
    this.#context = context
    this.#first = range.first
    this.#shards = Array.from({ length: range.last - range.first + 1 }, () => new Map())
  }

  /** The current key's entry. Throws `INVALID_STATE` if no key is current. */
  current(): E | undefined {
    const context = this.#context
    if (this.#serial === context.serial && this.#serial !== 0) return this.#current
    context.require()
    this.#serial = context.serial
    this.#current = this.get(context.key, context.keyGroup)
    return this.#current
  }

  /** Makes `entry` the current key's. Requires: {@link current} was asked for this key. */
  insert(entry: E): E {
    this.set(this.#context.key, this.#context.keyGroup, entry)
    this.#current = entry
    return entry
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

  /** Drops an entry, unless another has taken its place. */
  drop(key: Key, keyGroup: number, entry: E): void {
    if (this.get(key, keyGroup) !== entry) return
    this.of(keyGroup).delete(key)
    if (this.#current === entry) this.#current = undefined
  }

  /** The map of one key group. Requires: the group is in the range. */
  of(keyGroup: number): Map<Key, E> {
    return this.#shards[keyGroup - this.#first] as Map<Key, E>
  }
}
