/**
 * Long work in short slices: at most about a millisecond at a time on the thread that processes records.
 */
import type { Pause } from '../backend/state-backend.js'
import type { Clock } from '../base/clock.js'

/** How long one slice may take, in ms. */
const SLICE_MS = 0.8
/** How many times `pause` is asked between two looks at the clock. */
const ASKS_PER_LOOK = 32

/**
 * Repeats `work` until it returns `true`, letting others have their turn between slices.
 * @param sliceMs how long one slice may take
 * @param work does some of the work until `pause` says so; `true` when done
 */
export async function inSlices(
  clock: Clock,
  work: (pause: Pause) => boolean,
  sliceMs: number = SLICE_MS,
): Promise<void> {
  let deadline = 0
  let asked = 0
  const pause = (): boolean => ++asked % ASKS_PER_LOOK === 0 && clock.monotonic() >= deadline
  for (;;) {
    deadline = clock.monotonic() + sliceMs
    if (work(pause)) return
    await clock.turn()
  }
}
