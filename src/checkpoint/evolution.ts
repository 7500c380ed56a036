/**
 * Pure decision before a job is taken over: how every state of every operator is gone on with, all at once. What does
 * not fit is refused with one report; what is read or written otherwise than before is told.
 */
import { defined } from '../base/assert.js'
import { HoldfastError } from '../base/errors.js'
import type { KeyType } from '../state/key.js'
import type { KeyMigration } from '../state/key-migration.js'
import { OPERATOR_STATE_KINDS } from '../state/operator-state.js'
import { agesAt, type Moment } from '../state/state-ages.js'
import type { StateCodec } from '../state/state-codec.js'
import type { OperatorShape, StateShape } from './chain.js'
import type { CheckpointContent, OperatorRecord, StateRecord } from './manifest.js'
import { ttlRecord } from './record-ages.js'
import {
  type DeclaredState,
  decideState,
  type StateDecision,
  type StateOutcome,
} from './state-evolution.js'

/** What a program says of one operator. */
export interface OperatorDeclaration {
  readonly uid: string
  /** `undefined`: not set by the program; the checkpoint's is taken. */
  readonly maxParallelism: number | undefined
  /** `undefined`: not declared by the program; the checkpoint's is taken. */
  readonly keyType?: KeyType | undefined
  readonly migrateKey?: KeyMigration | undefined
  readonly states: Readonly<Record<string, DeclaredState>>
}

/** A schema of a state, for people: its number, and the id of its serializer. */
export interface SchemaName {
  readonly schema: number
  readonly serializer: string
}

/** What people are told of one state that is not gone on with as it is. Plain data, JSON-able. */
export interface StateReport {
  readonly operator: string
  readonly state: string
  readonly outcome: StateOutcome
  /** The older schemas that values of it may be of, oldest first. */
  readonly before: readonly SchemaName[]
  /** The schema that values are written with from here on. */
  readonly now: SchemaName
  /** What differs, a line each. */
  readonly differs: readonly string[]
}

/** What people are told of an operator whose keys are migrated. */
export interface KeyReport {
  readonly operator: string
  readonly before: KeyType
  readonly now: KeyType
}

/** What is decided for one operator. */
export interface OperatorPlan {
  readonly states: ReadonlyMap<string, StateDecision>
  /** Set if its keys have to be migrated. */
  readonly migrateKey: KeyMigration | undefined
}

/** What is decided for a program. */
export interface EvolutionPlan {
  /** Number of the checkpoint it was decided for. */
  readonly checkpoint: number
  readonly operators: ReadonlyMap<string, OperatorPlan>
  /** States that are not gone on with as they are. */
  readonly states: readonly StateReport[]
  /** Operators whose keys are migrated. */
  readonly keys: readonly KeyReport[]
  /** What stands against it, a line each, with what to do; empty: the program can go on. */
  readonly misfits: readonly string[]
}

/** Decides for a whole program. State that it does not declare stays as it is, and is no misfit. */
export function planEvolution(
  content: CheckpointContent,
  declarations: readonly OperatorDeclaration[],
): EvolutionPlan {
  const operators = new Map<string, OperatorPlan>()
  const reports: StateReport[] = []
  const keys: KeyReport[] = []
  const misfits: string[] = []
  for (const declared of declarations) {
    const kept = content.operators.get(declared.uid)
    const at = momentOf(content, declared.uid)
    const states = new Map<string, StateDecision>()
    for (const [name, state] of Object.entries(declared.states)) {
      const decision = decideState(kept?.states.get(name), state, at)
      states.set(name, decision)
      const report = reportOf({ operator: declared.uid, state: name }, decision)
      if (decision.outcome === 'incompatible') misfits.push(stateMisfit(report, decision.advice))
      else if (decision.outcome !== 'as-is') reports.push(report)
    }
    const migrateKey = keyMigration(declared, kept)
    if (migrateKey !== undefined && declared.keyType !== undefined)
      keys.push({ operator: declared.uid, before: migrateKey.from, now: declared.keyType })
    if (kept !== undefined) misfits.push(...operatorMisfits(declared, kept))
    operators.set(declared.uid, { states, migrateKey })
  }
  return { checkpoint: content.checkpoint, operators, states: reports, keys, misfits }
}

/** When a checkpoint was taken, as an operator's clocks had it. */
function momentOf({ takenAtMs, watermarks }: CheckpointContent, uid: string): Moment {
  return { now: takenAtMs, eventTime: watermarks.get(uid) ?? Number.NEGATIVE_INFINITY }
}

/**
 * Refuses a checkpoint that does not fit.
 * @param job its name
 * @throws `INCOMPATIBLE_STATE` listing every misfit
 */
export function checkEvolution({ checkpoint, misfits }: EvolutionPlan, job: string): void {
  if (misfits.length === 0) return
  const lines = misfits.join('\n  ')
  throw new HoldfastError(
    'INCOMPATIBLE_STATE',
    `checkpoint ${checkpoint} of "${job}" does not fit the program; nothing was changed:\n  ${lines}`,
  )
}

/** The codecs of an operator's states. */
export function codecsOf({ states }: OperatorPlan): Map<string, StateCodec> {
  return new Map(Array.from(states, ([name, { codec }]) => [name, codec]))
}

/** Which states are written anew after the restore; `'all'`: whatever their outcome. */
export type Rewriting = 'none' | 'changed' | 'all'

/** The states of an operator that are written anew: all keyed ones when keys are migrated. Operator state never is. */
export function rewrittenStates(
  { states, migrateKey }: OperatorPlan,
  rewriting: Rewriting,
): Set<string> {
  const all = migrateKey !== undefined || rewriting === 'all'
  const changed = (one: StateDecision): boolean =>
    one.outcome !== 'as-is' || one.record.schemas.length > 1
  return new Set(
    [...states]
      .filter(([, one]) => !isOperatorState(one.record.kind))
      .filter(([, one]) => all || (rewriting === 'changed' && changed(one)))
      .map(([name]) => name),
  )
}

/** What the shapes of an operator's states depend on. */
export interface ShapeMoment {
  readonly rewritten: ReadonlySet<string>
  /** Number of the checkpoint it was restored from. */
  readonly restored: number
  /** Its clocks at the barrier. */
  readonly at: Moment
  /** Its subtasks. */
  readonly parallelism: number
}

/** What manifests say of an operator's states. */
export function stateShapes(
  { states }: OperatorPlan,
  { rewritten, restored, at, parallelism }: ShapeMoment,
): OperatorShape['states'] {
  return new Map(
    Array.from(states, ([name, { record, ages, ttl }]): [string, StateShape] => {
      const lifetime = ttlRecord(agesAt(ages, ttl, at))
      const shape = {
        ...record,
        ...(lifetime === undefined ? {} : { ttl: lifetime }),
        ...(record.kind === 'split' ? { parallelism } : {}),
      }
      if (!rewritten.has(name) || restored === 0) return [name, shape]
      return [name, { ...shape, schemas: shape.schemas.slice(-1), rewrittenFrom: restored }]
    }),
  )
}

function isOperatorState(kind: StateRecord['kind']): boolean {
  return OPERATOR_STATE_KINDS.some((one) => one === kind)
}

function reportOf(
  name: { readonly operator: string; readonly state: string },
  { outcome, record, differs }: StateDecision,
): StateReport {
  const names = record.schemas.map(({ number, serializer }) => ({ schema: number, serializer }))
  const now = defined(names.at(-1), 'the schema to write with')
  return { ...name, outcome, before: names.slice(0, -1), now, differs }
}

function stateMisfit(
  { operator, state, differs }: StateReport,
  advice: string | undefined,
): string {
  const what = differs.map((line) => `\n    ${line}`).join('')
  return `operator "${operator}", state "${state}":${what}\n    to do: ${advice ?? 'undo the change'}`
}

function keyMigration(
  { keyType, migrateKey }: OperatorDeclaration,
  kept: OperatorRecord | undefined,
): KeyMigration | undefined {
  if (migrateKey === undefined || keyType === undefined || kept === undefined) return undefined
  return kept.keyType === migrateKey.from && kept.keyType !== keyType ? migrateKey : undefined
}

function operatorMisfits(declared: OperatorDeclaration, kept: OperatorRecord): string[] {
  const { uid, maxParallelism, keyType, states } = declared
  const lines: string[] = []
  if (maxParallelism !== undefined && maxParallelism !== kept.maxParallelism) {
    lines.push(
      `operator "${uid}":\n    max parallelism is ${kept.maxParallelism} in the checkpoint and ` +
        `${maxParallelism} in the program\n    to do: leave it at ${kept.maxParallelism}; it can never change`,
    )
  }
  if (keyType === undefined || kept.keyType === undefined || keyType === kept.keyType) return lines
  if (keyMigration(declared, kept) === undefined) {
    lines.push(
      `operator "${uid}":\n    its keys are ${kept.keyType} in the checkpoint, ${keyType} in the program\n    ` +
        `to do: undo the change, or say how keys change: migrateKey: { from: '${kept.keyType}', migrate: (key) => … }`,
    )
    return lines
  }
  for (const [name, { kind }] of kept.states) {
    // Operator state has no keys of the program's.
    if (Object.hasOwn(states, name) || isOperatorState(kind)) continue
    lines.push(
      `operator "${uid}", state "${name}":\n    its keys cannot be migrated, since the program does not declare ` +
        `it\n    to do: declare it, or drop it with --drop ${uid}/${name}`,
    )
  }
  return lines
}
