/**
 * CONTRACT: states that keep an order, which Flink has not as states of their own: its users scan a `MapState`, or
 * rely on one backend's order. Scoped to the current key and synchronous, as all states (state.ts); values belong to
 * Holdfast here, too.
 */
import type { Key } from './key.js'
import type { MapState, State } from './state.js'

/**
 * Part of an order: between which ends, from which of them, how much of it. The words are those of LevelDB's
 * JavaScript family, where each end says itself whether it is included. At most one lower and one upper end; without
 * one it is open. If the lower end is above the upper one, the range is empty.
 */
export interface OrderedRange<B> {
  /** After this one. */
  readonly gt?: B
  /** From this one on, included. */
  readonly gte?: B
  /** Before this one. */
  readonly lt?: B
  /** Up to this one, included. */
  readonly lte?: B
  /** From the upper end down. Default: false. */
  readonly reverse?: boolean
  /** At most so many, counted from the end that is begun at; a whole number from 0. Default: all. */
  readonly limit?: number
}

/**
 * A map per key whose entries are kept in order of map key. Finding, putting and removing an entry takes time that
 * grows with the logarithm of the map's size; each entry is checkpointed by itself, as in a {@link MapState}.
 *
 * Order is by type first: booleans (false, true), numbers by size, text by code point (not by UTF-16 unit, as `<`
 * orders it: they differ beyond U+FFFF), `bigint`s, bytes, tuples, structs. Within a tuple or struct every whole number
 * is before every other number: use numbers of one sort there. A range goes by this order, so that `{ gte: 5 }` holds
 * all text too; a map of one type of key is what it looks like.
 */
export interface OrderedMapState<K extends Key, V> extends MapState<K, V> {
  /** The entries in order of map key; otherwise as {@link range}. */
  entries(): IterableIterator<[K, V]>
  /**
   * The entries of a range, in its direction, of the key and namespace that are current at the call. The map may be
   * changed meanwhile, by removing the entry just reached, too: a removed entry not yet reached does not appear, an
   * added one beyond the one just reached may.
   * @throws at the call `INVALID_ARGUMENT` for two lower or two upper ends, an end that is undefined, a `limit` that
   *   is no whole number from 0, or a word that is none of the range's; `INVALID_KEY`, `LIMIT_EXCEEDED` for an end
   *   that cannot be a key
   */
  range(range: OrderedRange<K>): IterableIterator<[K, V]>
  /** The entry with the least map key; `undefined` if there is none. */
  first(): [K, V] | undefined
  /** The entry with the greatest map key; `undefined` if there is none. */
  last(): [K, V] | undefined
  /**
   * Removes the entries of a range: `{ reverse: true, limit: 10 }` are the ten greatest. The next checkpoint has one
   * row for each, or one for all of them if no entry is left.
   * @throws as {@link range}; nothing is changed then
   */
  removeRange(range: OrderedRange<K>): void
}

/**
 * A list per key in order of time; elements of one time are in the order in which they were added. Each element is
 * checkpointed by itself: adding one costs one element in the next checkpoint, removing one a small row.
 *
 * A time is a whole number of milliseconds between −(2^53 − 1) and 2^53 − 1, of whatever clock.
 */
export interface TimeListState<T> extends State {
  /**
   * Adds an element after those of the same time and before.
   * @throws `INVALID_ARGUMENT` for what is no time, and for an element that is `undefined`; nothing is changed then
   */
  add(time: number, element: T): void
  /** Time and element of each, in order of time; otherwise as {@link range}. */
  entries(): IterableIterator<[number, T]>
  /**
   * Time and element of those whose time is within a range, in its direction; the ends are times, or an infinity. In
   * reverse also elements of one time come newest first. Otherwise as {@link OrderedMapState.range}.
   * @throws at the call `INVALID_ARGUMENT` for what is no range of times
   */
  range(range: OrderedRange<number>): IterableIterator<[number, T]>
  /** The oldest element with its time; `undefined` if there is none. */
  first(): [number, T] | undefined
  /** The newest element with its time; `undefined` if there is none. */
  last(): [number, T] | undefined
  /** Whether there is no element. */
  isEmpty(): boolean
  /**
   * Removes the elements of a range: `{ lte: watermark }` is all up to the watermark. The next checkpoint has one small
   * row for each, or one for all of them if no element is left.
   * @throws as {@link range}; nothing is changed then
   */
  removeRange(range: OrderedRange<number>): void
}
