/**
 * Pure decisions about a create in the log: what an answer means, and what to do next. The I/O is in
 * log.ts.
 *
 * A name that is taken decides; a name that is free decides nothing, since a request that seemed to fail
 * may still arrive. So a writer repeats the same bytes, and to give up puts an abort in the same place.
 */
import type { LogEntry } from './manifest.js'

/** What is known after a create: what it said, and (unless it said `created`) what stands under the name. */
export interface CreateFacts {
  readonly mine: LogEntry
  /** `refused`: a definite no (access denied, no space), after which nothing can arrive late. */
  readonly answer: 'created' | 'exists' | 'refused' | 'failed'
  /** The entry read back; `undefined`: nothing is there (yet). Only asked for if not `created`. */
  readonly standing: LogEntry | undefined
  /** Creates sent so far for this number and kind. */
  readonly attempts: number
}

/**
 * - `stands`: the writer's own entry is there (of an abort: the checkpoint it was to replace).
 * - `taken`: another owner's entry is there.
 * - `aborted`: the writer's own abort is there.
 * - `refused`: nothing is there, and nothing will be.
 * - `again`: open; send the same bytes once more.
 * - `abort`: open, and tried often enough; put an abort there.
 * - `unknown`: not even the abort could be settled.
 */
export type CreateVerdict =
  | 'stands'
  | 'taken'
  | 'aborted'
  | 'refused'
  | 'again'
  | 'abort'
  | 'unknown'

/** Creates of one entry before it is given up. */
const CREATE_ATTEMPTS = 3

/** What a create came to. */
export function judgeCreate(facts: CreateFacts): CreateVerdict {
  const { mine, answer, standing, attempts } = facts
  const found = answer === 'created' ? mine : standing
  if (found !== undefined) {
    if (found.writer !== mine.writer) return 'taken'
    return found.kind === 'abort' ? 'aborted' : 'stands'
  }
  // Only the very first answer is definite: an earlier, ambiguous request may still arrive, and before an
  // abort there was one.
  if (answer === 'refused' && attempts === 1 && mine.kind !== 'abort') return 'refused'
  if (attempts < CREATE_ATTEMPTS) return 'again'
  return mine.kind === 'checkpoint' ? 'abort' : 'unknown'
}

/**
 * Whether a writer whose entry stands is still the owner. Numbers newer than its own can only be another
 * owner's; and a number that had been collected may be created anew by a writer that slept through it, but
 * then newer entries are there, since the newest is never collected.
 */
export function stillOwner(number: number, numbersInLog: readonly number[]): boolean {
  return numbersInLog.every((other) => other <= number)
}
