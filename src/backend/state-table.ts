/**
 * CONTRACT: the small tables under the states, one per state, acting on the current key. A backend
 * implements these; the states users see (`accessors.ts`) are written once above them.
 */
import type { Key } from '../state/key.js'

/** One value per key. */
export interface ValueTable<V> {
  get(): V | undefined
  put(value: V): void
  remove(): void
}

/** A map per key. Map keys passed `checkedKey`. */
export interface MapTable<V> {
  get(mapKey: Key): V | undefined
  put(mapKey: Key, value: V): void
  remove(mapKey: Key): void
  isEmpty(): boolean
  entries(): IterableIterator<[Key, V]>
  clear(): void
}
