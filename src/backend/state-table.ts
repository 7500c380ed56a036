/**
 * CONTRACT: the small tables under the states, one per state, acting on the current key in the table's current
 * namespace. A backend implements these; the states users see (`accessors.ts`) are written once above them.
 */
import type { Key } from '../state/key.js'

/** What all tables have. */
export interface StateTable {
  /**
   * The namespace that the other members act in; `undefined`: the void one, where every table begins. A namespace
   * passed `checkedKey`.
   */
  namespace: Key | undefined
  /** Removes what is kept for the current key. */
  remove(): void
}

/** One value per key. */
export interface ValueTable<V> extends StateTable {
  get(): V | undefined
  /**
   * The value, for being changed in place and then `put`: a copy, by the serializer, if a snapshot still needs
   * or may need the one that is kept.
   */
  getMutable(): V | undefined
  put(value: V): void
}

/** A map per key. Map keys passed `checkedKey`. */
export interface MapTable<V> extends StateTable {
  get(mapKey: Key): V | undefined
  has(mapKey: Key): boolean
  put(mapKey: Key, value: V): void
  removeEntry(mapKey: Key): void
  isEmpty(): boolean
  entries(): IterableIterator<[Key, V]>
}

/** A range of an ordered map, checked. Its ends passed `checkedKey`. */
export interface MapRange {
  /** `undefined`: open. */
  readonly low: Key | undefined
  readonly lowIncluded: boolean
  /** `undefined`: open. */
  readonly high: Key | undefined
  readonly highIncluded: boolean
  /** From the high end down. */
  readonly reverse: boolean
  /** `Infinity`: none. */
  readonly limit: number
}

/** A map per key in order of map key (keygroup/sorted-map-key.ts); so are its `entries`. */
export interface OrderedMapTable<V> extends MapTable<V> {
  /** The entries of a range; may be changed meanwhile, as `OrderedMapState.range` says. */
  range(range: MapRange): IterableIterator<[Key, V]>
  /** The entry that a range begins with, in its direction. */
  first(range: MapRange): [Key, V] | undefined
  removeRange(range: MapRange): void
}

/** A list per key. */
export interface ListTable<V> extends StateTable {
  /** The elements; a view, valid until the next change. */
  get(): readonly V[]
  /** Appends; `elements` may be what `get` returned, or empty: then nothing changes. */
  append(elements: readonly V[]): void
  /** Requires: `elements` is not empty and belongs to the table from here on. */
  replace(elements: V[]): void
}
