/**
 * Pure decisions about the chain of runs: whether a new delta is kept inside the manifest or becomes a
 * file, and what the next content lists. Inlined runs are always the newest of the chain, so that they
 * can be merged into the next file as neighbours.
 */
import { LIMITS } from '../base/limits.js'
import type { CheckpointContent, OperatorRecord, OperatorRun, RunRef } from './manifest.js'

/** The inlined runs of a content, oldest first. */
export function inlinedRuns(content: CheckpointContent): RunRef[] {
  return content.runs.filter((run) => run.inline !== undefined)
}

/** Whether a delta of this size is inlined, given the content it goes on top of. */
export function isInlined(sizeBytes: number, content: CheckpointContent): boolean {
  if (sizeBytes > LIMITS.inlineRunBytesMax) return false
  const before = inlinedRuns(content).reduce((sum, run) => sum + run.sizeBytes, 0)
  return before + sizeBytes <= LIMITS.inlineTotalBytesMax
}

/** A run that joins the chain. */
export interface NewRun {
  readonly ref: RunRef
  /** Uids of the operators whose rows it holds. */
  readonly operators: readonly string[]
  /** Whether the content's inlined runs are merged into it, and so leave the chain. */
  readonly replacesInlined: boolean
}

/** The operators as the program has them now, without runs. */
export type OperatorShapes = ReadonlyMap<string, Omit<OperatorRecord, 'runs'>>

/**
 * The operators and runs of the next content. What the program does not declare any more is kept as it is;
 * runs that no operator uses any more are dropped.
 * @param order the order number of the new run: the number of its checkpoint
 */
export function extendChain(
  content: CheckpointContent,
  shapes: OperatorShapes,
  added: { readonly run: NewRun; readonly order: number } | undefined,
): Pick<CheckpointContent, 'operators' | 'runs'> {
  const replaced = new Set(
    added?.run.replacesInlined ? inlinedRuns(content).map((run) => run.path) : [],
  )
  const operators = new Map<string, OperatorRecord>()
  for (const uid of new Set([...content.operators.keys(), ...shapes.keys()])) {
    const kept = content.operators.get(uid)
    const shape = shapes.get(uid) ?? kept
    if (shape === undefined) continue
    const states = new Map([...(kept?.states ?? []), ...shape.states])
    const runs = (kept?.runs ?? []).filter((run) => !replaced.has(run.run))
    if (added?.run.operators.includes(uid)) runs.push(wholeRun(added, shape.maxParallelism))
    operators.set(uid, {
      maxParallelism: shape.maxParallelism,
      keyType: shape.keyType,
      states,
      runs,
    })
  }
  const used = new Set(
    [...operators.values()].flatMap((operator) => operator.runs.map((run) => run.run)),
  )
  const runs = [...content.runs, ...(added === undefined ? [] : [added.run.ref])]
  return { operators, runs: runs.filter((run) => used.has(run.path)) }
}

function wholeRun(added: { run: NewRun; order: number }, maxParallelism: number): OperatorRun {
  const keyGroups = { first: 0, last: maxParallelism - 1 }
  return { run: added.run.ref.path, order: added.order, keyGroups }
}
