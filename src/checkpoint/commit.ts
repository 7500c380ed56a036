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
 * - `stands`: the writer's own entry is there.
 * - `taken`: another owner's entry is there.
 * - `aborted`: the writer's own abort is there instead of its checkpoint.
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
  if (answer === 'created') return 'stands'
  if (standing !== undefined) {
    if (standing.writer !== mine.writer) return 'taken'
    if (standing.kind === mine.kind) return 'stands'
    return standing.kind === 'abort' ? 'aborted' : 'stands'
  }
  // Only a first answer is definite: an earlier, ambiguous attempt may still arrive.
  if (answer === 'refused' && attempts === 1) return 'refused'
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
