/**
 * What a step declares about each of its states: its kind, and how its values become bytes. Plain frozen
 * data; the state's name is the key it is declared under.
 */
import type { Key } from './key.js'
import { messagePack, type Serializer } from './serializer.js'
import type {
  AggregatingState,
  ListState,
  MapState,
  ReducingState,
  State,
  ValueState,
} from './state.js'
import { checkedTtl, type Ttl, type TtlOptions } from './ttl.js'

/** The kinds of state; also written in manifests. DO NOT RENAME. */
export type StateKind = 'value' | 'list' | 'map' | 'reducing' | 'aggregating'

/** All kinds of state, for validation. */
export const STATE_KINDS: readonly StateKind[] = ['value', 'list', 'map', 'reducing', 'aggregating']

/** How values are gathered, for reducing and aggregating state; the kept value is the accumulator. */
export interface Aggregation {
  /** The accumulator after adding `value`; `accumulator` is `undefined` for the first one. */
  readonly add: (accumulator: unknown, value: unknown) => unknown
  readonly result: (accumulator: unknown) => unknown
  /** One accumulator from two; may change the first. `undefined`: it cannot be done. */
  readonly merge: ((accumulator: unknown, other: unknown) => unknown) | undefined
  /** Whether `add` may change the accumulator it is given. */
  readonly inPlace: boolean
}

/** The declaration of a state. `S` is the state it opens. */
export interface StateDescriptor<S extends State = State> {
  readonly kind: StateKind
  readonly serializer: Serializer<unknown>
  /** Set for reducing and aggregating state. */
  readonly aggregation?: Aggregation
  /** Its time to live; `undefined`: it lives for good. */
  readonly ttl?: Ttl
  /** Never set: carries `S` for inference. */
  readonly opens?: S
}

/** Declarations by state name. */
export type StateDescriptors = Readonly<Record<string, StateDescriptor>>

/** The states that some declarations open, by name. */
export type StatesOf<D extends StateDescriptors> = {
  readonly [Name in keyof D]: D[Name] extends StateDescriptor<infer S> ? S : never
}

/** Options of a state. */
export interface StateOptions<T> {
  /** How its values become bytes. Default: {@link messagePack}. */
  readonly serializer?: Serializer<T>
  /** How long it lives: the value, each element of a list, each entry of a map. Default: for good. */
  readonly ttl?: TtlOptions
}

/** Declares one value per key. */
export function valueState<T>(options: StateOptions<T> = {}): StateDescriptor<ValueState<T>> {
  return declare('value', options)
}

/** Declares a map per key. */
export function mapState<K extends Key, V>(
  options: StateOptions<V> = {},
): StateDescriptor<MapState<K, V>> {
  return declare('map', options)
}

/** Declares a list per key. */
export function listState<T>(options: StateOptions<T> = {}): StateDescriptor<ListState<T>> {
  return declare('list', options)
}

/**
 * Declares one value per key that everything added is reduced into.
 * @param reduce the new value from the old one and what is added; must change neither
 */
export function reducingState<T>(
  reduce: (value: T, added: T) => T,
  options: StateOptions<T> = {},
): StateDescriptor<ReducingState<T>> {
  const add = (value: unknown, added: unknown): unknown =>
    value === undefined ? added : reduce(value as T, added as T)
  const merge = (value: unknown, other: unknown): unknown => reduce(value as T, other as T)
  return declare('reducing', options, { add, result: (value) => value, merge, inPlace: false })
}

/** How an aggregating state gathers values, as Flink's `AggregateFunction`. */
export interface AggregateFunction<In, Acc, Out> {
  /** A new, empty accumulator. */
  create(): Acc
  /** The accumulator with `value` added. It may change the one it is given and return it. */
  add(value: In, accumulator: Acc): Acc
  /** What the accumulator comes to; must not change it. */
  result(accumulator: Acc): Out
  /**
   * One accumulator from two, for what merges, as session windows do. It may change the first and return it; must not
   * change the second.
   */
  merge?(accumulator: Acc, other: Acc): Acc
}

/** Declares an accumulator per key. */
export function aggregatingState<In, Acc, Out>(
  aggregate: AggregateFunction<In, Acc, Out>,
  options: StateOptions<Acc> = {},
): StateDescriptor<AggregatingState<In, Out>> {
  const add = (accumulator: unknown, value: unknown): unknown =>
    aggregate.add(
      value as In,
      accumulator === undefined ? aggregate.create() : (accumulator as Acc),
    )
  const result = (accumulator: unknown): unknown => aggregate.result(accumulator as Acc)
  const merge =
    aggregate.merge &&
    ((accumulator: unknown, other: unknown): unknown =>
      aggregate.merge?.(accumulator as Acc, other as Acc))
  return declare('aggregating', options, { add, result, merge, inPlace: true })
}

function declare<S extends State, T>(
  kind: StateKind,
  options: StateOptions<T>,
  aggregation?: Aggregation,
): StateDescriptor<S> {
  const serializer = (options.serializer ?? messagePack<T>()) as Serializer<unknown>
  return Object.freeze({
    kind,
    serializer,
    ...(aggregation === undefined ? {} : { aggregation }),
    ...(options.ttl === undefined ? {} : { ttl: checkedTtl(options.ttl) }),
  })
}
