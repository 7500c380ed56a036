/** Buckets in order of (time, key group), taken from the front. */

/** Times further apart than this are sorted by comparing: their difference is not exact. */
const RADIX_MAX = 2 ** 53
/** Digits that there are, a power of two. */
const DIGITS = 2048

// Nothing else runs while one list is sorted.
const places = new Int32Array(DIGITS)
let scratchTimes = new Float64Array(4096)
let scratchBuckets = new Int32Array(4096)

/** A sorted list. */
export class SortedTimes {
  readonly times: Float64Array
  readonly buckets: Int32Array
  /** The first that is left. */
  at = 0
  /** Behind the last. */
  end = 0

  constructor(capacity: number) {
    this.times = new Float64Array(capacity)
    this.buckets = new Int32Array(capacity)
  }

  get capacity(): number {
    return this.times.length
  }

  get length(): number {
    return this.end - this.at
  }

  get firstTime(): number {
    return this.at < this.end ? (this.times[this.at] as number) : Number.POSITIVE_INFINITY
  }

  get lastTime(): number {
    return this.times[this.end - 1] as number
  }

  get first(): number {
    return this.buckets[this.at] as number
  }

  bucketAt(index: number): number {
    return this.buckets[index] as number
  }

  /** The time of the n-th that is left, of the last if there are fewer. */
  timeAt(n: number): number {
    return this.times[Math.min(this.at + n, this.end - 1)] as number
  }

  /** How many are not after a time. */
  countUpTo(time: number): number {
    let i = this.at
    while (i < this.end && (this.times[i] as number) <= time) i++
    return i - this.at
  }

  /** Appends one: sort then. */
  append(time: number, bucket: number): void {
    this.times[this.end] = time
    this.buckets[this.end++] = bucket
  }

  /** Moves the first `count` of another list to the end of this one: sort then. */
  take(from: SortedTimes, count: number): void {
    const end = from.at + count
    for (let i = from.at; i < end; i++) {
      this.append(from.times[i] as number, from.buckets[i] as number)
    }
    from.at = end
  }

  /** Keeps only buckets for which `keep` is true. */
  prune(keep: (bucket: number) => boolean): void {
    let kept = this.at
    for (let i = this.at; i < this.end; i++) {
      const bucket = this.buckets[i] as number
      if (!keep(bucket)) continue
      this.times[kept] = this.times[i] as number
      this.buckets[kept++] = bucket
    }
    this.end = kept
  }

  /** Puts all in order. Requires: none was taken. */
  sort(groupOf: (bucket: number) => number): void {
    const { times, end } = this
    let least = Number.POSITIVE_INFINITY
    let most = Number.NEGATIVE_INFINITY
    let inOrder = true
    for (let i = 0; i < end; i++) {
      const time = times[i] as number
      if (time < least) least = time
      if (time >= most) most = time
      else inOrder = false
    }
    const range = most - least
    // In order already: registered so, or taken from one run.
    if (!inOrder && range >= RADIX_MAX) this.#sortByComparing()
    else if (!inOrder) {
      for (let i = 0; i < end; i++) times[i] = (times[i] as number) - least
      for (let unit = 1; unit <= range; unit *= DIGITS) this.#sortByDigit(unit)
      for (let i = 0; i < end; i++) times[i] = (times[i] as number) + least
    }
    this.#sortTies(groupOf)
  }

  /** Puts all in order of one digit, those with the same one staying in theirs. */
  #sortByDigit(unit: number): void {
    const { times, buckets, end } = this
    if (scratchTimes.length < end) {
      scratchTimes = new Float64Array(2 * end)
      scratchBuckets = new Int32Array(2 * end)
    }
    const toTimes = scratchTimes
    const toBuckets = scratchBuckets
    // Of a power of two this is exact.
    const factor = 1 / unit
    places.fill(0)
    for (let i = 0; i < end; i++) {
      const digit = ((times[i] as number) * factor) & (DIGITS - 1)
      places[digit] = (places[digit] as number) + 1
    }
    let place = 0
    for (let digit = 0; digit < DIGITS; digit++) {
      const count = places[digit] as number
      places[digit] = place
      place += count
    }
    for (let i = 0; i < end; i++) {
      const time = times[i] as number
      const digit = (time * factor) & (DIGITS - 1)
      const at = places[digit] as number
      places[digit] = at + 1
      toTimes[at] = time
      toBuckets[at] = buckets[i] as number
    }
    times.set(toTimes.subarray(0, end))
    buckets.set(toBuckets.subarray(0, end))
  }

  #sortTies(groupOf: (bucket: number) => number): void {
    const { times, buckets, end } = this
    for (let i = 0; i < end; ) {
      let next = i + 1
      while (next < end && times[next] === times[i]) next++
      if (next > i + 1) buckets.subarray(i, next).sort((a, b) => groupOf(a) - groupOf(b))
      i = next
    }
  }

  #sortByComparing(): void {
    const entries = Array.from(this.times.subarray(0, this.end), (time, i) => ({
      time,
      bucket: this.buckets[i] as number,
    }))
    entries.sort((a, b) => a.time - b.time)
    for (const [i, { time, bucket }] of entries.entries()) {
      this.times[i] = time
      this.buckets[i] = bucket
    }
  }
}
