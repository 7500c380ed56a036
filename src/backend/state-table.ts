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

/** A list per key. */
export interface ListTable<V> extends StateTable {
  /** The elements; a view, valid until the next change. */
  get(): readonly V[]
  /** Appends; `elements` may be what `get` returned, or empty: then nothing changes. */
  append(elements: readonly V[]): void
  /** Requires: `elements` is not empty and belongs to the table from here on. */
  replace(elements: V[]): void
}
