/**
 * What a step declares about each of its states: its kind, and how its values become bytes. Plain frozen
 * data; the state's name is the key it is declared under.
 */
import type { Key } from './key.js'
import { messagePack, type Serializer } from './serializer.js'
import type { MapState, State, ValueState } from './state.js'

/** The kinds of state; also written in manifests. DO NOT RENAME. */
export type StateKind = 'value' | 'map'

/** The declaration of a state. `S` is the state it opens. */
export interface StateDescriptor<S extends State = State> {
  readonly kind: StateKind
  readonly serializer: Serializer<unknown>
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

function declare<S extends State, T>(
  kind: StateKind,
  options: StateOptions<T>,
): StateDescriptor<S> {
  const serializer = options.serializer ?? messagePack<T>()
  return Object.freeze({ kind, serializer: serializer as Serializer<unknown> })
}
