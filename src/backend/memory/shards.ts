/**
 * The entries of one table by key and namespace, and the current ones at hand: one lookup per key and record.
 *
 * Sharded by key group: no single `Map` grows so large that doubling it stops the loop for long, or
 * that it meets V8's limit of 2^24 entries; and a key group's keys are found without looking at others. Each
 * namespace but the void one has a `Map` of its own per key group, gone with its last entry.
 */
import { HoldfastError } from '../../base/errors.js'
import { LIMITS } from '../../base/limits.js'
import type { KeyGroupRange } from '../../keygroup/key-group-range.js'
import { type KeyIdentity, keyIdentity } from '../../keygroup/key-identity.js'
import type { Key } from '../../state/key.js'
import { Home } from './cell.js'
import type { KeyContext } from './key-context.js'

/** Where an entry is. */
export interface EntryPlace {
  readonly key: Key
  readonly keyGroup: number
  /** `undefined`: the void namespace. */
  readonly namespace: Key | undefined
}

/** The entries of one namespace in one key group. */
export class Bucket<E> extends Home {
  readonly entries: Map<KeyIdentity, E> = new Map()
}

/** Entries by key group, namespace and key. */
export class Shards<E> {
  readonly #context: KeyContext
  readonly #first: number
  readonly #void: readonly Bucket<E>[]
  readonly #named: Map<KeyIdentity, Bucket<E>>[]
  #namespace: Key | undefined
  #current: E | undefined
  /** The context's serial at the last lookup; 0: none yet, in this namespace. */
  #serial = 0

  constructor(context: KeyContext, range: KeyGroupRange) {
    this.#context = context
    this.#first = range.first
    const groups = Array.from({ length: range.last - range.first + 1 }, (_, i) => range.first + i)
    this.#void = groups.map((group) => new Bucket<E>(group, undefined, undefined))
    this.#named = groups.map(() => new Map())
  }

  /** The current namespace. */
  get namespace(): Key | undefined {
    return this.#namespace
  }

  set namespace(namespace: Key | undefined) {
    if (namespace === this.#namespace) return
    this.#namespace = namespace
    this.#serial = 0
  }

  /** The current key's entry in the current namespace. Throws `INVALID_STATE` if no key is current. */
  current(): E | undefined {
    const context = this.#context
    if (this.#serial === context.serial && this.#serial !== 0) return this.#current
    context.require()
    this.#serial = context.serial
    const bucket =
      this.#namespace === undefined
        ? (this.#void[context.keyGroup - this.#first] as Bucket<E>)
        : this.#find(context.keyGroup, this.#namespace)
    this.#current = bucket?.entries.get(context.identity)
    return this.#current
  }

  /** Where the current key's entry belongs. Requires: {@link current} was asked for this key. */
  home(): Bucket<E> {
    return this.bucket(this.#context.keyGroup, this.#namespace)
  }

  /** Makes `entry` the current key's; `home` is what {@link home} has just returned. */
  insert(home: Bucket<E>, entry: E): E {
    this.put(home, this.#context.identity, entry)
    this.#current = entry
    return entry
  }

  /** Throws `LIMIT_EXCEEDED` when the bucket is full; nothing is changed then. */
  put({ entries, keyGroup }: Bucket<E>, identity: KeyIdentity, entry: E): void {
    if (entries.size >= LIMITS.shardEntriesMax && !entries.has(identity)) {
      throw new HoldfastError(
        'LIMIT_EXCEEDED',
        `key group ${keyGroup} holds ${entries.size} keys, as many as fit: use a larger max parallelism`,
      )
    }
    entries.set(identity, entry)
  }

  /** Drops an entry, unless another has taken its place. */
  drop({ key, keyGroup, namespace }: EntryPlace, entry: E): void {
    const bucket = this.#find(keyGroup, namespace)
    const identity = keyIdentity(key)
    if (bucket === undefined || bucket.entries.get(identity) !== entry) return
    bucket.entries.delete(identity)
    if (this.#current === entry) this.#current = undefined
    if (namespace === undefined || bucket.entries.size > 0) return
    this.#groupOf(keyGroup).delete(keyIdentity(namespace))
  }

  /** The bucket of a namespace in a key group, made if need be. Requires: the group is in the range. */
  bucket(keyGroup: number, namespace: Key | undefined): Bucket<E> {
    const found = this.#find(keyGroup, namespace)
    if (found !== undefined) return found
    const made = new Bucket<E>(keyGroup, namespace, undefined)
    this.#groupOf(keyGroup).set(keyIdentity(namespace as Key), made)
    return made
  }

  /** Every bucket of a key group, the void namespace's first. */
  bucketsOf(keyGroup: number): Bucket<E>[] {
    return [this.#void[keyGroup - this.#first] as Bucket<E>, ...this.#groupOf(keyGroup).values()]
  }

  #find(keyGroup: number, namespace: Key | undefined): Bucket<E> | undefined {
    if (namespace === undefined) return this.#void[keyGroup - this.#first]
    return this.#groupOf(keyGroup).get(keyIdentity(namespace))
  }

  #groupOf(keyGroup: number): Map<KeyIdentity, Bucket<E>> {
    return this.#named[keyGroup - this.#first] as Map<KeyIdentity, Bucket<E>>
  }
}
