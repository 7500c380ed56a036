/**
 * Time as state sees it. The runtime moves it, between records; whatever decides by time (timers, time to live)
 * reads it here, so that a run under the same input and clock decides the same.
 *
 * Invariant: `now` and `eventTime` never go back, across restores either: both begin at what the checkpoint says.
 */

/** The state clock of one operator. */
export class StateClock {
  /** Processing time in ms since 1970: the later of the machine's time and the restored checkpoint's. */
  now = 0
  /**
   * Event time that state has reached, in ms: the watermark, and at the end of the input the last one before it, since
   * more may be appended to the input.
   */
  eventTime: number = Number.NEGATIVE_INFINITY
  /** Event time of the record (or timer) at hand, in ms; `undefined`: it has none. */
  timestamp: number | undefined = undefined
  #watermark = Number.NEGATIVE_INFINITY

  /** No record with an older or equal timestamp is expected; `Infinity`: the input has ended. */
  get watermark(): number {
    return this.#watermark
  }

  set watermark(watermark: number) {
    this.#watermark = watermark
    if (watermark !== Number.POSITIVE_INFINITY) this.eventTime = watermark
  }
}
