/**
 * CONTRACT: timers as state, Flink's `InternalPriorityQueue` of timers: a set in order of time. One queue holds an
 * operator's timers of one domain, for the key groups of one subtask; `KeyedStateBackend.timers` gives it. Firing is
 * the runtime's.
 *
 * Order: by time; equal times by (key group, key, namespace) as their row keys are ordered, so that it depends neither
 * on the history of registrations nor on the backend. Timers count as no state for `KeyedStateBackend.keys`.
 */
import type { Key } from '../state/key.js'

/** A timer. Two are the same if time, key and namespace are. */
export interface Timer {
  /** When it fires: a safe integer, in ms. */
  readonly time: number
  readonly key: Key
  readonly keyGroup: number
  /** `undefined`: the void namespace. */
  readonly namespace: Key | undefined
}

/** The timers of one domain. */
export interface TimerQueue {
  /**
   * Adds a timer of the current key.
   * Requires: `time` passed `checkTimerTime`, `namespace` passed `checkedKey`.
   * @returns `false` if it was there
   * @throws `INVALID_STATE` if no key is current, `LIMIT_EXCEEDED` if no more fit; nothing is changed then
   */
  add(time: number, namespace: Key | undefined): boolean

  /**
   * Removes a timer of the current key.
   * @returns `false` if it was not there
   * @throws `INVALID_STATE` if no key is current
   */
  remove(time: number, namespace: Key | undefined): boolean

  /** The first timer. */
  peek(): Timer | undefined

  /**
   * Takes the first timer if its time is not after `upTo` (`Infinity`: whatever its time). The current key stays: the
   * caller makes the timer's current.
   */
  poll(upTo: number): Timer | undefined

  readonly size: number

  /** All timers, in no particular order. The queue must not change meanwhile. */
  timers(): Iterable<Timer>
}
