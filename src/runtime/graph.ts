/**
 * What a program declares: one source, a tree of steps, sinks at its leaves. Plain data; running it is
 * pipeline.ts.
 */
import { HoldfastError } from '../base/errors.js'
import { LIMITS } from '../base/limits.js'
import type { StateDescriptors } from '../state/descriptor.js'
import type { Key, KeyType } from '../state/key.js'
import type { State } from '../state/state.js'
import { type TimeDomain, withTimers } from '../state/timer-queues.js'
import type { Sink } from './sink.js'
import type { Source } from './source.js'

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

/** A keyed step: its states and functions. Types are erased here; the builder (job.ts) has checked them. */
export interface ProcessStep {
  readonly kind: 'process'
  readonly uid: string
  readonly keyOf: (record: unknown) => unknown
  readonly keyType: KeyType | undefined
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

/** The states of a step as its backend keeps them: its own, and the queues of its timers if it can have any. */
export function keptStates(step: ProcessStep): StateDescriptors {
  return step.onTimer === undefined ? step.states : withTimers(step.states)
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
    if (step.kind === 'process')
      for (const name of Object.keys(step.states)) checkName(name, "a state's name")
  }
  if (sinks > 0) return
  throw new HoldfastError(
    'INVALID_ARGUMENT',
    `job "${graph.name}" has no sink; end a stream with .to(sink)`,
  )
}
