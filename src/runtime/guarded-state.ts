/** States that ask before each change: whether it is allowed here, or to have it noticed. Reading asks nobody. */
import type { Key } from '../state/key.js'
import type { ListState, MapState } from '../state/state.js'

/** A map that calls `before` before each change; what it throws prevents the change. */
export class GuardedMap implements MapState<Key, unknown> {
  readonly #map: MapState<Key, unknown>
  readonly #before: () => void

  constructor(map: MapState<Key, unknown>, before: () => void) {
    this.#map = map
    this.#before = before
  }

  get(mapKey: Key): unknown {
    return this.#map.get(mapKey)
  }

  contains(mapKey: Key): boolean {
    return this.#map.contains(mapKey)
  }

  isEmpty(): boolean {
    return this.#map.isEmpty()
  }

  entries(): IterableIterator<[Key, unknown]> {
    return this.#map.entries()
  }

  put(mapKey: Key, value: unknown): void {
    this.#before()
    this.#map.put(mapKey, value)
  }

  remove(mapKey: Key): void {
    this.#before()
    this.#map.remove(mapKey)
  }

  clear(): void {
    this.#before()
    this.#map.clear()
  }
}

/** A list that calls `before` before each change; what it throws prevents the change. */
export class GuardedList implements ListState<unknown> {
  readonly #list: ListState<unknown>
  readonly #before: () => void

  constructor(list: ListState<unknown>, before: () => void) {
    this.#list = list
    this.#before = before
  }

  get(): readonly unknown[] {
    return this.#list.get()
  }

  add(element: unknown): void {
    this.#before()
    this.#list.add(element)
  }

  addAll(elements: readonly unknown[]): void {
    this.#before()
    this.#list.addAll(elements)
  }

  update(elements: readonly unknown[]): void {
    this.#before()
    this.#list.update(elements)
  }

  clear(): void {
    this.#before()
    this.#list.clear()
  }
}
