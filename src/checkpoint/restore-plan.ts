/**
 * Pure decisions of a restore: which checkpoint to go on from, whether it fits the program, and which runs a
 * subtask needs. The I/O is in recovery.ts.
 */
import { HoldfastError } from '../base/errors.js'
import { intersection, type KeyGroupRange } from '../keygroup/key-group-range.js'
import type { KeyType } from '../state/key.js'
import type {
  CheckpointContent,
  LogEntry,
  OperatorRecord,
  RunRef,
  StateRecord,
} from './manifest.js'

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

/** What a program says of one operator. */
export interface OperatorDeclaration {
  readonly uid: string
  /** `undefined`: not set by the program; the checkpoint's is taken. */
  readonly maxParallelism: number | undefined
  /** `undefined`: not declared by the program; the checkpoint's is taken. */
  readonly keyType?: KeyType | undefined
  readonly states: ReadonlyMap<string, StateRecord>
}

/**
 * Everything in which a checkpoint does not fit a program, a line each; empty if it fits. State that the
 * program does not declare is no misfit: it is kept.
 */
export function misfits(
  content: CheckpointContent,
  declarations: readonly OperatorDeclaration[],
): string[] {
  return declarations.flatMap((declared) => {
    const kept = content.operators.get(declared.uid)
    return kept === undefined ? [] : operatorMisfits(declared, kept)
  })
}

function operatorMisfits(declared: OperatorDeclaration, kept: OperatorRecord): string[] {
  const lines: string[] = []
  const { maxParallelism, keyType } = declared
  if (maxParallelism !== undefined && maxParallelism !== kept.maxParallelism) {
    lines.push(
      `operator "${declared.uid}": max parallelism is ${kept.maxParallelism} in the checkpoint and ` +
        `${maxParallelism} in the program; it can never change`,
    )
  }
  if (keyType !== undefined && kept.keyType !== undefined && keyType !== kept.keyType) {
    lines.push(
      `operator "${declared.uid}": its keys are ${kept.keyType} in the checkpoint, ${keyType} in the program`,
    )
  }
  for (const [name, state] of declared.states) {
    const before = kept.states.get(name)
    if (before === undefined) continue
    const where = `operator "${declared.uid}", state "${name}"`
    if (before.kind !== state.kind) {
      lines.push(
        `${where}: a ${before.kind} state in the checkpoint, a ${state.kind} state in the program`,
      )
    }
    if (before.serializer !== state.serializer) {
      lines.push(
        `${where}: written by "${before.serializer}", the program reads "${state.serializer}"`,
      )
    }
  }
  return lines
}

/** What a subtask reads of one run. */
export interface RunShare {
  readonly run: RunRef
  readonly keyGroups: KeyGroupRange
}

/** The runs of an operator that a range of key groups needs, oldest first. */
export function planRestore(
  content: CheckpointContent,
  uid: string,
  range: KeyGroupRange,
): RunShare[] {
  const byPath = new Map(content.runs.map((run) => [run.path, run]))
  const shares: RunShare[] = []
  for (const { run: path, keyGroups } of content.operators.get(uid)?.runs ?? []) {
    const run = byPath.get(path)
    const shared = intersection(keyGroups, range)
    if (run !== undefined && shared !== undefined) shares.push({ run, keyGroups: shared })
  }
  return shares
}
