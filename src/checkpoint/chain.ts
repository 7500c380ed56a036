/**
 * Pure decisions about the chain of runs: whether a new delta is kept inside the manifest or becomes a
 * file, and what the next content lists. Inlined runs are always the newest of the chain, so that they
 * can be merged into the next file as neighbours.
 */
import { LIMITS } from '../base/limits.js'
import type { SectionName } from '../run/format.js'
import type {
  CheckpointContent,
  OperatorRecord,
  OperatorRun,
  RunRef,
  StateRecord,
} from './manifest.js'

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

/** A state as the program has it now. Its `since` follows from the content it goes on top of. */
export interface StateShape extends Omit<StateRecord, 'since'> {
  /**
   * Set if all of it is written anew after a restore: the number of the checkpoint that was restored. As long as that
   * is the newest, the next one holds every row, and older runs count no more.
   */
  readonly rewrittenFrom?: number
}

/** An operator as the program has it now, without runs. */
export interface OperatorShape extends Omit<OperatorRecord, 'runs' | 'states'> {
  readonly states: ReadonlyMap<string, StateShape>
}

/** The operators of a program, by uid. */
export type OperatorShapes = ReadonlyMap<string, OperatorShape>

/** What a checkpoint adds to the content it goes on top of. */
export interface Extension {
  /** The checkpoint's number, and the order number of its run. */
  readonly number: number
  /** `undefined`: nothing has changed. */
  readonly run: NewRun | undefined
}

/**
 * The operators and runs of the next content. What the program does not declare any more is kept as it is;
 * runs that count for no state, or no operator, any more are dropped.
 */
export function extendChain(
  content: CheckpointContent,
  shapes: OperatorShapes,
  { number, run: added }: Extension,
): Pick<CheckpointContent, 'operators' | 'runs'> {
  const replaced = new Set(
    added?.replacesInlined ? inlinedRuns(content).map((run) => run.path) : [],
  )
  const operators = new Map<string, OperatorRecord>()
  for (const [uid, states] of nextStates(content, shapes, number)) {
    const kept = content.operators.get(uid)
    const { maxParallelism, keyType } = (shapes.get(uid) ?? kept) as OperatorShape
    const first = Math.min(...Array.from(states.values(), ({ since }) => since ?? 0))
    const runs = (kept?.runs ?? []).filter(({ run, order }) => !replaced.has(run) && order >= first)
    if (added?.operators.includes(uid)) {
      const keyGroups = { first: 0, last: maxParallelism - 1 }
      runs.push({ run: added.ref.path, order: number, keyGroups } satisfies OperatorRun)
    }
    operators.set(uid, { maxParallelism, keyType, states, runs })
  }
  const used = new Set(
    [...operators.values()].flatMap((operator) => operator.runs.map((run) => run.run)),
  )
  const runs = [...content.runs, ...(added === undefined ? [] : [added.ref])]
  return { operators, runs: runs.filter((run) => used.has(run.path)) }
}

/**
 * The sections of a run of `content` whose rows still count in the next content, so that they must not be lost when
 * the run is merged; the others must be, since the merged run is newer.
 */
export function countedSections(
  content: CheckpointContent,
  path: string,
  { shapes, number }: { readonly shapes: OperatorShapes; readonly number: number },
): SectionName[] {
  const sections: SectionName[] = []
  for (const [operator, states] of nextStates(content, shapes, number)) {
    const order = content.operators.get(operator)?.runs.find(({ run }) => run === path)?.order
    if (order === undefined) continue
    for (const [state, { since }] of states) {
      if (order >= (since ?? 0)) sections.push({ operator, state })
    }
  }
  return sections
}

/** The states that the next content lists, by operator. */
function nextStates(
  content: CheckpointContent,
  shapes: OperatorShapes,
  number: number,
): Map<string, ReadonlyMap<string, StateRecord>> {
  const next = new Map<string, ReadonlyMap<string, StateRecord>>()
  for (const uid of new Set([...content.operators.keys(), ...shapes.keys()])) {
    const kept = content.operators.get(uid)
    const states = new Map(kept?.states)
    for (const [name, { rewrittenFrom, ...shape }] of shapes.get(uid)?.states ?? []) {
      const before = kept?.states.get(name)
      // What is new must not meet rows of a dropped state of the same name.
      const begins = before === undefined && (kept?.runs.length ?? 0) > 0
      const since = begins || rewrittenFrom === content.checkpoint ? number : before?.since
      states.set(name, since === undefined ? shape : { ...shape, since })
    }
    next.set(uid, states)
  }
  return next
}
