/**
 * Pure decisions of a restore: which checkpoint to go on from, and which runs a subtask needs. Whether it fits the
 * program is decided in evolution.ts; the I/O is in recovery.ts.
 */
import { HoldfastError } from '../base/errors.js'
import { intersection, type KeyGroupRange } from '../keygroup/key-group-range.js'
import type { SectionName } from '../run/format.js'
import type { CheckpointContent, LogEntry, RunRef } from './manifest.js'

/** Where to start: the newest good checkpoint, nothing at all, or the checkpoint of this number. */
export type StartFrom = 'latest' | 'none' | number

/**
 * The number below which to look for the next older checkpoint. An owner that went back has left newer,
 * abandoned entries behind; their output is withdrawn, so they are no part of the history any more.
 */
export function nextOlder(entry: LogEntry): number {
  const content = entry.content?.checkpoint ?? entry.number
  return entry.kind === 'claim' ? content + 1 : entry.number
}

/** Whether an entry is a place to start from, as `from` asks. */
export function matches(entry: LogEntry, from: StartFrom): boolean {
  if (entry.content === undefined) return false
  return from === 'latest' || entry.content.checkpoint === from
}

/**
 * Checks that a log entry is of this job.
 * @throws `WRONG_JOB`, `INCOMPATIBLE_STATE`
 */
export function checkJob(entry: LogEntry, job: string, keyHash: string): void {
  if (entry.job !== job) {
    throw new HoldfastError(
      'WRONG_JOB',
      `the checkpoints are of job "${entry.job}", not of "${job}"; name another folder with --checkpoints`,
    )
  }
  if (entry.keyHash !== keyHash) {
    throw new HoldfastError(
      'INCOMPATIBLE_STATE',
      `the checkpoints assign keys by "${entry.keyHash}", this version by "${keyHash}"`,
    )
  }
}

/** What a subtask reads of one run. */
export interface RunShare {
  readonly run: RunRef
  readonly keyGroups: KeyGroupRange
}

/** The runs that a range of key groups needs for one state, oldest first; none of a state that is not listed. */
export function planRestore(
  content: CheckpointContent,
  { operator, state }: SectionName,
  range: KeyGroupRange,
): RunShare[] {
  const byPath = new Map(content.runs.map((run) => [run.path, run]))
  const kept = content.operators.get(operator)
  const record = kept?.states.get(state)
  const shares: RunShare[] = []
  // Rows of a state that was dropped are still in the runs of others.
  if (kept === undefined || record === undefined) return shares
  const { since = 0 } = record
  for (const { run: path, order, keyGroups } of kept.runs) {
    const run = byPath.get(path)
    const shared = intersection(keyGroups, range)
    if (run === undefined || shared === undefined || order < since) continue
    shares.push({ run, keyGroups: shared })
  }
  return shares
}
