/** The states users see, over any backend's tables: what is checked or converted is checked here, once. */
import { HoldfastError } from '../base/errors.js'
import { type KeyIdentity, keyIdentity } from '../keygroup/key-identity.js'
import type { Aggregation } from '../state/descriptor.js'
import { checkedKey, type Key, keyTypeOf } from '../state/key.js'
import {
  checkedNamespace,
  type MergingState,
  type Namespace,
  type NamespacedState,
} from '../state/namespace.js'
import type { AggregatingState, ListState, MapState, ValueState } from '../state/state.js'
import type { ListTable, MapTable, StateTable, ValueTable } from './state-table.js'

/** A value state over a table. */
export class ValueAccessor<T> implements ValueState<T>, NamespacedState {
  readonly #table: ValueTable<T>

  constructor(table: ValueTable<T>) {
    this.#table = table
  }

  setCurrentNamespace(namespace: Namespace): void {
    this.#table.namespace = checkedNamespace(namespace)
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
export class MapAccessor<K extends Key, V> implements MapState<K, V>, NamespacedState {
  readonly #table: MapTable<V>

  constructor(table: MapTable<V>) {
    this.#table = table
  }

  setCurrentNamespace(namespace: Namespace): void {
    this.#table.namespace = checkedNamespace(namespace)
  }

  get(mapKey: K): V | undefined {
    return this.#table.get(checkedMapKey(mapKey))
  }

  put(mapKey: K, value: V | undefined): void {
    const checked = checkedMapKey(mapKey)
    if (value === undefined) this.#table.removeEntry(checked)
    else this.#table.put(checked, value)
  }

  remove(mapKey: K): void {
    this.#table.removeEntry(checkedMapKey(mapKey))
  }

  contains(mapKey: K): boolean {
    return this.#table.has(checkedMapKey(mapKey))
  }

  isEmpty(): boolean {
    return this.#table.isEmpty()
  }

  entries(): IterableIterator<[K, V]> {
    return this.#table.entries() as IterableIterator<[K, V]>
  }

  clear(): void {
    this.#table.remove()
  }
}

/** A list state over a table. */
export class ListAccessor<T> implements ListState<T>, MergingState {
  readonly #table: ListTable<T>
  readonly #moved: ListTable<unknown>

  /** @param moved the same list with all that belongs to its elements, for merging namespaces */
  constructor(table: ListTable<T>, moved: ListTable<unknown> = table) {
    this.#table = table
    this.#moved = moved
  }

  setCurrentNamespace(namespace: Namespace): void {
    this.#table.namespace = checkedNamespace(namespace)
  }

  mergeNamespaces(target: Namespace, sources: readonly Namespace[]): void {
    const table = this.#moved
    const gathered = inNamespaces(table, without(sources, target), () => {
      const elements = [...table.get()]
      table.remove()
      return elements
    })
    const elements = gathered.flat()
    if (elements.length > 0) inNamespaces(table, [target], () => table.append(elements))
  }

  get(): readonly T[] {
    return this.#table.get()
  }

  add(element: T): void {
    if (element === undefined) throw noElement()
    this.#table.append([element])
  }

  addAll(elements: readonly T[]): void {
    this.#table.append(checkedElements(elements))
  }

  update(elements: readonly T[]): void {
    const checked = checkedElements(elements)
    if (checked.length > 0) this.#table.replace([...checked])
    else this.#table.remove()
  }

  clear(): void {
    this.#table.remove()
  }
}

/** How the accumulators of several namespaces become one. */
export interface FoldMerging {
  readonly table: ValueTable<unknown>
  readonly merge: Aggregation['merge']
}

/** A reducing or aggregating state over the value table of its accumulators. */
export class FoldAccessor implements AggregatingState<unknown, unknown>, MergingState {
  readonly #table: ValueTable<unknown>
  readonly #aggregation: Aggregation
  readonly #merging: FoldMerging

  /** @param merging default: by the table and the aggregation */
  constructor(
    table: ValueTable<unknown>,
    aggregation: Aggregation,
    merging: FoldMerging = { table, merge: aggregation.merge },
  ) {
    this.#table = table
    this.#aggregation = aggregation
    this.#merging = merging
  }

  setCurrentNamespace(namespace: Namespace): void {
    this.#table.namespace = checkedNamespace(namespace)
  }

  mergeNamespaces(target: Namespace, sources: readonly Namespace[]): void {
    const { table, merge } = this.#merging
    const { inPlace } = this.#aggregation
    if (merge === undefined) throw noMerge()
    const accumulators: unknown[] = inNamespaces(table, [target, ...sources], () =>
      inPlace ? table.getMutable() : table.get(),
    ).filter((accumulator) => accumulator !== undefined)
    if (accumulators.length === 0) return
    const merged = accumulators.reduce((one, other) => merge(one, other))
    inNamespaces(table, without(sources, target), () => table.remove())
    inNamespaces(table, [target], () => table.put(merged))
  }

  get(): unknown {
    const accumulator = this.#table.get()
    return accumulator === undefined ? undefined : this.#aggregation.result(accumulator)
  }

  add(value: unknown): void {
    if (value === undefined) throw noElement()
    const { add, inPlace } = this.#aggregation
    const accumulator = add(inPlace ? this.#table.getMutable() : this.#table.get(), value)
    if (accumulator === undefined) this.#table.remove()
    else this.#table.put(accumulator)
  }

  clear(): void {
    this.#table.remove()
  }
}

/** Acts once in each of the namespaces; then the table is in the one it was in. */
export function inNamespaces<R>(
  table: StateTable,
  namespaces: readonly Namespace[],
  act: () => R,
): R[] {
  const checked = new Map(namespaces.map(checkedNamespace).map((one) => [identityOf(one), one]))
  const before = table.namespace
  try {
    return Array.from(checked.values(), (namespace) => {
      table.namespace = namespace
      return act()
    })
  } finally {
    table.namespace = before
  }
}

/** The sources that are not the target. Throws as `checkedNamespace` does. */
export function without(sources: readonly Namespace[], target: Namespace): Namespace[] {
  const excluded = identityOf(checkedNamespace(target))
  return sources.filter((source) => identityOf(checkedNamespace(source)) !== excluded)
}

function identityOf(namespace: Key | undefined): KeyIdentity | undefined {
  return namespace === undefined ? undefined : keyIdentity(namespace)
}

function noMerge(): HoldfastError {
  return new HoldfastError(
    'INVALID_ARGUMENT',
    'namespaces of an aggregating state are merged by the `merge` of its aggregate, which has none; nothing was changed',
  )
}

/** What is thrown for an element or a value that is `undefined`. */
export function noElement(): HoldfastError {
  return new HoldfastError('INVALID_ARGUMENT', '`undefined` cannot be added; nothing was changed')
}

function checkedElements<T>(elements: readonly T[]): readonly T[] {
  if (!Array.isArray(elements)) {
    const what = `an array of elements is needed, not ${elements === null ? 'null' : typeof elements}`
    throw new HoldfastError('INVALID_ARGUMENT', `${what}; nothing was changed`)
  }
  // Holes count as `undefined`.
  if (elements.includes(undefined as T)) throw noElement()
  return elements
}

/** Throws `INVALID_KEY`, `LIMIT_EXCEEDED`. */
export function checkedMapKey(mapKey: Key): Key {
  return checkedKey(mapKey, keyTypeOf(mapKey))
}
