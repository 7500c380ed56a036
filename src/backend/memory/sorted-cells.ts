/**
 * Cells in order of key: leaves of at most {@link LEAF_MAX} cells in one array, a B+-tree of two levels. A key is
 * found by two binary searches; a change moves within one leaf, and within the array of leaves when one is split,
 * merged or gone. Cells added in order fill their leaves.
 *
 * Invariant: no leaf is empty; keys ascend within and across leaves; the version rises when a cell comes or goes, so
 * that whoever goes through the cells finds the place again by key.
 */
import type { Key } from '../../state/key.js'
import type { MapRange } from '../state-table.js'
import type { Cell } from './cell.js'

const LEAF_MAX = 512
/** A leaf with fewer cells is merged with a neighbour, if both together leave room to grow. */
const LEAF_FEW = 128
const MERGED_MAX = 384

/** Negative if `a` is before `b`, positive if after, 0 if they are the same. */
export type KeyOrder = (a: Key, b: Key) => number

/** Before the cell `at` of the leaf `leaf`; the end is the leaf after the last, at 0. */
interface Place {
  leaf: number
  at: number
}

/** The ends of a range. */
type Ends = Pick<MapRange, 'low' | 'lowIncluded' | 'high' | 'highIncluded'>

/** The live cells of one map. */
export class SortedCells {
  readonly #order: KeyOrder
  readonly #leaves: Cell[][] = []
  #version = 0

  constructor(order: KeyOrder) {
    this.#order = order
  }

  /** Adds a cell. Requires: none has its key. */
  insert(cell: Cell): void {
    this.#version++
    const leaves = this.#leaves
    const index = Math.max(0, this.#leafOf(cell.key))
    const leaf = leaves[index]
    if (leaf === undefined) {
      leaves.push([cell])
      return
    }
    const at = this.#lowerBound(leaf, cell.key, false)
    if (leaf.length < LEAF_MAX) {
      if (at === leaf.length) leaf.push(cell)
      else leaf.splice(at, 0, cell)
    } else if (at === leaf.length && index === leaves.length - 1) {
      // In ascending order: the full leaf stays full.
      leaves.push([cell])
    } else {
      const upper = leaf.splice(LEAF_MAX / 2)
      leaves.splice(index + 1, 0, upper)
      if (at <= leaf.length) leaf.splice(at, 0, cell)
      else upper.splice(at - leaf.length, 0, cell)
    }
  }

  /** Takes a cell out. Requires: it is here. */
  delete(cell: Cell): void {
    this.#version++
    const leaves = this.#leaves
    const index = this.#leafOf(cell.key)
    const leaf = leaves[index] as Cell[]
    const at = this.#lowerBound(leaf, cell.key, false)
    if (at === 0) leaf.shift()
    else leaf.splice(at, 1)
    if (leaf.length < LEAF_FEW) this.#shrunk(index)
  }

  /** The cell a range begins with, in its direction. */
  first(range: MapRange): Cell | undefined {
    const start = this.#start(range)
    const end = this.#end(range)
    if (range.limit === 0 || !isBefore(start, end)) return undefined
    return range.reverse ? this.#stepBack(end) : this.#step(start)
  }

  /**
   * The cells of a range. Cells may come and go meanwhile: those gone before they are reached do not appear, those
   * that came beyond the one reached do.
   */
  *cells(range: MapRange): IterableIterator<Cell> {
    const { reverse, limit } = range
    let ends: Ends = range
    let start = this.#start(ends)
    let end = this.#end(ends)
    let version = this.#version
    for (let left = limit; left > 0 && isBefore(start, end); left--) {
      const cell = reverse ? this.#stepBack(end) : this.#step(start)
      yield cell
      if (version === this.#version) continue
      version = this.#version
      ends = reverse
        ? { ...ends, high: cell.key, highIncluded: false }
        : { ...ends, low: cell.key, lowIncluded: false }
      start = this.#start(ends)
      end = this.#end(ends)
    }
  }

  #start({ low, lowIncluded }: Ends): Place {
    return low === undefined ? { leaf: 0, at: 0 } : this.#seek(low, !lowIncluded)
  }

  #end({ high, highIncluded }: Ends): Place {
    if (high === undefined) return { leaf: this.#leaves.length, at: 0 }
    return this.#seek(high, highIncluded)
  }

  /** Before the first cell that is not before the key; `after`: that is after it. */
  #seek(key: Key, after: boolean): Place {
    const index = Math.max(0, this.#leafOf(key))
    const leaf = this.#leaves[index]
    if (leaf === undefined) return { leaf: 0, at: 0 }
    const at = this.#lowerBound(leaf, key, after)
    return at < leaf.length ? { leaf: index, at } : { leaf: index + 1, at: 0 }
  }

  /** The cell after the place, which moves over it. */
  #step(place: Place): Cell {
    const leaf = this.#leaves[place.leaf] as Cell[]
    const cell = leaf[place.at++] as Cell
    if (place.at === leaf.length) {
      place.leaf++
      place.at = 0
    }
    return cell
  }

  /** The cell before the place, which moves over it. */
  #stepBack(place: Place): Cell {
    if (place.at === 0) place.at = (this.#leaves[--place.leaf] as Cell[]).length
    return (this.#leaves[place.leaf] as Cell[])[--place.at] as Cell
  }

  /** The last leaf that does not begin after the key; −1: there is none. */
  #leafOf(key: Key): number {
    const leaves = this.#leaves
    let low = 0
    let high = leaves.length
    // Most changes are at one of the two ends.
    if (high > 2) {
      if (!this.#beginsAfter(leaves[high - 1] as Cell[], key)) return high - 1
      if (this.#beginsAfter(leaves[1] as Cell[], key)) high = 1
    }
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#beginsAfter(leaves[middle] as Cell[], key)) high = middle
      else low = middle + 1
    }
    return low - 1
  }

  #beginsAfter(leaf: readonly Cell[], key: Key): boolean {
    return this.#order((leaf[0] as Cell).key, key) > 0
  }

  /** How many cells of a leaf are before the key; `after`: or have it. Requires: the leaf is not empty. */
  #lowerBound(leaf: readonly Cell[], key: Key, after: boolean): number {
    const order = this.#order
    const bound = after ? 1 : 0
    let low = 0
    let high = leaf.length
    if (order((leaf[high - 1] as Cell).key, key) < bound) return high
    while (low < high) {
      const middle = (low + high) >>> 1
      if (order((leaf[middle] as Cell).key, key) < bound) low = middle + 1
      else high = middle
    }
    return low
  }

  /** A leaf has few cells left. */
  #shrunk(index: number): void {
    const leaves = this.#leaves
    const leaf = leaves[index] as Cell[]
    if (leaf.length === 0) {
      leaves.splice(index, 1)
      return
    }
    const first = index + 1 < leaves.length ? index : index - 1
    if (first < 0) return
    const lower = leaves[first] as Cell[]
    const upper = leaves[first + 1] as Cell[]
    if (lower.length + upper.length > MERGED_MAX) return
    for (const cell of upper) lower.push(cell)
    leaves.splice(first + 1, 1)
  }
}

function isBefore(a: Place, b: Place): boolean {
  return a.leaf < b.leaf || (a.leaf === b.leaf && a.at < b.at)
}
