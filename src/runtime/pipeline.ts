/**
 * One attempt's pipeline: the graph's steps, opened and restored. Everything it holds is closed with it.
 */
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
import { StateClock } from '../state/state-clock.js'
import type { Checkpointed } from './checkpointer.js'
import { type JobGraph, type ProcessStep, type Step, stepsOf } from './graph.js'
import { KeyedOperator, type Subtask } from './keyed-operator.js'
import { Keying } from './keying.js'
import { FilterOperator, FlatMapOperator, MapOperator, type Operator } from './operator.js'
import { OperatorEvolution } from './operator-evolution.js'
import { SinkOperator } from './sink-operator.js'

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
  /** What was decided about the restored state. */
  readonly plan: EvolutionPlan
  /** Which states are written anew. */
  readonly rewriting: Rewriting
}

/** The steps of a job at work. */
export class Pipeline implements AsyncDisposable, Checkpointed {
  /** The operators that get the source's records. */
  readonly entry: Operator[] = []
  /** Keyed operators, each after those it gets records from. */
  readonly keyed: KeyedOperator[] = []
  readonly sinks: SinkOperator[] = []
  /** Every backend, in the order in which they were opened. */
  readonly backends: KeyedStateBackend[] = []
  readonly #evolutions = new Map<string, OperatorEvolution>()
  readonly #options: PipelineOptions

  private constructor(options: PipelineOptions) {
    this.#options = options
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
    return new Map(
      this.keyed.map(({ step: { uid }, keying: { maxParallelism, type: keyType } }) => {
        const states = defined(this.#evolutions.get(uid), 'what was decided').shapes
        return [uid, { maxParallelism, keyType, states }]
      }),
    )
  }

  /** The input has ended: calls `onEnd` for every key, upstream operators first. */
  async end(): Promise<void> {
    for (const operator of this.keyed) await operator.end(() => this.#options.clock.turn())
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
      case 'sink':
        return this.#openSink(step.uid, step)
    }
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
    const { plan, rewriting, coordinator } = this.#options
    const decided = defined(plan.operators.get(step.uid), 'what was decided')
    const migrates = decided.migrateKey !== undefined
    const keying = new Keying(max, migrates ? step.keyType : (kept?.keyType ?? step.keyType))
    const parts = { operator: step.uid, plan: decided, coordinator, rewriting, keying }
    this.#evolutions.set(step.uid, new OperatorEvolution(parts))
    const subtasks: Subtask[] = []
    for (let index = 0; index < parallelism; index++) {
      subtasks.push(await this.#openSubtask(step, subtaskRange(index, parallelism, max)))
    }
    const operator = new KeyedOperator({ step, keying, subtasks, next })
    this.keyed.push(operator)
    return operator
  }

  async #openSubtask(step: ProcessStep, range: KeyGroupRange): Promise<Subtask> {
    const { backend, clock } = this.#options
    const evolution = defined(this.#evolutions.get(step.uid), 'what was decided')
    const keyed = await backend.open({
      operator: step.uid,
      range,
      states: step.states,
      clock: new StateClock(),
      ...evolution.opening(range),
      turn: () => clock.turn(),
    })
    this.backends.push(keyed)
    const states: Record<string, State> = {}
    for (const name of Object.keys(step.states)) states[name] = keyed.state(name)
    return { backend: keyed, states }
  }
}

/** What a graph declares of its keyed steps, to be checked against a checkpoint. */
export function declarationsOf(
  graph: JobGraph,
  maxParallelism: number | undefined,
): OperatorDeclaration[] {
  const steps = stepsOf(graph.next).filter((step) => step.kind === 'process')
  return steps.map(({ uid, keyType, migrateKey, states }) => {
    return { uid, maxParallelism, keyType, migrateKey, states }
  })
}
