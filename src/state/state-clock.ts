/**
 * Time as state sees it. The runtime moves it, between records; whatever decides by time (timers, time to live)
 * reads it here, so that a run under the same input and clock decides the same.
 *
 * Invariant: `now` and `watermark` never go back, across restores either: both begin at what the checkpoint says.
 */

/** The state clock of one operator. */
export class StateClock {
  /** Processing time in ms since 1970: the later of the machine's time and the restored checkpoint's. */
  now = 0
  /** Event time reached, in ms: no record with an older or equal timestamp is expected. */
  watermark: number = Number.NEGATIVE_INFINITY
  /** Event time of the record (or timer) at hand, in ms; `undefined`: it has none. */
  timestamp: number | undefined = undefined
}
