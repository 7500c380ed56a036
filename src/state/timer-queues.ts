/**
 * Timers are state: a keyed step that has any keeps them in two queues of its operator, under names that no user can
 * take. The names are on disk. DO NOT RENAME.
 */
import { HoldfastError } from '../base/errors.js'
import type { StateDescriptor, StateDescriptors } from './descriptor.js'
import type { Serializer } from './serializer.js'

/** Which time a timer waits for: that of the records, or the machine's. */
export type TimeDomain = 'event' | 'processing'

/** The state that holds an operator's timers of a domain. */
export const TIMER_QUEUES: Readonly<Record<TimeDomain, string>> = {
  event: '_timer.event',
  processing: '_timer.processing',
}

/** A timer is all key: its rows have no value. */
const NO_VALUE: Serializer<unknown> = { id: 'none', write: () => undefined, read: () => undefined }

/** Declares a queue of timers. */
export function timerQueue(): StateDescriptor {
  return Object.freeze({ kind: 'timers', serializer: NO_VALUE })
}

/** These states, and the queues of an operator that can have timers. */
export function withTimers(states: StateDescriptors): StateDescriptors {
  const { event, processing } = TIMER_QUEUES
  return { ...states, [event]: timerQueue(), [processing]: timerQueue() }
}

/**
 * Checks the time of a timer: any safe integer, as Flink takes any long; one that has passed fires as soon as it can.
 * @throws `INVALID_ARGUMENT`
 */
export function checkTimerTime(time: number): void {
  if (Number.isSafeInteger(time)) return
  throw new HoldfastError(
    'INVALID_ARGUMENT',
    `a timer for ${typeof time === 'number' ? time : typeof time} cannot be: its time is a whole number of ` +
      'milliseconds within ±(2^53 - 1); round it first. No timer was changed',
  )
}
