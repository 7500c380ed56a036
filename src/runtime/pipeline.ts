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
import type { StateRecord } from '../checkpoint/manifest.js'
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
import { BroadcastOperator, type BroadcastTarget } from './broadcast-operator.js'
import type { Checkpointed } from './checkpointer.js'
import {
  type JobGraph,
  type PlainStep,
  type ProcessStep,
  type Step,
  statefulSteps,
} from './graph.js'
import { KeyedOperator, type Subtask } from './keyed-operator.js'
import { Keying } from './keying.js'
import { FilterOperator, FlatMapOperator, MapOperator, type Operator } from './operator.js'
import { OperatorStates, operatorStateRecords } from './operator-state.js'
import { PlainOperator } from './plain-operator.js'
import { restoredRows } from './restored-rows.js'
import { SinkOperator } from './sink-operator.js'
import type { SubtaskAt } from './subtask-context.js'

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
      const order = statefulSteps(options.graph)
      pipeline.stateful.sort((a, b) => order.indexOf(a.step) - order.indexOf(b.step))
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

  /** What manifests say of the operators with state. */
  shapes(): OperatorShapes {
    const { parallelism, coordinator } = this.#options
    const kept = coordinator.restored.operators
    return new Map(
      this.stateful.map((operator) => {
        const { uid } = operator.step
        const states = new Map([
          ...keyedRecords(operator.step),
          ...operatorStateRecords(operator.step.operatorStates, parallelism),
        ])
        if (operator instanceof KeyedOperator) {
          const { maxParallelism, type: keyType } = operator.keying
          return [uid, { maxParallelism, keyType, states }]
        }
        // Keyed state that an earlier program had under this uid stays as it is, and so does its keys' type.
        const keyType = kept.get(uid)?.keyType
        return [uid, { maxParallelism: operator.maxParallelism, keyType, states }]
      }),
    )
  }

  /** The input has ended: calls `onEnd` for every key or subtask, upstream operators first. */
  async end(): Promise<void> {
    for (const operator of this.stateful) await operator.end(() => this.#options.clock.turn())
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
    const max = this.#maxParallelism(step.uid)
    const keying = new Keying(max, kept?.keyType ?? step.keyType)
    const operatorStates = await this.#openOperatorStates(step, next)
    const subtasks: Subtask[] = []
    for (const at of operatorStates.subtasks) {
      subtasks.push(await this.#openSubtask(step, at, subtaskRange(at.subtask, parallelism, max)))
    }
    const operator = new KeyedOperator({ step, keying, subtasks, operatorStates, next })
    this.stateful.push(operator)
    return operator
  }

  async #openPlain(step: PlainStep, next: Operator[]): Promise<Operator> {
    const maxParallelism = this.#maxParallelism(step.uid)
    const operatorStates = await this.#openOperatorStates(step, next)
    const operator = new PlainOperator({ step, operatorStates, maxParallelism, next })
    this.stateful.push(operator)
    return operator
  }

  async #openOperatorStates(
    step: ProcessStep | PlainStep,
    next: Operator[],
  ): Promise<OperatorStates> {
    const operatorStates = await OperatorStates.open(step, this.#options)
    if (operatorStates.backend !== undefined) this.backends.push(operatorStates.backend)
    this.#targets.set(step, { operatorStates, next })
    return operatorStates
  }

  #maxParallelism(uid: string): number {
    const { parallelism, coordinator, maxParallelism } = this.#options
    const kept = coordinator.restored.operators.get(uid)
    const max = kept?.maxParallelism ?? maxParallelism ?? defaultMaxParallelism(parallelism)
    checkParallelism(parallelism, max)
    return max
  }

  async #openSubtask(step: ProcessStep, at: SubtaskAt, range: KeyGroupRange): Promise<Subtask> {
    const { backend, clock, coordinator } = this.#options
    const keyed = await backend.open({
      operator: step.uid,
      range,
      states: step.states,
      clock: new StateClock(),
      restore: (state) => restoredRows(coordinator, { operator: step.uid, state }, range),
      turn: () => clock.turn(),
    })
    this.backends.push(keyed)
    const states: Record<string, State> = {}
    for (const name of Object.keys(step.states)) states[name] = keyed.state(name)
    return { backend: keyed, states, at }
  }
}

function keyedRecords(step: ProcessStep | PlainStep): Map<string, StateRecord> {
  return step.kind === 'process' ? stateRecords(step.states) : new Map()
}

/** What manifests say of declared states. */
export function stateRecords(states: StateDescriptors): Map<string, StateRecord> {
  const entries = Object.entries(states)
  return new Map(
    entries.map(([name, { kind, serializer }]) => [name, { kind, serializer: serializer.id }]),
  )
}

/** What a graph declares of its steps with state, to be checked against a checkpoint. */
export function declarationsOf(
  graph: JobGraph,
  maxParallelism: number | undefined,
): OperatorDeclaration[] {
  return statefulSteps(graph).map((step) => {
    const { uid, operatorStates } = step
    const keyType = step.kind === 'process' ? step.keyType : undefined
    // Any parallelism: it is no part of what has to fit.
    const states = new Map([...keyedRecords(step), ...operatorStateRecords(operatorStates, 1)])
    return { uid, maxParallelism, keyType, states }
  })
}
