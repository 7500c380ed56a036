/**
 * What a step declares about each of its states: its kind, and how its values become bytes. Plain frozen
 * data; the state's name is the key it is declared under.
 */
import { HoldfastError } from '../base/errors.js'
import type { Key } from './key.js'
import type { OrderedMapState, TimeListState } from './ordered-state.js'
import type { Schema } from './schema/schema.js'
import { misfit } from './schema/schema-fit.js'
import { schemaSerializer } from './schema-serializer.js'
import { messagePack, type Serializer } from './serializer.js'
import { isStandardSchema, type StandardSchema, standardValidator } from './standard-schema.js'
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
export type StateKind =
  | 'value'
  | 'list'
  | 'map'
  | 'reducing'
  | 'aggregating'
  | 'orderedMap'
  | 'timeList'
  | 'timers'

/** All kinds of state, for validation. */
export const STATE_KINDS: readonly StateKind[] = [
  'value',
  'list',
  'map',
  'reducing',
  'aggregating',
  'orderedMap',
  'timeList',
  'timers',
]

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
  /**
   * Set if values are to be validated: gives what is to be kept for a value that is updated, put or added (each
   * element of a list, the added value of reducing state; never `undefined`). It throws `INVALID_ARGUMENT`.
   */
  readonly validated?: (value: unknown) => unknown
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

/** How the values of a state are kept. */
export interface KeepingOptions<T> {
  /** How its values become bytes. Default: by `schema`, if it is a declared one, else {@link messagePack}. */
  readonly serializer?: Serializer<T>
  /**
   * What its values are: a declared schema (`schema.record(…)`), or one of a validator that keeps to Standard Schema
   * (Zod, Valibot, ArkType and others), from which `T` is inferred, as its output.
   */
  readonly schema?: Schema<T> | StandardSchema<T>
  /** How long it lives: the value, each element of a list, each entry of a map. Default: for good. */
  readonly ttl?: TtlOptions
}

/** Options of a state. */
export interface StateOptions<T> extends KeepingOptions<T> {
  /**
   * Whether every value that is updated, put or added is validated by `schema` first; what the validator makes of it
   * is kept, and `INVALID_ARGUMENT` thrown if it refuses, with nothing changed. The validator must be synchronous,
   * and take its own output. Default `false`: it costs time for each change, and TypeScript checks types before.
   */
  readonly validate?: boolean
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

/** Declares a map per key that is kept in order of map key. */
export function orderedMapState<K extends Key, V>(
  options: StateOptions<V> = {},
): StateDescriptor<OrderedMapState<K, V>> {
  return declare('orderedMap', options)
}

/** Declares a list per key that is kept in order of time. */
export function timeListState<T>(options: StateOptions<T> = {}): StateDescriptor<TimeListState<T>> {
  return declare('timeList', options)
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
  options: KeepingOptions<Acc> = {},
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
  const validated = options.validate === true ? validatorOf(kind, options.schema) : undefined
  return Object.freeze({
    kind,
    serializer: serializerOf(options) as Serializer<unknown>,
    ...(aggregation === undefined ? {} : { aggregation }),
    ...(validated === undefined ? {} : { validated }),
    ...(options.ttl === undefined ? {} : { ttl: checkedTtl(options.ttl) }),
  })
}

function serializerOf<T>({ serializer, schema }: KeepingOptions<T>): Serializer<T> {
  if (serializer !== undefined) return serializer
  if (schema === undefined || isStandardSchema(schema)) return messagePack<T>()
  return schemaSerializer<T>(schema)
}

function validatorOf<T>(
  kind: StateKind,
  schema: KeepingOptions<T>['schema'],
): (value: unknown) => unknown {
  if (kind === 'aggregating') {
    throw unusable('the accumulator of aggregating state is not validated; do it in `add`')
  }
  if (schema === undefined) throw unusable('there is no schema to validate by')
  if (isStandardSchema(schema)) return standardValidator(schema)
  return (value) => {
    const where = misfit(schema, value)
    if (where === undefined) return value
    const message = `a value does not fit the schema of the state: ${where}; nothing was changed`
    throw new HoldfastError('INVALID_ARGUMENT', message)
  }
}

function unusable(why: string): HoldfastError {
  return new HoldfastError('INVALID_ARGUMENT', `the option \`validate\` cannot be used: ${why}`)
}
