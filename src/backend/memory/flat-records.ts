/**
 * Numbered records of eight 32-bit words each, the first two of them one double, in one buffer: what belongs together
 * is in one cache line, and there are no objects for the collector to walk. Free numbers are used again.
 */
import { HoldfastError } from '../../base/errors.js'

/** Words of one record. */
export const WORDS = 8
/** Doubles of one record; the first is the double it has. */
export const DOUBLES = 4

/** Records. Word `w` of record `r` is `words[r * WORDS + w]`, its double `doubles[r * DOUBLES]`. */
export class FlatRecords {
  words: Int32Array
  doubles: Float64Array
  /** Records that were ever in use. */
  used = 0
  readonly #free: number[] = []
  readonly #max: number

  /** @param max how many may be in use at once */
  constructor(max: number) {
    const buffer = new ArrayBuffer(64 * 4 * WORDS)
    this.words = new Int32Array(buffer)
    this.doubles = new Float64Array(buffer)
    this.#max = max
  }

  /** A record, its words being what they were left as, at first 0. Throws `LIMIT_EXCEEDED` if no more fit. */
  alloc(): number {
    const free = this.#free.pop()
    if (free !== undefined) return free
    if (this.used >= this.#max) {
      throw new HoldfastError(
        'LIMIT_EXCEEDED',
        `${this.used} timers, as many as one subtask keeps: raise the parallelism, or register fewer`,
      )
    }
    if (this.used * WORDS === this.words.length) {
      const buffer = new ArrayBuffer(2 * this.words.byteLength)
      const words = new Int32Array(buffer)
      words.set(this.words)
      this.words = words
      this.doubles = new Float64Array(buffer)
    }
    return this.used++
  }

  free(record: number): void {
    this.#free.push(record)
  }
}
