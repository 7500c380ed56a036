/**
 * Removes expired state in the background, so that it goes even if nobody asks for it: a round over all of it every few
 * seconds, in slices that hold the loop for a fraction of a millisecond, between batches and while the input is idle.
 */
import type { KeyedStateBackend } from '../backend/state-backend.js'
import type { Clock } from '../base/clock.js'
import type { StateDescriptors } from '../state/descriptor.js'
import { inSlices } from './slices.js'

/** From the end of one round to the next, in ms. */
const REST_MS = 5000
/** How long one slice may take, in ms. */
const SLICE_MS = 0.25

/** What is swept. */
export interface SweeperOptions {
  readonly clock: Clock
  readonly backends: readonly KeyedStateBackend[]
  /** Moves the state clocks to the present; else nothing expires by time while the input is idle. */
  readonly tick: () => void
}

/** Whether any of these states can expire. */
export function expires(states: StateDescriptors): boolean {
  return Object.values(states).some(({ ttl }) => ttl !== undefined)
}

/**
 * Sweeps until the signal is aborted.
 * @throws what a backend throws
 */
export async function sweepUntil(
  { clock, backends, tick }: SweeperOptions,
  signal: AbortSignal,
): Promise<void> {
  while (await rested(clock, signal)) {
    tick()
    for (const backend of backends) {
      await inSlices(clock, (pause) => signal.aborted || backend.sweep(pause), SLICE_MS)
    }
  }
}

/** `false`: aborted meanwhile. */
async function rested(clock: Clock, signal: AbortSignal): Promise<boolean> {
  try {
    // Nobody waits for it: a program that has nothing else to do may end.
    await clock.sleep(REST_MS, signal, false)
    return !signal.aborted
  } catch {
    return false
  }
}
