/**
 * Processing time as state sees it: the machine's, in whole ms, but never before the restored checkpoint's, nor
 * before what it said last. What it says at a barrier goes into the manifest.
 */
import type { Clock } from '../base/clock.js'

/** The processing time of one attempt. */
export class JobTime {
  readonly #clock: Clock
  #last: number

  /** @param restoredMs `takenAtMs` of the restored checkpoint */
  constructor(clock: Clock, restoredMs: number) {
    this.#clock = clock
    this.#last = restoredMs
  }

  /** Now, in ms since 1970. */
  read(): number {
    const now = Math.floor(this.#clock.now())
    if (now > this.#last) this.#last = now
    return this.#last
  }
}
