/**
 * A four-ary heap of buckets, the first being the one with the least (time, key group). Times are in an array of
 * doubles of their own: comparing touches nothing else, and four children share a cache line.
 */
import type { SortedTimes } from './timer-sort.js'

/** Buckets by time. */
export class TimerHeap {
  #times = new Float64Array(64)
  #buckets = new Int32Array(64)
  #length = 0
  /** Key group of each bucket; decides between equal times. */
  readonly #groupOf: (bucket: number) => number

  constructor(groupOf: (bucket: number) => number) {
    this.#groupOf = groupOf
  }

  get length(): number {
    return this.#length
  }

  /** Time of the first bucket; `Infinity` if there is none. */
  get firstTime(): number {
    return this.#length === 0 ? Number.POSITIVE_INFINITY : (this.#times[0] as number)
  }

  /** The first bucket; −1: none. */
  get first(): number {
    return this.#length === 0 ? -1 : (this.#buckets[0] as number)
  }

  push(time: number, bucket: number): void {
    if (this.#length === this.#times.length) this.#grow()
    const times = this.#times
    const buckets = this.#buckets
    let at = this.#length++
    while (at > 0) {
      const parent = (at - 1) >> 2
      const above = times[parent] as number
      if (above < time || (above === time && this.#isBefore(buckets[parent] as number, bucket)))
        break
      times[at] = above
      buckets[at] = buckets[parent] as number
      at = parent
    }
    times[at] = time
    buckets[at] = bucket
  }

  /** Takes the first bucket away. Requires: there is one. */
  pop(): void {
    const last = --this.#length
    if (last > 0) this.#sink(0, this.#times[last] as number, this.#buckets[last] as number)
  }

  /** Moves everything to a list, in no order. */
  drain(to: SortedTimes): void {
    for (let i = 0; i < this.#length; i++) {
      to.append(this.#times[i] as number, this.#buckets[i] as number)
    }
    this.#length = 0
  }

  /** Keeps only buckets for which `keep` is true. */
  prune(keep: (bucket: number) => boolean): void {
    let kept = 0
    for (let i = 0; i < this.#length; i++) {
      const bucket = this.#buckets[i] as number
      if (!keep(bucket)) continue
      this.#times[kept] = this.#times[i] as number
      this.#buckets[kept++] = bucket
    }
    this.#length = kept
    for (let i = (kept - 2) >> 2; i >= 0; i--) {
      this.#sink(i, this.#times[i] as number, this.#buckets[i] as number)
    }
  }

  #sink(start: number, time: number, bucket: number): void {
    const times = this.#times
    const buckets = this.#buckets
    const length = this.#length
    let at = start
    for (;;) {
      let child = 4 * at + 1
      if (child >= length) break
      let least = times[child] as number
      const end = Math.min(child + 4, length)
      for (let other = child + 1; other < end; other++) {
        const otherTime = times[other] as number
        if (otherTime > least) continue
        if (
          otherTime < least ||
          this.#isBefore(buckets[other] as number, buckets[child] as number)
        ) {
          least = otherTime
          child = other
        }
      }
      if (time < least || (time === least && this.#isBefore(bucket, buckets[child] as number)))
        break
      times[at] = least
      buckets[at] = buckets[child] as number
      at = child
    }
    times[at] = time
    buckets[at] = bucket
  }

  #isBefore(a: number, b: number): boolean {
    return this.#groupOf(a) < this.#groupOf(b)
  }

  #grow(): void {
    const times = new Float64Array(this.#times.length * 2)
    const buckets = new Int32Array(this.#times.length * 2)
    times.set(this.#times)
    buckets.set(this.#buckets)
    this.#times = times
    this.#buckets = buckets
  }
}
