/**
 * The words for operator state: state of a step's subtasks that belongs to no key. Kinds, names and meaning are
 * Flink's (`OperatorStateStore`): what differs between them is who gets what after a restore.
 */
import { type KeepingOptions, listState, mapState } from './descriptor.js'
import type { Key } from './key.js'
import type { Serializer } from './serializer.js'
import type { ListState, MapState, State } from './state.js'

/** The kinds of operator state; also written in manifests. DO NOT RENAME. */
export type OperatorStateKind = 'split' | 'union' | 'broadcast'

/** All kinds of operator state, for validation. */
export const OPERATOR_STATE_KINDS: readonly OperatorStateKind[] = ['split', 'union', 'broadcast']

/** The declaration of an operator state. `S` is the state it opens. */
export interface OperatorStateDescriptor<S extends State = State> {
  readonly kind: OperatorStateKind
  readonly serializer: Serializer<unknown>
  /** Never set: carries `S` for inference. */
  readonly opens?: S
}

/** Declarations by state name. */
export type OperatorStateDescriptors = Readonly<Record<string, OperatorStateDescriptor>>

/** No operator state at all. */
export type NoOperatorState = Readonly<Record<never, never>>

/** A map that all subtasks share, as everything but `onBroadcast` sees it. */
export interface ReadOnlyBroadcastState<K extends Key, V> {
  /** The value of an entry, or `undefined` if there is none. */
  get(mapKey: K): V | undefined
  /** Whether there is an entry. */
  contains(mapKey: K): boolean
  /** Whether there is no entry at all. */
  isEmpty(): boolean
  /** The entries, in no promised order. */
  entries(): IterableIterator<[K, V]>
}

/** What some declarations open for a subtask, by name; broadcast state only to be read. */
export type OperatorStatesOf<O extends OperatorStateDescriptors> = {
  readonly [Name in keyof O]: O[Name] extends OperatorStateDescriptor<infer S>
    ? S extends MapState<infer K, infer V>
      ? ReadOnlyBroadcastState<K, V>
      : S
    : never
}

/** What some declarations open, by name, all of it to be changed. */
export type OpenedStatesOf<O extends OperatorStateDescriptors> = {
  readonly [Name in keyof O]: O[Name] extends OperatorStateDescriptor<infer S> ? S : never
}

/** The broadcast states among some declarations, by name, to be changed. */
export type BroadcastStatesOf<O extends OperatorStateDescriptors> = {
  readonly [Name in keyof O as O[Name] extends OperatorStateDescriptor<infer S>
    ? S extends { isEmpty(): boolean }
      ? Name
      : never
    : never]: O[Name] extends OperatorStateDescriptor<infer S> ? S : never
}

/** How the values of operator state are kept. They have no time to live. */
export type OperatorStateOptions<T> = Omit<KeepingOptions<T>, 'ttl'>

/**
 * Declares a list per subtask whose elements belong to one subtask each. After a restore at the same parallelism
 * each subtask has its own again; at another one all elements are dealt out anew, evenly and in order.
 */
export function splitListState<T>(
  options: OperatorStateOptions<T> = {},
): OperatorStateDescriptor<ListState<T>> {
  return declare('split', options)
}

/**
 * Declares a list per subtask that begins with all elements of all subtasks after every restore. What was restored
 * is kept once, until every subtask has replaced or cleared its list.
 */
export function unionListState<T>(
  options: OperatorStateOptions<T> = {},
): OperatorStateDescriptor<ListState<T>> {
  return declare('union', options)
}

/** Declares a map that all subtasks share: each sees the same, at whatever parallelism. */
export function broadcastState<K extends Key, V>(
  options: OperatorStateOptions<V> = {},
): OperatorStateDescriptor<MapState<K, V>> {
  return declare('broadcast', options)
}

function declare<S extends State, T>(
  kind: OperatorStateKind,
  options: OperatorStateOptions<T>,
): OperatorStateDescriptor<S> {
  const { serializer } = kind === 'broadcast' ? mapState(options) : listState(options)
  return Object.freeze({ kind, serializer })
}
