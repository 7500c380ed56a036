/**
 * Timers in memory: buckets of one (time, key group) each, in order of both (timer-runs.ts). Within the first bucket timers are put
 * in order of (key, namespace) only when its turn has come, so a million timers of one moment are sorted key group by
 * key group, not at once.
 *
 * A bucket whose timers were all removed stays in the runs until it comes up, or until half of those in them are such.
 */
import type { ByteWriter } from '../../base/bytes.js'
import { HoldfastError } from '../../base/errors.js'
import { LIMITS } from '../../base/limits.js'
import { compareKeys } from '../../keygroup/compare-keys.js'
import { readRowKey, writeTimerKey } from '../../keygroup/row-key.js'
import type { Row, SectionName } from '../../run/format.js'
import type { Key } from '../../state/key.js'
import type { Timer, TimerQueue } from '../timer-queue.js'
import type { KeyContext } from './key-context.js'
import { TimerBuckets } from './timer-buckets.js'
import { TimerRuns } from './timer-runs.js'
import { TimerSlots } from './timer-slots.js'

/** The heap is not pruned below this length. */
const PRUNED_FROM = 1024

/** The timers of one domain and subtask. */
export class HeapTimerQueue implements TimerQueue {
  readonly name: SectionName
  readonly context: KeyContext
  readonly slots: TimerSlots
  readonly #buckets: TimerBuckets
  readonly #heap: TimerRuns
  /** Buckets in the heap that have no live timer. */
  #empty = 0
  /** Live slots of the bucket {@link #sortedBucket}, the first one last. */
  #sorted: number[] = []
  #sortedBucket = -1

  /** @param max how many timers fit */
  constructor(name: SectionName, context: KeyContext, max: number = LIMITS.timersMax) {
    this.name = name
    this.context = context
    this.slots = new TimerSlots(max, (slot) => this.#buckets.unlink(slot))
    this.#buckets = new TimerBuckets(this.slots)
    this.#heap = new TimerRuns(
      (bucket) => this.#buckets.groupOf(bucket),
      (buckets) => this.#buckets.touch(buckets),
    )
  }

  get size(): number {
    return this.slots.live
  }

  add(time: number, namespace: Key | undefined): boolean {
    const { context, slots } = this
    context.require()
    const { key, keyGroup } = context
    const found = this.#buckets.find(time, keyGroup)
    let slot = found < 0 ? -1 : this.#buckets.slotOf(found, context.identity, namespace)
    if (slot >= 0 && slots.isLive(slot)) return false
    if (slot < 0) slot = this.#insert({ time, key, keyGroup, namespace }, found)
    slots.turn(slot, true)
    this.#count(slot)
    return true
  }

  remove(time: number, namespace: Key | undefined): boolean {
    const { context, slots } = this
    context.require()
    const bucket = this.#buckets.find(time, context.keyGroup)
    const slot = bucket < 0 ? -1 : this.#buckets.slotOf(bucket, context.identity, namespace)
    if (slot < 0 || !slots.isLive(slot)) return false
    if (bucket === this.#sortedBucket) this.#sorted.splice(this.#rank(slot), 1)
    if (this.#buckets.addLive(bucket, -1) === 0) this.#empty++
    slots.turn(slot, false)
    if (this.#heap.length > PRUNED_FROM && 2 * this.#empty > this.#heap.length) this.#prune()
    return true
  }

  peek(): Timer | undefined {
    const slot = this.#firstSlot(Number.POSITIVE_INFINITY)
    return slot < 0 ? undefined : this.#timer(slot)
  }

  poll(upTo: number): Timer | undefined {
    const slot = this.#firstSlot(upTo)
    if (slot < 0) return undefined
    const timer = this.#timer(slot)
    const bucket = this.slots.bucketOf(slot)
    if (bucket === this.#sortedBucket) this.#sorted.pop()
    if (this.#buckets.addLive(bucket, -1) === 0) {
      this.#empty++
      this.#dropFirst()
    }
    this.slots.turn(slot, false)
    return timer
  }

  *timers(): IterableIterator<Timer> {
    for (const slot of this.slots.all()) yield this.#timer(slot)
  }

  /** Takes a restored row; one that is to be written anew counts as changed. Throws `CORRUPT`. */
  load(row: Row, rewrite: boolean): void {
    const { keyGroup, key: time, namespace: key, mapKey: namespace } = readRowKey(row.key)
    if (typeof time !== 'number' || !Number.isSafeInteger(time) || key === undefined) {
      throw new HoldfastError('CORRUPT', 'a row of timers that has no time or no key')
    }
    const bucket = this.#buckets.find(time, keyGroup)
    const slot = this.#insert({ time, key, keyGroup, namespace }, bucket)
    if (rewrite) this.slots.turn(slot, true)
    else this.slots.restored(slot)
    this.#count(slot)
  }

  /** Appends the row key of a slot's timer. */
  writeKey(slot: number, out: ByteWriter): void {
    writeTimerKey(out, this.#timer(slot), this.context.keyType)
  }

  /** Makes a slot of a timer that has none. `found`: its bucket; −1: it is to be made. */
  #insert({ time, key, keyGroup, namespace }: Timer, found: number): number {
    const { slots } = this
    const slot = slots.alloc(time, keyGroup)
    slots.keys[slot] = key
    if (namespace !== undefined) slots.namespaces ??= []
    if (slots.namespaces !== undefined) slots.namespaces[slot] = namespace
    this.#buckets.link(found < 0 ? this.#buckets.create(time, keyGroup) : found, slot)
    return slot
  }

  /** A slot has become live: sees to it that it comes up. */
  #count(slot: number): void {
    const buckets = this.#buckets
    const bucket = this.slots.bucketOf(slot)
    const live = buckets.addLive(bucket, 1)
    if (!buckets.inHeap(bucket)) {
      buckets.setInHeap(bucket, true)
      this.#heap.push(buckets.timeOf(bucket), bucket)
    } else if (live === 1) this.#empty--
    if (bucket === this.#sortedBucket) this.#sorted.splice(this.#rank(slot), 0, slot)
  }

  /** The first timer's slot, if its time is not after `upTo`; else −1. */
  #firstSlot(upTo: number): number {
    const buckets = this.#buckets
    for (;;) {
      const bucket = this.#heap.first
      if (bucket < 0 || buckets.timeOf(bucket) > upTo) return -1
      if (buckets.liveOf(bucket) === 0) {
        this.#dropFirst()
        continue
      }
      if (buckets.countOf(bucket) === 1) return buckets.headOf(bucket)
      if (bucket !== this.#sortedBucket) this.#sort(bucket)
      return this.#sorted[this.#sorted.length - 1] as number
    }
  }

  /** Takes the first bucket out of the heap. Requires: it has no live timer. */
  #dropFirst(): void {
    const bucket = this.#heap.pop()
    this.#empty--
    this.#buckets.setInHeap(bucket, false)
    if (bucket === this.#sortedBucket) this.#sortedBucket = -1
    this.#buckets.dropIfEmpty(bucket)
  }

  #prune(): void {
    const buckets = this.#buckets
    const dropped: number[] = []
    this.#heap.prune((bucket) => {
      if (buckets.liveOf(bucket) > 0) return true
      buckets.setInHeap(bucket, false)
      dropped.push(bucket)
      return false
    })
    this.#empty = 0
    this.#sortedBucket = -1
    for (const bucket of dropped) buckets.dropIfEmpty(bucket)
  }

  #sort(bucket: number): void {
    const { slots } = this
    const sorted: number[] = []
    for (let slot = this.#buckets.headOf(bucket); slot >= 0; slot = slots.nextOf(slot)) {
      if (slots.isLive(slot)) sorted.push(slot)
    }
    sorted.sort((a, b) => this.#compare(b, a))
    this.#sorted = sorted
    this.#sortedBucket = bucket
  }

  /** Where a slot is in the sorted list, or would be. */
  #rank(slot: number): number {
    let low = 0
    let high = this.#sorted.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#compare(this.#sorted[middle] as number, slot) > 0) low = middle + 1
      else high = middle
    }
    return low
  }

  #compare(a: number, b: number): number {
    const { keys, namespaces } = this.slots
    const order = compareKeys(keys[a] as Key, keys[b] as Key, this.context.keyType)
    if (order !== 0 || namespaces === undefined) return order
    const [x, y] = [namespaces[a], namespaces[b]]
    // The void namespace comes first.
    if (x === undefined || y === undefined) return Number(y === undefined) - Number(x === undefined)
    return compareKeys(x, y)
  }

  #timer(slot: number): Timer {
    const { slots } = this
    return {
      time: slots.timeOf(slot),
      key: slots.keys[slot] as Key,
      keyGroup: slots.groupOf(slot),
      namespace: slots.namespaces?.[slot],
    }
  }
}
