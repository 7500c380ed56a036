/**
 * Timers by (time, key group): the slots that share both are one bucket, found by hash. A bucket is a chain of slots;
 * a large one also has a `Map` by key, so that many timers at one moment cost no more than one each.
 *
 * A bucket exists while it has slots, live or not, or is in the heap. Times and key groups make the hash, keys do not:
 * what happens with hostile keys is left to `Map`, which is made for that.
 */
import { type KeyIdentity, keyIdentity } from '../../keygroup/key-identity.js'
import type { Key } from '../../state/key.js'
import { DOUBLES, FlatRecords, WORDS } from './flat-records.js'
import type { TimerSlots } from './timer-slots.js'

/** Slots from which on a bucket has an index. */
const INDEXED = 16

// Words of a bucket; the double is its time.
const GROUP = 2
/** First slot of the chain; −1: none. */
const HEAD = 3
/** Slots, live or not. */
const COUNT = 4
/** Live slots. */
const LIVE = 5
/** 1: in the heap. */
const IN_HEAP = 6

/** Slots of one bucket by namespace, then by key. */
type BucketIndex = Map<KeyIdentity | undefined, Map<KeyIdentity, number>>

/** The buckets of one queue. */
export class TimerBuckets {
  readonly #slots: TimerSlots
  readonly #records = new FlatRecords(Number.POSITIVE_INFINITY)
  readonly #indexes = new Map<number, BucketIndex>()
  /** Open addressing; pairs of a bucket (−1: none) and its hash. At most half full. */
  #table: Int32Array = new Int32Array(256).fill(-1)
  #size = 0
  /** What {@link touch} has read: a compiler may leave out what nobody can see. */
  touched = 0

  constructor(slots: TimerSlots) {
    this.#slots = slots
  }

  timeOf(bucket: number): number {
    return this.#records.doubles[bucket * DOUBLES] as number
  }

  groupOf(bucket: number): number {
    return this.#get(bucket, GROUP)
  }

  headOf(bucket: number): number {
    return this.#get(bucket, HEAD)
  }

  countOf(bucket: number): number {
    return this.#get(bucket, COUNT)
  }

  liveOf(bucket: number): number {
    return this.#get(bucket, LIVE)
  }

  inHeap(bucket: number): boolean {
    return this.#get(bucket, IN_HEAP) === 1
  }

  setInHeap(bucket: number, inHeap: boolean): void {
    this.#set(bucket, IN_HEAP, inHeap ? 1 : 0)
  }

  /**
   * Reads what taking these buckets will need, so that it is in the cache then. Reads that do not need each other's
   * results wait for memory together, so each kind has a loop of its own.
   */
  touch(buckets: Int32Array): void {
    const { keys } = this.#slots
    const mask = this.#table.length / 2 - 1
    let seen = 0
    for (const bucket of buckets) seen += this.headOf(bucket)
    for (const bucket of buckets) {
      const at = hash(this.timeOf(bucket), this.groupOf(bucket)) & mask
      seen += this.#table[2 * at] as number
    }
    for (const bucket of buckets) seen += this.#slots.nextOf(Math.max(0, this.headOf(bucket)))
    for (const bucket of buckets) if (keys[this.headOf(bucket)] !== undefined) seen++
    this.touched = seen
  }

  /** Changes how many slots are live; how many are then. */
  addLive(bucket: number, by: 1 | -1): number {
    const live = this.#get(bucket, LIVE) + by
    this.#set(bucket, LIVE, live)
    return live
  }

  /** The bucket of a time and key group; −1: there is none. */
  find(time: number, group: number): number {
    const table = this.#table
    const mask = table.length / 2 - 1
    const wanted = hash(time, group)
    for (let at = wanted & mask; ; at = (at + 1) & mask) {
      const bucket = table[2 * at] as number
      if (bucket < 0) return -1
      if (table[2 * at + 1] !== wanted) continue
      if (this.timeOf(bucket) === time && this.groupOf(bucket) === group) return bucket
    }
  }

  /** Makes a bucket. Requires: there is none. */
  create(time: number, group: number): number {
    if (4 * this.#size >= this.#table.length) this.#rehash()
    const bucket = this.#records.alloc()
    this.#records.doubles[bucket * DOUBLES] = time
    this.#set(bucket, GROUP, group)
    this.#set(bucket, HEAD, -1)
    this.#set(bucket, COUNT, 0)
    this.#set(bucket, LIVE, 0)
    this.#set(bucket, IN_HEAP, 0)
    this.#insert(bucket, hash(time, group))
    this.#size++
    return bucket
  }

  /** The slot in a bucket that is or was this timer; −1: there is none. */
  slotOf(bucket: number, identity: KeyIdentity, namespace: Key | undefined): number {
    const index = this.#indexOf(bucket)
    const within = namespace === undefined ? undefined : keyIdentity(namespace)
    if (index !== undefined) return index.get(within)?.get(identity) ?? -1
    const slots = this.#slots
    for (let slot = this.headOf(bucket); slot >= 0; slot = slots.nextOf(slot)) {
      const same = keyIdentity(slots.keys[slot] as Key) === identity
      if (same && this.#namespaceOf(slot) === within) return slot
    }
    return -1
  }

  /** Puts a slot, its key and namespace set, into a bucket. */
  link(bucket: number, slot: number): void {
    const slots = this.#slots
    const head = this.headOf(bucket)
    slots.setBucket(slot, bucket)
    slots.setPrevious(slot, -1)
    slots.setNext(slot, head)
    if (head >= 0) slots.setPrevious(head, slot)
    this.#set(bucket, HEAD, slot)
    const count = this.countOf(bucket) + 1
    this.#set(bucket, COUNT, count)
    const index = this.#indexOf(bucket)
    if (index !== undefined) this.#addToIndex(index, slot)
    else if (count >= INDEXED) this.#makeIndex(bucket)
  }

  /** Takes a slot out of its bucket, which may be gone then. */
  unlink(slot: number): void {
    const slots = this.#slots
    const bucket = slots.bucketOf(slot)
    const after = slots.nextOf(slot)
    const before = slots.previousOf(slot)
    if (before >= 0) slots.setNext(before, after)
    else this.#set(bucket, HEAD, after)
    if (after >= 0) slots.setPrevious(after, before)
    const count = this.countOf(bucket) - 1
    this.#set(bucket, COUNT, count)
    const index = this.#indexOf(bucket)
    if (index !== undefined) {
      index.get(this.#namespaceOf(slot))?.delete(keyIdentity(slots.keys[slot] as Key))
    }
    if (count === 0) this.dropIfEmpty(bucket)
  }

  /** Forgets a bucket that has no slots and is not in the heap. */
  dropIfEmpty(bucket: number): void {
    if (this.countOf(bucket) > 0 || this.inHeap(bucket)) return
    if (this.#indexes.size > 0) this.#indexes.delete(bucket)
    this.#remove(bucket)
    this.#size--
    this.#records.free(bucket)
  }

  #get(bucket: number, word: number): number {
    return this.#records.words[bucket * WORDS + word] as number
  }

  #set(bucket: number, word: number, value: number): void {
    this.#records.words[bucket * WORDS + word] = value
  }

  #indexOf(bucket: number): BucketIndex | undefined {
    return this.#indexes.size === 0 ? undefined : this.#indexes.get(bucket)
  }

  #namespaceOf(slot: number): KeyIdentity | undefined {
    const namespace = this.#slots.namespaces?.[slot]
    return namespace === undefined ? undefined : keyIdentity(namespace)
  }

  #makeIndex(bucket: number): void {
    const index: BucketIndex = new Map()
    for (let slot = this.headOf(bucket); slot >= 0; slot = this.#slots.nextOf(slot)) {
      this.#addToIndex(index, slot)
    }
    this.#indexes.set(bucket, index)
  }

  #addToIndex(index: BucketIndex, slot: number): void {
    const within = this.#namespaceOf(slot)
    let byKey = index.get(within)
    if (byKey === undefined) {
      byKey = new Map()
      index.set(within, byKey)
    }
    byKey.set(keyIdentity(this.#slots.keys[slot] as Key), slot)
  }

  #insert(bucket: number, hashed: number): void {
    const table = this.#table
    const mask = table.length / 2 - 1
    let at = hashed & mask
    while ((table[2 * at] as number) >= 0) at = (at + 1) & mask
    table[2 * at] = bucket
    table[2 * at + 1] = hashed
  }

  /** Takes a bucket out of the table, moving up those behind it that would not be found otherwise. */
  #remove(bucket: number): void {
    const table = this.#table
    const mask = table.length / 2 - 1
    let gap = hash(this.timeOf(bucket), this.groupOf(bucket)) & mask
    while (table[2 * gap] !== bucket) gap = (gap + 1) & mask
    for (let at = (gap + 1) & mask; ; at = (at + 1) & mask) {
      const other = table[2 * at] as number
      if (other < 0) break
      const hashed = table[2 * at + 1] as number
      // It may move up to the gap unless its home lies behind it.
      if (((at - hashed) & mask) < ((at - gap) & mask)) continue
      table[2 * gap] = other
      table[2 * gap + 1] = hashed
      gap = at
    }
    table[2 * gap] = -1
  }

  #rehash(): void {
    const old = this.#table
    this.#table = new Int32Array(2 * old.length).fill(-1)
    for (let i = 0; i < old.length; i += 2) {
      const bucket = old[i] as number
      if (bucket >= 0) this.#insert(bucket, old[i + 1] as number)
    }
  }
}

const TWO_32 = 4_294_967_296

/** Spreads times that differ in any of their bits. */
function hash(time: number, group: number): number {
  const high = Math.floor(time / TWO_32)
  let bits = (time >>> 0) ^ Math.imul(high, 0x9e37_79b1) ^ Math.imul(group + 1, 0x85eb_ca6b)
  bits = Math.imul(bits ^ (bits >>> 16), 0x7feb_352d)
  bits = Math.imul(bits ^ (bits >>> 15), 0x846c_a68b)
  return bits ^ (bits >>> 16)
}
