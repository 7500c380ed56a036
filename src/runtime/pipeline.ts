/**
 * One attempt's pipeline: the graph's steps, opened and restored. Everything it holds is closed with it.
 */
import type { OperatorStateBackend } from '../backend/operator-state-backend.js'
import type { KeyedStateBackend, StateBackend } from '../backend/state-backend.js'
import { defined } from '../base/assert.js'
import type { Clock } from '../base/clock.js'
import type { Random } from '../base/random.js'
import type { OperatorShapes } from '../checkpoint/chain.js'
import type { Coordinator } from '../checkpoint/coordinator.js'
import type { EvolutionPlan, OperatorDeclaration, Rewriting } from '../checkpoint/evolution.js'
import {
  checkParallelism,
  defaultMaxParallelism,
  type KeyGroupRange,
  subtaskRange,
} from '../keygroup/key-group-range.js'
import type { State } from '../state/state.js'
import type { Moment } from '../state/state-ages.js'
import { StateClock } from '../state/state-clock.js'
import { BroadcastOperator, type BroadcastTarget } from './broadcast-operator.js'
import type { Checkpointed } from './checkpointer.js'
import {
  type JobGraph,
  keptStates,
  type PlainStep,
  type ProcessStep,
  type Step,
  statefulSteps,
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
import { OperatorEvolution } from './operator-evolution.js'
import { OperatorStates } from './operator-state.js'
import { PlainOperator } from './plain-operator.js'
import type { RunSettings } from './settings.js'
import { SinkOperator } from './sink-operator.js'
import type { SubtaskAt } from './subtask-context.js'
import { expires } from './sweeper.js'
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
  readonly development: boolean
  /** What was decided about the restored state. */
  readonly plan: EvolutionPlan
  /** Which states are written anew. */
  readonly rewriting: Rewriting
}

const NEVER = Number.POSITIVE_INFINITY

/** Of steps whose state never expires. */
const NO_TIME: Moment = { now: 0, eventTime: -NEVER }

/** The steps of a job at work. */
export class Pipeline implements AsyncDisposable, Checkpointed {
  /** The operators that get the source's records. */
  readonly entry: Operator[] = []
  /** Operators with state, each after those it gets records from, on its broadcast side too. */
  readonly stateful: (KeyedOperator | PlainOperator)[] = []
  readonly sinks: SinkOperator[] = []
  /** Every backend, in the order in which they were opened. */
  readonly backends: (KeyedStateBackend | OperatorStateBackend)[] = []
  /** Steps that may have a broadcast side. */
  readonly #targets = new Map<Step, BroadcastTarget>()
  /** Of the stateful operators the keyed ones. */
  #keyed: readonly KeyedOperator[] = []
  /** Steps that assign timestamps, each after those it gets records from. */
  readonly #timestamps: TimestampOperator[] = []
  readonly #evolutions = new Map<string, OperatorEvolution>()
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
      const order = statefulSteps(options.graph)
      pipeline.stateful.sort((a, b) => order.indexOf(a.step) - order.indexOf(b.step))
      pipeline.#keyed = pipeline.stateful.filter((one) => one instanceof KeyedOperator)
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

  /** The backends of keyed state. */
  get keyedBackends(): readonly KeyedStateBackend[] {
    return this.#keyed.flatMap(({ subtasks }) => subtasks.map(({ backend }) => backend))
  }

  /** Whether any state can expire. */
  get expires(): boolean {
    return this.#keyed.some((operator) => expires(operator.step.states))
  }

  /** What manifests say of the operators with state. */
  shapes(): OperatorShapes {
    return new Map(
      this.stateful.map((operator) => {
        const { uid } = operator.step
        const evolution = this.#evolutionOf(uid)
        if (operator instanceof KeyedOperator) {
          const { maxParallelism, type: keyType } = operator.keying
          return [uid, { maxParallelism, keyType, states: evolution.shapes(operator.clock) }]
        }
        const { maxParallelism } = operator
        const states = evolution.shapes(NO_TIME)
        return [uid, { maxParallelism, keyType: evolution.keyType, states }]
      }),
    )
  }

  tick(): number {
    for (const operator of this.#keyed) operator.tick()
    return this.#time.read()
  }

  watermarks(): ReadonlyMap<string, number> {
    const reached = this.#keyed.map(({ step, clock }) => [step.uid, clock.eventTime] as const)
    return new Map(reached.filter(([, time]) => Number.isFinite(time)))
  }

  /**
   * Lets time pass, between batches: passes on watermarks that have risen, then fires what else is due: by processing
   * time, and event-time timers registered for a time that has passed already. Upstream operators first. After a restore the first call does what the barrier had interrupted.
   * @returns `false` if it was left half done because `breathe` said so
   */
  async advance(breathe: Breathe): Promise<boolean> {
    if (!this.#timed) return true
    if (!(await this.#emitWatermarks(breathe))) return false
    for (const operator of this.#keyed) if (!(await operator.fireDue(breathe))) return false
    return this.#emitWatermarks(breathe)
  }

  /** When the earliest processing-time timer is due, in ms since 1970; `undefined`: there is none. */
  nextTimer(): number | undefined {
    if (!this.#timed) return undefined
    const times = this.#keyed.map((operator) => operator.nextProcessingTime() ?? NEVER)
    const first = Math.min(...times)
    return first === NEVER ? undefined : first
  }

  /** The input has ended: all event-time timers fire, then `onEnd` is called for every key or subtask,
   * upstream operators first. */
  async end(): Promise<void> {
    // What onEnd does cannot be gone on with in its middle, so there are no barriers and no stopping here.
    const breathe = async (): Promise<boolean> => {
      await this.#options.clock.turn()
      return true
    }
    await advanceAll(this.entry, NEVER, breathe)
    for (const operator of this.stateful) await operator.end(breathe)
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
      case 'plain':
        return this.#openPlain(step, next)
      case 'broadcast':
        return new BroadcastOperator(step.to, () =>
          defined(this.#targets.get(step.to), `step "${step.to.uid}"`),
        )
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
    const max = this.#maxParallelism(step.uid)
    const { plan, coordinator } = this.#options
    const migrates = plan.operators.get(step.uid)?.migrateKey !== undefined
    const keying = new Keying(max, migrates ? step.keyType : (kept?.keyType ?? step.keyType))
    this.#evolve(step.uid, keying)
    if (step.onTimer !== undefined) this.#timed = true
    const clock = new StateClock()
    clock.now = this.#time.read()
    clock.watermark = coordinator.restored.watermarks.get(step.uid) ?? -NEVER
    const operatorStates = await this.#openOperatorStates(step, next)
    const subtasks: Subtask[] = []
    for (const at of operatorStates.subtasks) {
      const range = subtaskRange(at.subtask, parallelism, max)
      subtasks.push(await this.#openSubtask(step, at, { range, clock }))
    }
    const time = this.#time
    const parts = { step, keying, subtasks, operatorStates, next, clock, time }
    const operator = new KeyedOperator(parts)
    this.stateful.push(operator)
    return operator
  }

  async #openPlain(step: PlainStep, next: Operator[]): Promise<Operator> {
    const maxParallelism = this.#maxParallelism(step.uid)
    const kept = this.#options.coordinator.restored.operators.get(step.uid)
    // Keyed state that an earlier program had under this uid stays as it is, and so does its keys' type.
    this.#evolve(step.uid, new Keying(maxParallelism, kept?.keyType))
    const operatorStates = await this.#openOperatorStates(step, next)
    const operator = new PlainOperator({ step, operatorStates, maxParallelism, next })
    this.stateful.push(operator)
    return operator
  }

  async #openOperatorStates(
    step: ProcessStep | PlainStep,
    next: Operator[],
  ): Promise<OperatorStates> {
    const operatorStates = await OperatorStates.open(step, {
      ...this.#options,
      codecs: this.#evolutionOf(step.uid).codecs,
    })
    if (operatorStates.backend !== undefined) this.backends.push(operatorStates.backend)
    this.#targets.set(step, { operatorStates, next })
    return operatorStates
  }

  /** What becomes of what was restored of a step. */
  #evolve(operator: string, keying: Keying): void {
    const { coordinator, parallelism, plan, rewriting } = this.#options
    const decided = defined(plan.operators.get(operator), 'what was decided')
    const parts = { operator, plan: decided, coordinator, rewriting, keying, parallelism }
    this.#evolutions.set(operator, new OperatorEvolution(parts))
  }

  #evolutionOf(uid: string): OperatorEvolution {
    return defined(this.#evolutions.get(uid), 'what was decided')
  }

  #maxParallelism(uid: string): number {
    const { parallelism, coordinator, maxParallelism } = this.#options
    const kept = coordinator.restored.operators.get(uid)
    const max = kept?.maxParallelism ?? maxParallelism ?? defaultMaxParallelism(parallelism)
    checkParallelism(parallelism, max)
    return max
  }

  async #openSubtask(
    step: ProcessStep,
    at: SubtaskAt,
    parts: { readonly range: KeyGroupRange; readonly clock: StateClock },
  ): Promise<Subtask> {
    const { range } = parts
    const { backend, clock, development } = this.#options
    const keyed = await backend.open({
      operator: step.uid,
      range,
      states: keptStates(step, development),
      clock: parts.clock,
      ...this.#evolutionOf(step.uid).opening(range),
      turn: () => clock.turn(),
    })
    this.backends.push(keyed)
    const states: Record<string, State> = {}
    for (const name of Object.keys(step.states)) states[name] = keyed.state(name)
    return { backend: keyed, states, at }
  }
}

/** The keyed steps that get their event time from a step that assigns timestamps. */
function uidsBelow(steps: readonly Step[]): string[] {
  return steps.flatMap((step) => {
    if (step.kind === 'timestamps') return []
    return [...(step.kind === 'process' ? [step.uid] : []), ...uidsBelow(step.next)]
  })
}

/** What a graph declares of its steps with state, to be checked against a checkpoint. */
export function declarationsOf(
  graph: JobGraph,
  { maxParallelism, development }: Pick<RunSettings, 'maxParallelism' | 'development'>,
): OperatorDeclaration[] {
  return statefulSteps(graph).map((step) => {
    const { uid, operatorStates } = step
    if (step.kind === 'plain') return { uid, maxParallelism, states: operatorStates }
    const { keyType, migrateKey } = step
    const states = { ...keptStates(step, development), ...operatorStates }
    return { uid, maxParallelism, keyType, migrateKey, states }
  })
}
