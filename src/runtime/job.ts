/**
 * The words a program is written in: `job(name).from(source).keyBy(fn).process(uid, …).to(sink)`. Building
 * a job does nothing else; it runs when it is started. A stream may be used several times: each use gets
 * all of it.
 */
import { type Duration, durationMs } from '../base/duration.js'
import { HoldfastError } from '../base/errors.js'
import type { StateDescriptors, StatesOf } from '../state/descriptor.js'
import type { Key, KeyType } from '../state/key.js'
import type { KeyMigration } from '../state/key-migration.js'
import { keyShape } from '../state/key-shape.js'
import type {
  BroadcastStatesOf,
  NoOperatorState,
  OperatorStateDescriptors,
  OperatorStatesOf,
} from '../state/operator-state.js'
import type { FiredTimer, JobGraph, PlainStep, ProcessContext, ProcessStep, Step } from './graph.js'
import type { Sink } from './sink.js'
import type { Source } from './source.js'
import type { Emitter, SubtaskContext, SubtaskPlace } from './subtask-context.js'

/** A declared job; what a module for `holdfast run` exports as its default. */
export interface Job {
  readonly graph: JobGraph
}

/** What a step with operator state has, keyed or not. */
export interface OperatorFunctions<O extends OperatorStateDescriptors, B, Out> {
  /** The states of its subtasks that belong to no key, by name. Default: none. */
  readonly operatorState?: O
  /**
   * Called once for each subtask before the first record, its operator state restored: the place to take over what
   * it is responsible for of a union list.
   */
  onOpen?(state: OperatorStatesOf<O>, place: SubtaskPlace): void
  /** The stream that feeds the broadcast states; of the same job, and not one that comes from this step. */
  readonly broadcast?: Stream<B>
  /**
   * Called once for each record of `broadcast`, whatever the parallelism; only here broadcast states can be changed.
   * How the two streams interleave is not promised; within one batch of the source, the one used first comes first.
   */
  onBroadcast?(record: B, state: BroadcastStatesOf<O>, context: Emitter<Out>): void
}

/** A step without keys. */
export interface PlainFunctions<T, O extends OperatorStateDescriptors, Out> {
  /** Called for each record, with the operator state of the subtask it comes to: they take turns. */
  onRecord(record: T, state: OperatorStatesOf<O>, context: SubtaskContext<O> & Emitter<Out>): void
  /** Called once for every subtask when a bounded input has ended. */
  onEnd?(state: OperatorStatesOf<O>, context: SubtaskContext<O> & Emitter<Out>): void
}

/** A keyed step. */
export interface ProcessFunctions<
  T,
  K extends Key,
  D extends StateDescriptors,
  Out,
  O extends OperatorStateDescriptors = NoOperatorState,
> {
  /** The states of this step, by name. */
  readonly state: D
  /**
   * How keys of older checkpoints become keys of the type that `keyBy` declares now. Asked when such a checkpoint is
   * restored; may stay in the program as long as one is kept.
   */
  readonly migrateKey?: KeyMigration
  /**
   * Called for each record, its key being current. Synchronous. What it throws fails the job, which then goes
   * back to the last checkpoint.
   */
  onRecord(record: T, state: StatesOf<D>, context: KeyedContext<K, Out> & SubtaskContext<O>): void
  /**
   * Called for each timer that fires, its key being current; without it the step cannot have timers. Timers fire
   * between batches, in order of time, then as their keys are ordered in checkpoints: at any parallelism the same.
   */
  onTimer?(
    timer: FiredTimer,
    state: StatesOf<D>,
    context: KeyedContext<K, Out> & SubtaskContext<O>,
  ): void
  /**
   * Called once for every key that has state, when a bounded input has ended and all event-time timers have fired.
   * Processing-time timers fire no more then.
   */
  onEnd?(state: StatesOf<D>, context: KeyedContext<K, Out> & SubtaskContext<O>): void
}

/** What the functions of a keyed step get besides record and states; only valid during the call. */
export interface KeyedContext<K extends Key, Out> extends ProcessContext<Out> {
  readonly key: K
}

/** Begins a job. The name is part of its checkpoints: letters, digits, `.`, `_`, `-`. */
export function job(name: string): { from<T>(source: Source<T>): Stream<T> } {
  return {
    from: <T>(source: Source<T>): Stream<T> => {
      const graph: JobGraph = { name, sourceUid: 'source', source, next: [] }
      return new Stream<T>(graph, graph.next)
    },
  }
}

/** The steps that get a stream's records. */
let stepsAfter: <B>(stream: Stream<B>) => Step[]

/** Records of one type on their way. */
export class Stream<T> implements Job {
  static {
    stepsAfter = (stream) => stream.#next
  }

  readonly graph: JobGraph
  readonly #next: Step[]

  /** Made by `job(…).from(…)` and by the steps themselves. */
  constructor(graph: JobGraph, next: Step[]) {
    this.graph = graph
    this.#next = next
  }

  /** One record for each. */
  map<Out>(fn: (record: T) => Out): Stream<Out> {
    return this.#add({ kind: 'map', fn: fn as (record: unknown) => unknown, next: [] })
  }

  /** Only the records for which `fn` is true. */
  filter(fn: (record: T) => boolean): Stream<T> {
    return this.#add({ kind: 'filter', fn: fn as (record: unknown) => boolean, next: [] })
  }

  /** Any number of records for each. */
  flatMap<Out>(fn: (record: T) => Iterable<Out>): Stream<Out> {
    return this.#add({
      kind: 'flatMap',
      fn: fn as (record: unknown) => Iterable<unknown>,
      next: [],
    })
  }

  /**
   * Says when each record happened, which makes event-time timers fire: whenever a batch has passed, event time is
   * the newest timestamp so far, less `outOfOrder`, less 1 ms (Flink's bounded out-of-orderness).
   * @param fn a record's timestamp: a whole number of ms, usually since 1970; anything else fails the job, naming it
   * @param options.outOfOrder how much later than a newer one a record may come and still be in time. Default 0
   * @throws `INVALID_ARGUMENT` for a duration that is none
   */
  withTimestamps(
    fn: (record: T) => number,
    options: { readonly outOfOrder?: Duration } = {},
  ): Stream<T> {
    const outOfOrderMs = durationMs(options.outOfOrder ?? 0, 'withTimestamps: outOfOrder')
    return this.#add({
      kind: 'timestamps',
      fn: fn as (record: unknown) => number,
      outOfOrderMs,
      next: [],
    })
  }

  /**
   * Groups records by a key: records of one key meet the same state.
   * @param type the keys' type, such as `'double'` or `'tuple(string,long)'`; by default taken from the first key (then
   *   fixed for good)
   * @throws `INVALID_KEY` if `type` is no type
   */
  keyBy<const K extends Key>(fn: (record: T) => K, type?: KeyType): KeyedStream<T, K> {
    if (type !== undefined) keyShape(type)
    return new KeyedStream<T, K>({ graph: this.graph, next: this.#next, keyOf: fn, keyType: type })
  }

  /**
   * A step with state of its subtasks' own and no keys. What it emits is the new stream.
   * @param uid names the step in checkpoints
   * @throws `INVALID_ARGUMENT` for a broadcast stream of another job
   */
  process<Out, O extends OperatorStateDescriptors = NoOperatorState, B = never>(
    uid: string,
    functions: PlainFunctions<T, O, Out> & OperatorFunctions<O, B, Out>,
  ): Stream<Out> {
    const step: PlainStep = {
      kind: 'plain',
      ...operatorParts(uid, functions),
      onRecord: functions.onRecord.bind(functions) as unknown as PlainStep['onRecord'],
      onEnd: functions.onEnd?.bind(functions) as unknown as PlainStep['onEnd'],
    }
    this.#next.push(step)
    connectBroadcast(this.graph, step, functions.broadcast)
    return new Stream<Out>(this.graph, step.next)
  }

  /** Sends the records to a sink. With more than one sink each needs a uid as its first argument. */
  to(sink: Sink<T>): Stream<T>
  to(uid: string, sink: Sink<T>): Stream<T>
  to(first: string | Sink<T>, second?: Sink<T>): Stream<T> {
    const uid = typeof first === 'string' ? first : 'sink'
    const sink = typeof first === 'string' ? second : first
    this.#next.push({ kind: 'sink', uid, sink: sink as Sink<unknown>, next: [] })
    return this
  }

  #add<Out>(step: Step): Stream<Out> {
    this.#next.push(step)
    return new Stream<Out>(this.graph, step.next)
  }
}

/** How a stream is grouped. */
interface Grouping<T, K extends Key> {
  readonly graph: JobGraph
  readonly next: Step[]
  readonly keyOf: (record: T) => K
  readonly keyType: KeyType | undefined
}

/** Records grouped by key. */
export class KeyedStream<T, K extends Key> {
  readonly #grouping: Grouping<T, K>

  /** Made by `keyBy`. */
  constructor(grouping: Grouping<T, K>) {
    this.#grouping = grouping
  }

  /**
   * A step with state per key. What it emits is the new stream.
   * @param uid names the step in checkpoints: keep it, and its state survives a change of the program
   * @throws `INVALID_ARGUMENT` for a broadcast stream of another job
   */
  process<
    D extends StateDescriptors,
    Out,
    O extends OperatorStateDescriptors = NoOperatorState,
    B = never,
  >(
    uid: string,
    functions: ProcessFunctions<T, K, D, Out, O> & OperatorFunctions<O, B, Out>,
  ): Stream<Out> {
    const { graph, next, keyOf, keyType } = this.#grouping
    const step: ProcessStep = {
      kind: 'process',
      ...operatorParts(uid, functions),
      keyOf: keyOf as (record: unknown) => unknown,
      keyType,
      migrateKey: functions.migrateKey,
      states: functions.state,
      onRecord: functions.onRecord.bind(functions) as unknown as ProcessStep['onRecord'],
      onTimer: functions.onTimer?.bind(functions) as unknown as ProcessStep['onTimer'],
      onEnd: functions.onEnd?.bind(functions) as unknown as ProcessStep['onEnd'],
    }
    next.push(step)
    connectBroadcast(graph, step, functions.broadcast)
    return new Stream<Out>(graph, step.next)
  }
}

type OperatorParts = Pick<ProcessStep, 'uid' | 'operatorStates' | 'onOpen' | 'onBroadcast' | 'next'>

function operatorParts<O extends OperatorStateDescriptors, B, Out>(
  uid: string,
  functions: OperatorFunctions<O, B, Out>,
): OperatorParts {
  return {
    uid,
    operatorStates: functions.operatorState ?? {},
    onOpen: functions.onOpen?.bind(functions) as unknown as OperatorParts['onOpen'],
    onBroadcast: functions.onBroadcast?.bind(functions) as unknown as OperatorParts['onBroadcast'],
    next: [],
  }
}

function connectBroadcast<B>(
  graph: JobGraph,
  step: ProcessStep | PlainStep,
  broadcast: Stream<B> | undefined,
): void {
  if ((broadcast === undefined) !== (step.onBroadcast === undefined)) {
    const message = `step "${step.uid}": \`broadcast\` and \`onBroadcast\` go together; one of them is missing`
    throw new HoldfastError('INVALID_ARGUMENT', message)
  }
  if (broadcast === undefined) return
  if (broadcast.graph !== graph) {
    const message = `step "${step.uid}": its broadcast stream is of another job; derive it from the same source`
    throw new HoldfastError('INVALID_ARGUMENT', message)
  }
  stepsAfter(broadcast).push({ kind: 'broadcast', to: step, next: [] })
}
