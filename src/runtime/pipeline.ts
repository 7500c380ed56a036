/**
 * One attempt's pipeline: the graph's steps, opened and restored. Everything it holds is closed with it.
 */
import type { KeyedStateBackend, StateBackend } from '../backend/state-backend.js'
import type { Clock } from '../base/clock.js'
import type { Random } from '../base/random.js'
import type { OperatorShapes } from '../checkpoint/chain.js'
import type { Coordinator } from '../checkpoint/coordinator.js'
import type { OperatorRecord, StateRecord } from '../checkpoint/manifest.js'
import type { OperatorDeclaration } from '../checkpoint/restore-plan.js'
import {
  checkParallelism,
  defaultMaxParallelism,
  type KeyGroupRange,
  subtaskRange,
} from '../keygroup/key-group-range.js'
import type { StateDescriptors } from '../state/descriptor.js'
import type { State } from '../state/state.js'
import { StateClock } from '../state/state-clock.js'
import type { Checkpointed } from './checkpointer.js'
import {
  type JobGraph,
  keptStates,
  type ProcessStep,
  type Step,
  stepsOf,
  type TimestampStep,
} from './graph.js'
import { JobTime } from './job-time.js'
import { KeyedOperator, type Subtask } from './keyed-operator.js'
import { Keying } from './keying.js'
import {
  advanceAll,
  type Breathe,
  FilterOperator,
  FlatMapOperator,
  MapOperator,
  type Operator,
} from './operator.js'
import { restoredRows } from './restored-rows.js'
import { SinkOperator } from './sink-operator.js'
import { TimestampOperator } from './timestamp-operator.js'

/** What a pipeline is opened with. */
export interface PipelineOptions {
  readonly graph: JobGraph
  readonly coordinator: Coordinator
  readonly backend: StateBackend
  readonly clock: Clock
  readonly random: Random
  readonly parallelism: number
  /** `undefined`: the checkpoint's, or the default for the parallelism. */
  readonly maxParallelism: number | undefined
  readonly allowDuplicates: boolean
}

const NEVER = Number.POSITIVE_INFINITY

/** The steps of a job at work. */
export class Pipeline implements AsyncDisposable, Checkpointed {
  /** The operators that get the source's records. */
  readonly entry: Operator[] = []
  /** Keyed operators, each after those it gets records from. */
  readonly keyed: KeyedOperator[] = []
  readonly sinks: SinkOperator[] = []
  /** Every backend, in the order in which they were opened. */
  readonly backends: KeyedStateBackend[] = []
  /** Steps that assign timestamps, each after those it gets records from. */
  readonly #timestamps: TimestampOperator[] = []
  readonly #options: PipelineOptions
  readonly #time: JobTime
  /** Whether anything happens by time, so that {@link advance} has something to do. */
  #timed = false

  private constructor(options: PipelineOptions) {
    this.#options = options
    this.#time = new JobTime(options.clock, options.coordinator.restored.takenAtMs)
  }

  /**
   * Opens and restores every step; brings every sink's output to the restored checkpoint.
   * @throws what backends and sinks throw; everything opened is closed then
   */
  static async open(options: PipelineOptions): Promise<Pipeline> {
    const pipeline = new Pipeline(options)
    try {
      for (const step of options.graph.next) pipeline.entry.push(await pipeline.#open(step))
      pipeline.keyed.reverse()
      pipeline.#timestamps.reverse()
      return pipeline
    } catch (error) {
      await pipeline[Symbol.asyncDispose]()
      throw error
    }
  }

  /** Whether anything would be in the next checkpoint besides source positions. */
  get dirty(): boolean {
    return (
      this.backends.some((backend) => backend.dirty) ||
      this.sinks.some((sink) => sink.pending.length > 0)
    )
  }

  /** What manifests say of the keyed operators. */
  shapes(): OperatorShapes {
    return new Map(this.keyed.map((operator) => [operator.step.uid, shapeOf(operator)]))
  }

  tick(): number {
    for (const operator of this.keyed) operator.tick()
    return this.#time.read()
  }

  watermarks(): ReadonlyMap<string, number> {
    const reached = this.keyed.map(({ step, clock }) => [step.uid, clock.watermark] as const)
    // At the end of the input nothing follows that could need it.
    return new Map(reached.filter(([, watermark]) => Number.isFinite(watermark)))
  }

  /**
   * Lets time pass, between batches: passes on watermarks that have risen, then fires what else is due: by processing
   * time, and event-time timers registered for a time that has passed already. Upstream operators first. After a restore the first call does what the barrier had interrupted.
   * @returns `false` if it was left half done because `breathe` said so
   */
  async advance(breathe: Breathe): Promise<boolean> {
    if (!this.#timed) return true
    if (!(await this.#emitWatermarks(breathe))) return false
    for (const operator of this.keyed) if (!(await operator.fireDue(breathe))) return false
    return this.#emitWatermarks(breathe)
  }

  /** When the earliest processing-time timer is due, in ms since 1970; `undefined`: there is none. */
  nextTimer(): number | undefined {
    if (!this.#timed) return undefined
    const times = this.keyed.map((operator) => operator.nextProcessingTime() ?? NEVER)
    const first = Math.min(...times)
    return first === NEVER ? undefined : first
  }

  /** The input has ended: all event-time timers fire, then `onEnd` is called for every key, upstream operators first. */
  async end(): Promise<void> {
    // What onEnd does cannot be gone on with in its middle, so there are no barriers and no stopping here.
    const breathe = async (): Promise<boolean> => {
      await this.#options.clock.turn()
      return true
    }
    await advanceAll(this.entry, NEVER, breathe)
    for (const operator of this.keyed) await operator.end(breathe)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closing = [...this.backends, ...this.sinks].map((one) => one[Symbol.asyncDispose]())
    const results = await Promise.allSettled(closing)
    for (const result of results) if (result.status === 'rejected') throw result.reason
  }

  /** Opens a step after the ones below it, so that each is made with what it hands on to. */
  async #open(step: Step): Promise<Operator> {
    const next: Operator[] = []
    for (const below of step.next.toReversed()) next.unshift(await this.#open(below))
    switch (step.kind) {
      case 'map':
        return new MapOperator(step.fn, next)
      case 'filter':
        return new FilterOperator(step.fn, next)
      case 'flatMap':
        return new FlatMapOperator(step.fn, next)
      case 'process':
        return this.#openKeyed(step, next)
      case 'timestamps':
        return this.#openTimestamps(step, next)
      case 'sink':
        return this.#openSink(step.uid, step)
    }
  }

  #openTimestamps(step: TimestampStep, next: Operator[]): Operator {
    const { watermarks } = this.#options.coordinator.restored
    const restored = uidsBelow(step.next).map((uid) => watermarks.get(uid) ?? -NEVER)
    const operator = new TimestampOperator(step, next, Math.max(...restored, -NEVER))
    this.#timestamps.push(operator)
    this.#timed = true
    return operator
  }

  async #emitWatermarks(breathe: Breathe): Promise<boolean> {
    for (const operator of this.#timestamps) if (!(await operator.emit(breathe))) return false
    return true
  }

  async #openSink(uid: string, step: Extract<Step, { kind: 'sink' }>): Promise<Operator> {
    const { clock, random, coordinator, allowDuplicates } = this.#options
    const writer = await step.sink.open({ clock, random })
    const sink = new SinkOperator(uid, writer)
    this.sinks.push(sink)
    const { checkpoint, sinks } = coordinator.restored
    const pending = sinks.get(uid) ?? []
    await writer.recover({ checkpoint, pending, allowDuplicates, isNew: coordinator.isNew })
    return sink
  }

  async #openKeyed(step: ProcessStep, next: Operator[]): Promise<Operator> {
    const kept = this.#options.coordinator.restored.operators.get(step.uid)
    const { parallelism } = this.#options
    const max =
      kept?.maxParallelism ?? this.#options.maxParallelism ?? defaultMaxParallelism(parallelism)
    checkParallelism(parallelism, max)
    const keying = new Keying(max, kept?.keyType ?? step.keyType)
    if (step.onTimer !== undefined) this.#timed = true
    const clock = new StateClock()
    clock.now = this.#time.read()
    clock.watermark = this.#options.coordinator.restored.watermarks.get(step.uid) ?? -NEVER
    const subtasks: Subtask[] = []
    for (let index = 0; index < parallelism; index++) {
      subtasks.push(
        await this.#openSubtask(step, subtaskRange(index, parallelism, max), { clock, keying }),
      )
    }
    const time = this.#time
    const operator = new KeyedOperator({ step, keying, subtasks, next, clock, time })
    this.keyed.push(operator)
    return operator
  }

  async #openSubtask(
    step: ProcessStep,
    range: KeyGroupRange,
    parts: { readonly clock: StateClock; readonly keying: Keying },
  ): Promise<Subtask> {
    const { backend, clock, coordinator } = this.#options
    const keyed = await backend.open({
      operator: step.uid,
      range,
      states: keptStates(step),
      keyType: parts.keying.type,
      clock: parts.clock,
      restore: (state) => restoredRows(coordinator, { operator: step.uid, state }, range),
      turn: () => clock.turn(),
    })
    this.backends.push(keyed)
    const states: Record<string, State> = {}
    for (const name of Object.keys(step.states)) states[name] = keyed.state(name)
    return { backend: keyed, states }
  }
}

function shapeOf({ step, keying }: KeyedOperator): Omit<OperatorRecord, 'runs'> {
  const { maxParallelism, type: keyType } = keying
  return { maxParallelism, keyType, states: stateRecords(keptStates(step)) }
}

/** The keyed steps that get their event time from a step that assigns timestamps. */
function uidsBelow(steps: readonly Step[]): string[] {
  return steps.flatMap((step) => {
    if (step.kind === 'timestamps') return []
    return [...(step.kind === 'process' ? [step.uid] : []), ...uidsBelow(step.next)]
  })
}

/** What manifests say of declared states. */
export function stateRecords(states: StateDescriptors): Map<string, StateRecord> {
  const entries = Object.entries(states)
  return new Map(
    entries.map(([name, { kind, serializer }]) => [name, { kind, serializer: serializer.id }]),
  )
}

/** What a graph declares of its keyed steps, to be checked against a checkpoint. */
export function declarationsOf(
  graph: JobGraph,
  maxParallelism: number | undefined,
): OperatorDeclaration[] {
  const steps = stepsOf(graph.next).filter((step) => step.kind === 'process')
  return steps.map((step) => {
    const { uid, keyType } = step
    return { uid, maxParallelism, keyType, states: stateRecords(keptStates(step)) }
  })
}
