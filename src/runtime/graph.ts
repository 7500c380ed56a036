/**
 * What a program declares: one source, a tree of steps, sinks at its leaves. Plain data; running it is
 * pipeline.ts.
 */
import { HoldfastError } from '../base/errors.js'
import { LIMITS } from '../base/limits.js'
import { STATE_KINDS, type StateDescriptors } from '../state/descriptor.js'
import { guardedStates } from '../state/guard.js'
import type { Key, KeyType } from '../state/key.js'
import type { KeyMigration } from '../state/key-migration.js'
import { OPERATOR_STATE_KINDS, type OperatorStateDescriptors } from '../state/operator-state.js'
import type { State } from '../state/state.js'
import { type TimeDomain, withTimers } from '../state/timer-queues.js'
import type { Sink } from './sink.js'
import type { Source } from './source.js'
import type { Emitter, SubtaskAt, SubtaskPlace } from './subtask-context.js'

/** The timers of the current key: Flink's `TimerService`. A key has at most one timer per time and domain. */
export interface TimerService {
  /** In ms since 1970; stands still during a batch and never goes back, across restores either. */
  currentProcessingTime(): number
  /** Event time reached, in ms: `-Infinity` before the first watermark, `Infinity` at the end of the input. */
  currentWatermark(): number
  /**
   * Has `onTimer` called for the current key when the watermark reaches `time`; after the current batch if it has.
   * @param time a whole number of ms within ±(2^53 - 1)
   * @throws `INVALID_ARGUMENT` for any other time, `INVALID_STATE` if the step has no `onTimer`
   */
  registerEventTimeTimer(time: number): void
  /** The same for processing time; one that has passed fires after the current batch. Throws the same. */
  registerProcessingTimeTimer(time: number): void
  /** Takes a timer back; nothing if there is none. Throws the same. */
  deleteEventTimeTimer(time: number): void
  /** Takes a timer back; nothing if there is none. Throws the same. */
  deleteProcessingTimeTimer(time: number): void
}

/** A timer that fires. */
export interface FiredTimer {
  /** What it was registered for, in ms. */
  readonly time: number
  readonly domain: TimeDomain
}

/** What user functions of a keyed step get besides the record and the states. */
export interface ProcessContext<Out> {
  /** The current key. */
  readonly key: Key
  /** Event time of the record or event-time timer at hand, in ms; `undefined`: it has none. */
  readonly timestamp: number | undefined
  /** The current key's timers. */
  readonly timers: TimerService
  /** Sends a record on, with the timestamp of what is at hand. */
  emit(record: Out): void
}

/** The states of one subtask or key, by name, types erased. */
type States = Readonly<Record<string, State>>

/** The states one step declares. */
interface DeclaredStates {
  readonly uid: string
  readonly states: StateDescriptors
  readonly operatorStates: OperatorStateDescriptors
}

/** What steps declare that can have operator state. */
interface OperatorStateFunctions {
  readonly uid: string
  readonly operatorStates: OperatorStateDescriptors
  readonly onOpen: ((states: States, place: SubtaskPlace) => void) | undefined
  /** What its broadcast side does; `undefined`: it has none. */
  readonly onBroadcast:
    | ((record: unknown, states: States, context: Emitter<unknown>) => void)
    | undefined
  readonly next: Step[]
}

/** A keyed step: its states and functions. Types are erased here; the builder (job.ts) has checked them. */
export interface ProcessStep extends OperatorStateFunctions {
  readonly kind: 'process'
  readonly keyOf: (record: unknown) => unknown
  readonly keyType: KeyType | undefined
  readonly migrateKey: KeyMigration | undefined
  readonly states: StateDescriptors
  readonly onRecord: (
    record: unknown,
    states: Record<string, State>,
    context: ProcessContext<unknown>,
  ) => void
  readonly onTimer:
    | ((timer: FiredTimer, states: Record<string, State>, context: ProcessContext<unknown>) => void)
    | undefined
  readonly onEnd:
    | ((states: Record<string, State>, context: ProcessContext<unknown>) => void)
    | undefined
}

/** A step without keys: all the state it has is its subtasks' own. */
export interface PlainStep extends OperatorStateFunctions {
  readonly kind: 'plain'
  readonly onRecord: (
    record: unknown,
    states: States,
    context: SubtaskAt & Emitter<unknown>,
  ) => void
  readonly onEnd: ((states: States, context: SubtaskAt & Emitter<unknown>) => void) | undefined
}

/** The broadcast side of a step: an end of one stream that is a second beginning of another. */
export interface BroadcastStep {
  readonly kind: 'broadcast'
  readonly to: ProcessStep | PlainStep
  /** Empty: what it emits goes to the steps after `to`. */
  readonly next: Step[]
}

/** A step that says when its records happened. */
export interface TimestampStep {
  readonly kind: 'timestamps'
  readonly fn: (record: unknown) => number
  /** How much later than a newer one a record may come, in ms. */
  readonly outOfOrderMs: number
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
  | PlainStep
  | BroadcastStep
  | TimestampStep
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

/** The steps that can have state, each after all those it gets records from, on its broadcast side too. */
export function statefulSteps(graph: JobGraph): (ProcessStep | PlainStep)[] {
  const order: Step[] = []
  const seen = new Set<Step>()
  // Depth first, each step put before all that is below it. A broadcast stream is older than its step: no cycles.
  const visit = (step: Step): void => {
    if (seen.has(step)) return
    seen.add(step)
    const below = step.kind === 'broadcast' ? [step.to] : step.next
    for (const one of below.toReversed()) visit(one)
    order.unshift(step)
  }
  for (const step of graph.next.toReversed()) visit(step)
  return order.filter((step) => step.kind === 'process' || step.kind === 'plain')
}

/**
 * The states of a step as its backend keeps them: its own, and the queues of its timers if it can have any.
 * @param development whether values that are changed in place are to be found
 */
export function keptStates(step: ProcessStep, development: boolean): StateDescriptors {
  const states = development ? guardedStates(step.states) : step.states
  return step.onTimer === undefined ? states : withTimers(states)
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
 * @throws `INVALID_ARGUMENT` for a uid used twice, a bad name, state where it cannot be, or a job that sends
 *   nothing anywhere
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
    if (step.kind === 'sink' || step.kind === 'process' || step.kind === 'plain') use(step.uid)
  }
  for (const step of statefulSteps(graph)) {
    checkStates({ states: {}, ...step })
    checkBroadcast(step)
    if (step.kind === 'process') checkKeyMigration(step.uid, step.keyType, step.migrateKey)
  }
  if (sinks > 0) return
  throw new HoldfastError(
    'INVALID_ARGUMENT',
    `job "${graph.name}" has no sink; end a stream with .to(sink)`,
  )
}

/**
 * Checks the names and kinds of declared states.
 * @throws `INVALID_ARGUMENT` for a bad name, a name used twice, state that is declared in the wrong place
 */
export function checkStates({ uid, states, operatorStates }: DeclaredStates): void {
  const fail = (name: string, problem: string): never => {
    throw new HoldfastError('INVALID_ARGUMENT', `state "${name}" of "${uid}": ${problem}`)
  }
  for (const [name, { kind }] of Object.entries(states)) {
    checkName(name, "a state's name")
    if (!STATE_KINDS.includes(kind)) fail(name, 'operator state is declared in `operatorState`')
  }
  for (const [name, { kind }] of Object.entries(operatorStates)) {
    checkName(name, "a state's name")
    if (!OPERATOR_STATE_KINDS.includes(kind)) fail(name, 'keyed state is declared in `state`')
    if (Object.hasOwn(states, name)) fail(name, 'two states cannot have one name')
  }
}

/** In a job the maps are changed by the broadcast side alone. */
function checkBroadcast({ uid, operatorStates, onBroadcast }: OperatorStateFunctions): void {
  if (onBroadcast !== undefined) return
  const name = Object.keys(operatorStates).find((one) => operatorStates[one]?.kind === 'broadcast')
  if (name === undefined) return
  throw new HoldfastError(
    'INVALID_ARGUMENT',
    `state "${name}" of "${uid}": broadcast state needs a stream to come from: \`broadcast\` and ` +
      '`onBroadcast`',
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
