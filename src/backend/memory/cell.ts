/**
 * One entry on the heap and the log of changed entries: the snapshot protocol.
 *
 * Every cell has the epoch of its last change. A snapshot keeps the lists of changed cells, puts empty ones in
 * their place and raises the epoch: nothing is walked, so the pause does not grow with the state. When a cell
 * changes that the snapshot has captured and not yet written, the old value is kept aside first; values are
 * never changed in place, so a reference is enough.
 *
 * Invariant: a cell is in the current lists if and only if its epoch is the current one.
 */
import { assert } from '../../base/assert.js'
import type { Key } from '../../state/key.js'

/** The value of a cell that is deleted: the next delta must say so. */
export const GONE: unique symbol = Symbol('gone')
/** The value of the cell that stands for "all older entries of this map are gone". */
export const CLEARED: unique symbol = Symbol('cleared')

/** Where a cell is an entry: all keys of one namespace in one key group, or the map of one key. */
export class Home {
  readonly keyGroup: number
  /** `undefined`: the void namespace. */
  readonly namespace: Key | undefined
  /** The key, if this is the map of one. */
  readonly key: Key | undefined
  /** The epoch in which the whole map was cleared; `Infinity` while it is in use. */
  detachedAt: number = Number.POSITIVE_INFINITY

  constructor(keyGroup: number, namespace: Key | undefined, key: Key | undefined) {
    this.keyGroup = keyGroup
    this.namespace = namespace
    this.key = key
  }
}

/** An entry. All cells have the same fields in the same order: one hidden class. */
export class Cell {
  /** The key, or the map key if its home is a map. */
  readonly key: Key
  readonly home: Home
  /** Epoch of the last change; 0: written or restored, and unchanged since. */
  epoch = 0
  /** Whether a run may hold a row of it; if none does, its deletion need not be written. */
  held = false
  value: unknown
  /** The value a snapshot still has to write, if the cell has changed since. */
  captured: unknown = undefined

  constructor(key: Key, home: Home) {
    this.key = key
    this.home = home
    this.value = GONE
  }
}

/** The changed cells since the last snapshot, a list per key group. */
export class DirtyLog {
  /** The current epoch. */
  epoch = 1
  #frozenEpoch = -1
  #unsettled = false
  readonly #first: number
  readonly #groups: number
  #lists: Cell[][]

  /** @param first the first key group, of `groups` */
  constructor(first: number, groups: number) {
    this.#first = first
    this.#groups = groups
    this.#lists = emptyLists(groups)
  }

  get dirty(): boolean {
    return this.#lists.some((list) => list.length > 0)
  }

  /** To be called before a cell's value changes. Requires: `cell.epoch !== this.epoch` (checked by the caller, inline). */
  touch(cell: Cell): void {
    if (cell.epoch === this.#frozenEpoch) cell.captured = cell.value
    cell.epoch = this.epoch
    ;(this.#lists[cell.home.keyGroup - this.#first] as Cell[]).push(cell)
  }

  /** Whether a snapshot is unsettled. */
  get unsettled(): boolean {
    return this.#unsettled
  }

  /** Freezes the log. Requires: no snapshot is unsettled. */
  freeze(): FrozenLog {
    assert(!this.#unsettled, 'one snapshot at a time')
    const frozen = new FrozenLog(this.#lists, this.epoch)
    this.#unsettled = true
    this.#frozenEpoch = this.epoch++
    this.#lists = emptyLists(this.#groups)
    return frozen
  }

  /** From here on changed cells keep nothing aside. Requires: a snapshot is unsettled. */
  thaw(): void {
    this.#frozenEpoch = -1
  }

  /** The unsettled snapshot is settled. */
  settled(): void {
    assert(this.#unsettled, 'a snapshot is settled once')
    this.#unsettled = false
  }
}

/** The cells of one snapshot, gone through in slices. */
export class FrozenLog {
  readonly epoch: number
  readonly #lists: Cell[][]
  #group = 0
  #at = 0

  constructor(lists: Cell[][], epoch: number) {
    this.#lists = lists
    this.epoch = epoch
  }

  /** The next cell in order of key group, or `undefined` at the end. */
  next(): Cell | undefined {
    for (; this.#group < this.#lists.length; this.#group++) {
      const list = this.#lists[this.#group] as Cell[]
      const cell = list[this.#at++]
      if (cell !== undefined) return cell
      this.#at = 0
    }
    return undefined
  }

  /** Starts over. */
  rewind(): void {
    this.#group = 0
    this.#at = 0
  }

  /**
   * What the cell was at the barrier. To be asked once per cell: later changes of it keep nothing aside
   * after that.
   */
  take(cell: Cell): unknown {
    if (cell.epoch === this.epoch) {
      cell.epoch = 0
      return cell.value
    }
    const { captured } = cell
    cell.captured = undefined
    return captured
  }

  /** Whether the cell's map had been cleared by the barrier, so that the cell is no part of the snapshot. */
  detached(cell: Cell): boolean {
    return cell.home.detachedAt <= this.epoch
  }
}

function emptyLists(groups: number): Cell[][] {
  return Array.from({ length: groups }, () => [])
}
