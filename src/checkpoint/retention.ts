/**
 * Pure decisions of collection: mark and sweep from the entries that are kept. What is not reachable from
 * them and not in flight goes; nothing is counted, and age decides nothing.
 */
import type { LogEntry } from './manifest.js'
import { nextOlder } from './restore-plan.js'

/** What collection needs to know of a log entry. */
export interface EntryFacts {
  readonly number: number
  /** The checkpoint it holds; `undefined` for an abort. */
  readonly checkpoint: number | undefined
  /** The next older entry of the same history has a number below this. */
  readonly olderBelow: number
  /** Paths of the runs it needs, inlined ones aside. */
  readonly runs: readonly string[]
}

/** The facts of an entry. */
export function factsOf(entry: LogEntry): EntryFacts {
  const runs = entry.content?.runs ?? []
  return {
    number: entry.number,
    checkpoint: entry.content?.checkpoint,
    olderBelow: nextOlder(entry),
    runs: runs.filter((run) => run.inline === undefined).map((run) => run.path),
  }
}

/**
 * The collection boundary to announce with the next entry: everything up to it may go once that entry
 * stands. Keeps the newest `retained` distinct checkpoints, the next one among them. Never below `boundary`.
 * @param entries of the log, ascending
 */
export function nextBoundary(
  entries: readonly EntryFacts[],
  boundary: number,
  retained: number,
): number {
  const kept = new Set<number>()
  let below = Number.POSITIVE_INFINITY
  for (const entry of entries.toReversed()) {
    // What an owner that went back has left behind is no checkpoint one could go back to.
    if (entry.number >= below) continue
    below = entry.olderBelow
    if (entry.checkpoint === undefined || entry.checkpoint === 0) continue
    kept.add(entry.checkpoint)
    // The entry about to be written is the first of the retained ones.
    if (kept.size >= retained) return Math.max(boundary, entry.number)
  }
  return boundary
}

/** What may be deleted. */
export interface Sweep {
  readonly entries: readonly number[]
  readonly runs: readonly string[]
}

/** What is there, and what must stay. */
export interface SweepFacts {
  /** All entries of the log that can be read, ascending, those below the boundary too. */
  readonly entries: readonly EntryFacts[]
  /** The boundary of the newest entry. */
  readonly boundary: number
  /** Run files that are there (or known to have been written). */
  readonly runs: readonly string[]
  /** Run files of work in flight. */
  readonly inFlight: ReadonlySet<string>
}

/** Mark and sweep. Requires: the entry that announced `boundary` stands, and the caller owns the job. */
export function planSweep(facts: SweepFacts): Sweep {
  const kept = facts.entries.filter((entry) => entry.number > facts.boundary)
  const marked = new Set(kept.flatMap((entry) => entry.runs))
  return {
    entries: facts.entries
      .map((entry) => entry.number)
      .filter((number) => number <= facts.boundary),
    runs: facts.runs.filter((run) => !marked.has(run) && !facts.inFlight.has(run)),
  }
}
