/**
 * What a program declares: one source, a tree of steps, sinks at its leaves. Plain data; running it is
 * pipeline.ts.
 */
import { HoldfastError } from '../base/errors.js'
import { LIMITS } from '../base/limits.js'
import type { StateDescriptors } from '../state/descriptor.js'
import type { KeyType } from '../state/key.js'
import type { KeyMigration } from '../state/key-migration.js'
import type { State } from '../state/state.js'
import type { Sink } from './sink.js'
import type { Source } from './source.js'

/** What user functions of a keyed step get besides the record and the states. */
export interface ProcessContext<Out> {
  /** The current key. */
  readonly key: string | number | boolean
  /** Sends a record on. */
  emit(record: Out): void
}

/** A keyed step: its states and functions. Types are erased here; the builder (job.ts) has checked them. */
export interface ProcessStep {
  readonly kind: 'process'
  readonly uid: string
  readonly keyOf: (record: unknown) => unknown
  readonly keyType: KeyType | undefined
  readonly migrateKey: KeyMigration | undefined
  readonly states: StateDescriptors
  readonly onRecord: (
    record: unknown,
    states: Record<string, State>,
    context: ProcessContext<unknown>,
  ) => void
  readonly onEnd:
    | ((states: Record<string, State>, context: ProcessContext<unknown>) => void)
    | undefined
  readonly next: Step[]
}

/** A step of a pipeline; `next` are the steps that get its output, each all of it. */
export type Step =
  | { readonly kind: 'map'; readonly fn: (record: unknown) => unknown; readonly next: Step[] }
  | { readonly kind: 'filter'; readonly fn: (record: unknown) => boolean; readonly next: Step[] }
  | {
      readonly kind: 'flatMap'
      readonly fn: (record: unknown) => Iterable<unknown>
      readonly next: Step[]
    }
  | ProcessStep
  | {
      readonly kind: 'sink'
      readonly uid: string
      readonly sink: Sink<unknown>
      readonly next: Step[]
    }

/** A whole job. */
export interface JobGraph {
  readonly name: string
  readonly sourceUid: string
  readonly source: Source<unknown>
  /** The steps that get the source's records. */
  readonly next: Step[]
}

/** All steps, each after the one it gets its records from. */
export function stepsOf(steps: readonly Step[]): Step[] {
  return steps.flatMap((step) => [step, ...stepsOf(step.next)])
}

/**
 * Checks a name that goes into files: of a job, operator or state.
 * @throws `INVALID_ARGUMENT`
 */
export function checkName(name: string, what: string): void {
  const ok = typeof name === 'string' && /^[A-Za-z0-9][\w.-]*$/.test(name)
  if (ok && name.length <= LIMITS.nameLengthMax) return
  throw new HoldfastError(
    'INVALID_ARGUMENT',
    `${JSON.stringify(name)} cannot be ${what}: use letters, digits, ".", "_" and "-", beginning with a ` +
      `letter or digit, at most ${LIMITS.nameLengthMax} characters`,
  )
}

/**
 * Checks a job before it starts.
 * @throws `INVALID_ARGUMENT` for a uid used twice, a bad name, or a job that sends nothing anywhere
 */
export function checkGraph(graph: JobGraph): void {
  checkName(graph.name, "a job's name")
  const uids = new Set<string>()
  const use = (uid: string): void => {
    checkName(uid, 'a uid')
    if (uids.has(uid)) {
      throw new HoldfastError(
        'INVALID_ARGUMENT',
        `job "${graph.name}" uses the uid "${uid}" twice; give each step and sink one of its own, ` +
          `as in .to('hourly', sink)`,
      )
    }
    uids.add(uid)
  }
  use(graph.sourceUid)
  let sinks = 0
  for (const step of stepsOf(graph.next)) {
    if (step.kind === 'sink') sinks++
    if (step.kind === 'sink' || step.kind === 'process') use(step.uid)
    if (step.kind === 'process') {
      for (const name of Object.keys(step.states)) checkName(name, "a state's name")
      checkKeyMigration(step.uid, step.keyType, step.migrateKey)
    }
  }
  if (sinks > 0) return
  throw new HoldfastError(
    'INVALID_ARGUMENT',
    `job "${graph.name}" has no sink; end a stream with .to(sink)`,
  )
}

/**
 * Checks that a migration of keys says where it leads.
 * @throws `INVALID_ARGUMENT`
 */
export function checkKeyMigration(
  uid: string,
  keyType: KeyType | undefined,
  migrateKey: KeyMigration | undefined,
): void {
  if (migrateKey === undefined || (keyType !== undefined && keyType !== migrateKey.from)) return
  const problem =
    keyType === undefined ? 'no type of key is declared' : `the declared type is ${keyType} too`
  throw new HoldfastError(
    'INVALID_ARGUMENT',
    `migrateKey of "${uid}" is from ${migrateKey.from}, but ${problem}: declare the new type, as in keyBy(fn, 'long')`,
  )
}
