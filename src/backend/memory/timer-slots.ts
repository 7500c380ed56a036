/**
 * Timers as numbered slots, and the log of changed ones: the protocol of cell.ts for entries that are there or not.
 *
 * A slot is live if its timer is in the queue, stored if the committed runs have its row. The next delta owes a PUT for
 * live and not stored, a DELETE for stored and not live, else nothing.
 *
 * Invariant: a slot is in the current list exactly if its epoch is the current one, and every slot that owes a row is
 * in the current list or in the unsettled snapshot's. What owes nothing and is in neither is not in the list, so a
 * timer that comes and goes between two barriers leaves no trace.
 */
import { assert } from '../../base/assert.js'
import type { Key } from '../../state/key.js'
import { DOUBLES, FlatRecords, WORDS } from './flat-records.js'

// Words of a slot; the double is its time.
const BUCKET = 2
const NEXT = 3
const PREVIOUS = 4
const DIRTY_AT = 5
const EPOCH = 6
/** Flags in the lowest byte, the key group above. */
const FLAGS = 7

const LIVE = 1
const STORED = 2
/** Changed after the barrier, with the snapshot unsettled: what it was then is in {@link WAS_LIVE}. */
const CAPTURED = 4
const WAS_LIVE = 8
const ALL_FLAGS = 0xff

/** A list of slots that grows. */
interface SlotList {
  slots: Int32Array
  /** Holes included; the last is none. */
  length: number
  /** Entries that are −1: slots taken out again. */
  holes: number
}

function emptyList(): SlotList {
  return { slots: new Int32Array(64), length: 0, holes: 0 }
}

/** The slots of one queue. */
export class TimerSlots {
  readonly keys: Key[] = []
  /** Only there once a timer has a namespace. */
  namespaces: (Key | undefined)[] | undefined
  /** How many are live. */
  live = 0
  readonly #records: FlatRecords
  readonly #forget: (slot: number) => void
  #dirty: SlotList = emptyList()
  #epoch = 1
  #frozenEpoch = -1

  /**
   * @param max how many may be in use
   * @param forget a slot is about to be freed: takes it out of its bucket
   */
  constructor(max: number, forget: (slot: number) => void) {
    this.#records = new FlatRecords(max)
    this.#forget = forget
  }

  get dirty(): boolean {
    return this.#dirty.length > 0
  }

  get unsettled(): boolean {
    return this.#frozenEpoch >= 0
  }

  timeOf(slot: number): number {
    return this.#records.doubles[slot * DOUBLES] as number
  }

  groupOf(slot: number): number {
    return this.#get(slot, FLAGS) >> 8
  }

  isLive(slot: number): boolean {
    return (this.#get(slot, FLAGS) & LIVE) !== 0
  }

  bucketOf(slot: number): number {
    return this.#get(slot, BUCKET)
  }

  /** The neighbours of a slot in its bucket; −1: none. */
  nextOf(slot: number): number {
    return this.#get(slot, NEXT)
  }

  previousOf(slot: number): number {
    return this.#get(slot, PREVIOUS)
  }

  setBucket(slot: number, bucket: number): void {
    this.#set(slot, BUCKET, bucket)
  }

  setNext(slot: number, next: number): void {
    this.#set(slot, NEXT, next)
  }

  setPrevious(slot: number, previous: number): void {
    this.#set(slot, PREVIOUS, previous)
  }

  /** A slot, neither live nor stored. Throws `LIMIT_EXCEEDED` if no more fit. */
  alloc(time: number, group: number): number {
    const slot = this.#records.alloc()
    this.#records.doubles[slot * DOUBLES] = time
    this.#set(slot, FLAGS, group << 8)
    this.#set(slot, EPOCH, 0)
    return slot
  }

  /** A timer has been added or removed: `live` says which. The slot may be freed. Requires: it was otherwise before. */
  turn(slot: number, live: boolean): void {
    const epoch = this.#get(slot, EPOCH)
    let flags = this.#get(slot, FLAGS)
    if (epoch !== this.#epoch) {
      if (epoch === this.#frozenEpoch) flags |= CAPTURED | (live ? 0 : WAS_LIVE)
      this.#log(slot)
    }
    this.#set(slot, FLAGS, flags ^ LIVE)
    this.live += live ? 1 : -1
    this.#tidy(slot)
  }

  /** Marks a slot as restored. */
  restored(slot: number): void {
    this.#set(slot, FLAGS, this.#get(slot, FLAGS) | LIVE | STORED)
    this.live++
  }

  /** Freezes the log; entries of −1 are none. Requires: no snapshot is unsettled. */
  freeze(): SlotList {
    assert(!this.unsettled, 'one snapshot at a time')
    const frozen = this.#dirty
    this.#frozenEpoch = this.#epoch++
    this.#dirty = emptyList()
    return frozen
  }

  /** What a slot of the frozen log owes its delta. */
  owes(slot: number): 'put' | 'delete' | undefined {
    const live = this.#wasLive(slot)
    if (live === ((this.#get(slot, FLAGS) & STORED) !== 0)) return undefined
    return live ? 'put' : 'delete'
  }

  /** Settles one slot of the frozen log; may free it. */
  settle(slot: number, committed: boolean): void {
    const flags = this.#get(slot, FLAGS)
    const stored = committed ? this.#wasLive(slot) : (flags & STORED) !== 0
    this.#set(slot, FLAGS, (flags & ~(STORED | CAPTURED | WAS_LIVE)) | (stored ? STORED : 0))
    if (this.#get(slot, EPOCH) !== this.#epoch) this.#log(slot)
    this.#tidy(slot)
  }

  /** Every slot of the frozen log is settled. */
  settled(): void {
    this.#frozenEpoch = -1
  }

  /** The live slots. */
  *all(): IterableIterator<number> {
    for (let slot = 0; slot < this.#records.used; slot++) if (this.isLive(slot)) yield slot
  }

  #get(slot: number, word: number): number {
    return this.#records.words[slot * WORDS + word] as number
  }

  #set(slot: number, word: number, value: number): void {
    this.#records.words[slot * WORDS + word] = value
  }

  /** Whether it was live at the barrier. */
  #wasLive(slot: number): boolean {
    const flags = this.#get(slot, FLAGS)
    return (flags & (flags & CAPTURED ? WAS_LIVE : LIVE)) !== 0
  }

  #log(slot: number): void {
    const dirty = this.#dirty
    if (dirty.length === dirty.slots.length) this.#makeRoom()
    this.#set(slot, EPOCH, this.#epoch)
    this.#set(slot, DIRTY_AT, dirty.length)
    dirty.slots[dirty.length++] = slot
  }

  /** Closes the holes of the current list, or makes it larger. */
  #makeRoom(): void {
    const dirty = this.#dirty
    if (2 * dirty.holes < dirty.length) {
      const larger = new Int32Array(2 * dirty.length)
      larger.set(dirty.slots)
      dirty.slots = larger
      return
    }
    let kept = 0
    for (let i = 0; i < dirty.length; i++) {
      const slot = dirty.slots[i] as number
      if (slot < 0) continue
      this.#set(slot, DIRTY_AT, kept)
      dirty.slots[kept++] = slot
    }
    dirty.length = kept
    dirty.holes = 0
  }

  /** Takes a slot that owes nothing out of the current list, and frees it if its timer is gone. */
  #tidy(slot: number): void {
    const flags = this.#get(slot, FLAGS) & ALL_FLAGS
    const owes = flags === LIVE || flags === STORED
    if (owes || flags & CAPTURED) return
    const dirty = this.#dirty
    dirty.slots[this.#get(slot, DIRTY_AT)] = -1
    dirty.holes++
    while (dirty.length > 0 && dirty.slots[dirty.length - 1] === -1) {
      dirty.length--
      dirty.holes--
    }
    this.#set(slot, EPOCH, 0)
    if (flags & LIVE) return
    this.#forget(slot)
    this.#records.free(slot)
  }
}
