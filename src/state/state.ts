/**
 * CONTRACT: the states a program works with. Names and meaning are Flink's. All of them are scoped to the
 * current key, and synchronous.
 *
 * Values belong to Holdfast once read or updated: a checkpoint captures references, so an object changed
 * in place would change the checkpoint. Make a new object for each update.
 */
import type { Key } from './key.js'

/** What all states have. */
export interface State {
  /** Removes what is kept for the current key. */
  clear(): void
}

/** One value per key. */
export interface ValueState<T> extends State {
  /** The value, or `undefined` if there is none. */
  value(): T | undefined
  /** Sets the value; `undefined` removes it. `null` is a value like any other. */
  update(value: T | undefined): void
}

/** A map per key. Each entry is kept, checkpointed and restored by itself. */
export interface MapState<K extends Key, V> extends State {
  /** The value of an entry, or `undefined` if there is none. */
  get(mapKey: K): V | undefined
  /**
   * Sets an entry; a value of `undefined` removes it, `null` is a value like any other.
   * @throws `INVALID_KEY` if the map key is not a string, a number other than NaN, or a boolean
   */
  put(mapKey: K, value: V | undefined): void
  /** Removes an entry, if it is there. */
  remove(mapKey: K): void
  /** Whether there is an entry. */
  contains(mapKey: K): boolean
  /** Whether there is no entry at all. */
  isEmpty(): boolean
  /**
   * The entries, in no promised order. The map may be changed meanwhile: a removed entry not yet
   * reached does not appear, an added one may.
   */
  entries(): IterableIterator<[K, V]>
}

/** A list per key. Adding an element costs one element in the next checkpoint, however long the list is. */
export interface ListState<T> extends State {
  /** The elements, oldest first; empty if there are none. A view: valid until the list changes. */
  get(): readonly T[]
  /**
   * Appends an element.
   * @throws `INVALID_ARGUMENT` for `undefined`; `null` is an element like any other
   */
  add(element: T): void
  /**
   * Appends elements; none of them if one is refused. The array is copied, and may be the list's own.
   * @throws `INVALID_ARGUMENT` for what is no array, and for `undefined` or a hole in it
   */
  addAll(elements: readonly T[]): void
  /**
   * Replaces all elements; an empty array removes the list. The array is copied, and may be the list's own.
   * @throws `INVALID_ARGUMENT` for what is no array, and for `undefined` or a hole in it
   */
  update(elements: readonly T[]): void
}

/** One value per key, made of all that was added. */
export interface ReducingState<T> extends State {
  /** What was added, reduced; `undefined` if nothing was. */
  get(): T | undefined
  /**
   * Adds a value: `reduce(what is there, value)`, or the value itself if it is the first.
   * @throws `INVALID_ARGUMENT` for `undefined`, and what `reduce` throws; nothing is changed then
   */
  add(value: T): void
}

/** One accumulator per key, fed by what is added. */
export interface AggregatingState<In, Out> extends State {
  /** The result of the accumulator; `undefined` if nothing was added. */
  get(): Out | undefined
  /**
   * Adds a value to the accumulator, which is created first if need be.
   * @throws `INVALID_ARGUMENT` for `undefined`, and what the function throws; nothing is changed then but what it
   *   has changed in place
   */
  add(value: In): void
}
