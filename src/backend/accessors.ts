/** The states users see, over any backend's tables: what is checked or converted is checked here, once. */
import { checkedKey, type Key, keyTypeOf } from '../state/key.js'
import type { MapState, ValueState } from '../state/state.js'
import type { MapTable, ValueTable } from './state-table.js'

/** A value state over a table. */
export class ValueAccessor<T> implements ValueState<T> {
  readonly #table: ValueTable<T>

  constructor(table: ValueTable<T>) {
    this.#table = table
  }

  value(): T | undefined {
    return this.#table.get()
  }

  update(value: T | undefined): void {
    if (value === undefined) this.#table.remove()
    else this.#table.put(value)
  }

  clear(): void {
    this.#table.remove()
  }
}

/** A map state over a table. */
export class MapAccessor<K extends Key, V> implements MapState<K, V> {
  readonly #table: MapTable<V>

  constructor(table: MapTable<V>) {
    this.#table = table
  }

  get(mapKey: K): V | undefined {
    return this.#table.get(checkedMapKey(mapKey))
  }

  put(mapKey: K, value: V | undefined): void {
    const checked = checkedMapKey(mapKey)
    if (value === undefined) this.#table.remove(checked)
    else this.#table.put(checked, value)
  }

  remove(mapKey: K): void {
    this.#table.remove(checkedMapKey(mapKey))
  }

  contains(mapKey: K): boolean {
    return this.#table.get(checkedMapKey(mapKey)) !== undefined
  }

  isEmpty(): boolean {
    return this.#table.isEmpty()
  }

  entries(): IterableIterator<[K, V]> {
    return this.#table.entries() as IterableIterator<[K, V]>
  }

  clear(): void {
    this.#table.clear()
  }
}

function checkedMapKey(mapKey: Key): Key {
  return checkedKey(mapKey, keyTypeOf(mapKey))
}
