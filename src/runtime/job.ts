/**
 * The words a program is written in: `job(name).from(source).keyBy(fn).process(uid, …).to(sink)`. Building
 * a job does nothing else; it runs when it is started. A stream may be used several times: each use gets
 * all of it.
 */
import type { StateDescriptors, StatesOf } from '../state/descriptor.js'
import type { Key, KeyType } from '../state/key.js'
import type { KeyMigration } from '../state/key-migration.js'
import type { JobGraph, ProcessContext, ProcessStep, Step } from './graph.js'
import type { Sink } from './sink.js'
import type { Source } from './source.js'

/** A declared job; what a module for `holdfast run` exports as its default. */
export interface Job {
  readonly graph: JobGraph
}

/** A keyed step. */
export interface ProcessFunctions<T, K extends Key, D extends StateDescriptors, Out> {
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
  onRecord(record: T, state: StatesOf<D>, context: KeyedContext<K, Out>): void
  /** Called once for every key that has state, when a bounded input has ended. */
  onEnd?(state: StatesOf<D>, context: KeyedContext<K, Out>): void
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

/** Records of one type on their way. */
export class Stream<T> implements Job {
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
   * Groups records by a key: records of one key meet the same state.
   * @param type the keys' type; by default taken from the first key (then fixed for good)
   */
  keyBy<K extends Key>(fn: (record: T) => K, type?: KeyType): KeyedStream<T, K> {
    return new KeyedStream<T, K>({ graph: this.graph, next: this.#next, keyOf: fn, keyType: type })
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
   */
  process<D extends StateDescriptors, Out>(
    uid: string,
    functions: ProcessFunctions<T, K, D, Out>,
  ): Stream<Out> {
    const { graph, next, keyOf, keyType } = this.#grouping
    const step: ProcessStep = {
      kind: 'process',
      uid,
      keyOf: keyOf as (record: unknown) => unknown,
      keyType,
      migrateKey: functions.migrateKey,
      states: functions.state,
      onRecord: functions.onRecord.bind(functions) as unknown as ProcessStep['onRecord'],
      onEnd: functions.onEnd?.bind(functions) as unknown as ProcessStep['onEnd'],
      next: [],
    }
    next.push(step)
    return new Stream<Out>(graph, step.next)
  }
}
