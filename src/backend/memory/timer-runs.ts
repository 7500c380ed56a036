/**
 * All buckets of a queue by (time, key group), after Sanders' sequence heap (2000): new ones are in a small heap; a
 * full heap becomes a sorted run; the least of all runs are moved, some thousands at once, to a sorted deck that is
 * taken from. Memory is gone through in order, where the lower levels of one large heap would be a cache miss each.
 *
 * Invariant: no run begins before the end of the deck. Whatever is first is first in the deck or in the heap.
 */
import { TimerHeap } from './timer-heap.js'
import { SortedTimes } from './timer-sort.js'

/** Length from which on the heap becomes a run: 48 KB, about a core's first-level cache. */
const HEAP_MAX = 4096
/** How many of one run are moved to the deck at most. */
const TAKEN = 64
/** How far ahead of their turn buckets are touched, and how many at once. */
const TOUCHED = 64
const TOUCHED_BEFORE = 16
/** Runs from which on the shorter half is merged: a timer is in few merges, and few runs are looked at. */
const RUNS_MAX = 256

/** Buckets by time. */
export class TimerRuns {
  readonly #heap: TimerHeap
  readonly #groupOf: (bucket: number) => number
  readonly #touch: (buckets: Int32Array) => void
  #runs: SortedTimes[] = []
  #deck: SortedTimes
  /** Up to where the deck's buckets were touched. */
  #touched = 0
  #length = 0

  /**
   * @param groupOf key group of each bucket; decides between equal times
   * @param touch is told of most buckets some time before they are first: to have their memory near by then
   */
  constructor(groupOf: (bucket: number) => number, touch: (buckets: Int32Array) => void) {
    this.#groupOf = groupOf
    this.#touch = touch
    this.#heap = new TimerHeap(groupOf)
    this.#deck = new SortedTimes(0)
  }

  get length(): number {
    return this.#length
  }

  /** Time of the first bucket; `Infinity` if there is none. */
  get firstTime(): number {
    if (this.#deck.length === 0 && this.#runs.length > 0) this.#refill()
    return Math.min(this.#deck.firstTime, this.#heap.firstTime)
  }

  /** The first bucket; −1: none. */
  get first(): number {
    return this.#inDeck() ? this.#deck.first : this.#heap.first
  }

  push(time: number, bucket: number): void {
    if (this.#heap.length === HEAP_MAX) this.#freeze()
    this.#heap.push(time, bucket)
    this.#length++
  }

  /** Takes the first bucket away, and returns it. Requires: there is one. */
  pop(): number {
    this.#length--
    let bucket: number
    if (this.#inDeck()) {
      const deck = this.#deck
      bucket = deck.first
      deck.at++
      if (deck.at + TOUCHED_BEFORE > this.#touched) this.#touchAhead()
    } else {
      bucket = this.#heap.first
      this.#heap.pop()
    }
    return bucket
  }

  /** Keeps only buckets for which `keep` is true. */
  prune(keep: (bucket: number) => boolean): void {
    this.#heap.prune(keep)
    this.#deck.prune(keep)
    this.#touched = 0
    for (const run of this.#runs) run.prune(keep)
    this.#runs = this.#runs.filter((run) => run.length > 0)
    this.#length = this.#runs.reduce(
      (sum, run) => sum + run.length,
      this.#heap.length + this.#deck.length,
    )
  }

  #inDeck(): boolean {
    const time = this.firstTime
    const deck = this.#deck
    if (deck.firstTime !== time) return false
    const heap = this.#heap
    return heap.firstTime !== time || this.#groupOf(deck.first) < this.#groupOf(heap.first)
  }

  /** Makes the heap a run. */
  #freeze(): void {
    const run = new SortedTimes(this.#heap.length)
    this.#heap.drain(run)
    run.sort(this.#groupOf)
    if (this.#deck.length > 0 && run.firstTime <= this.#deck.lastTime) {
      this.#runs.push(this.#deck)
      this.#deck = new SortedTimes(0)
    }
    this.#runs.push(run)
    if (this.#runs.length >= RUNS_MAX) this.#merge()
  }

  /** Makes one run of the shorter half of them, those of which little is left too. */
  #merge(): void {
    const runs = this.#runs.sort((a, b) => b.length - a.length)
    const short = runs.splice(RUNS_MAX / 2)
    const merged = new SortedTimes(short.reduce((sum, run) => sum + run.length, 0))
    for (const run of short) merged.take(run, run.length)
    merged.sort(this.#groupOf)
    runs.push(merged)
  }

  /** Moves the first of the runs to the deck. Requires: there are runs, and the deck is empty. */
  #refill(): void {
    const runs = this.#runs
    let first = runs[0] as SortedTimes
    for (const run of runs) if (run.firstTime < first.firstTime) first = run
    let upTo = first.timeAt(TAKEN)
    for (const run of runs) if (run.firstTime < upTo) upTo = Math.min(upTo, run.timeAt(TAKEN))
    const counts = runs.map((run) => run.countUpTo(upTo))
    const deck = new SortedTimes(counts.reduce((sum, count) => sum + count, 0))
    let emptied = false
    for (const [i, run] of runs.entries()) {
      const count = counts[i] as number
      if (count > 0) deck.take(run, count)
      emptied ||= run.length === 0
    }
    deck.sort(this.#groupOf)
    if (emptied) this.#runs = runs.filter((run) => run.length > 0)
    this.#deck = deck
    this.#touched = 0
    this.#touchAhead()
  }

  /** Reading many buckets in a row waits for memory once, not once each. */
  #touchAhead(): void {
    const deck = this.#deck
    const end = Math.min(deck.at + TOUCHED, deck.end)
    this.#touch(deck.buckets.subarray(Math.max(this.#touched, deck.at), end))
    this.#touched = end === deck.end ? Number.POSITIVE_INFINITY : end
  }
}
