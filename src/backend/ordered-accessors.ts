/**
 * The states users see that keep an order, over any backend's ordered map tables. A time list is an ordered map whose
 * map keys are [time, serial]: the serial is one more than the last one of that time, found by order, so that it is
 * right after a restore and after removals, and nothing but the elements is kept.
 */
import { HoldfastError } from '../base/errors.js'
import { type Key, keyText } from '../state/key.js'
import { checkedNamespace, type MergingState, type Namespace } from '../state/namespace.js'
import type { OrderedMapState, OrderedRange, TimeListState } from '../state/ordered-state.js'
import { checkedMapKey, inNamespaces, MapAccessor, noElement, without } from './accessors.js'
import { checkedRange } from './ordered-range.js'
import type { MapRange, OrderedMapTable } from './state-table.js'

const FIRST: OrderedRange<never> = { limit: 1 }
const LAST: OrderedRange<never> = { limit: 1, reverse: true }

/** An ordered map state over a table. */
export class OrderedMapAccessor<K extends Key, V>
  extends MapAccessor<K, V>
  implements OrderedMapState<K, V>
{
  readonly #table: OrderedMapTable<V>

  constructor(table: OrderedMapTable<V>) {
    super(table)
    this.#table = table
  }

  range(range: OrderedRange<K>): IterableIterator<[K, V]> {
    return this.#table.range(rangeOfKeys(range)) as IterableIterator<[K, V]>
  }

  first(): [K, V] | undefined {
    return this.#table.first(rangeOfKeys(FIRST)) as [K, V] | undefined
  }

  last(): [K, V] | undefined {
    return this.#table.first(rangeOfKeys(LAST)) as [K, V] | undefined
  }

  removeRange(range: OrderedRange<K>): void {
    this.#table.removeRange(rangeOfKeys(range))
  }
}

/** A map key of a time list. */
type Place = readonly [time: number, serial: number]

/** The order of a time list's map keys: that of all map keys, for those that look like these. */
export function comparePlaces(a: Key, b: Key): number {
  const one = a as Place
  const other = b as Place
  return one[0] === other[0] ? one[1] - other[1] : one[0] - other[0]
}

/** Serials no element has: they count from 0. */
const BEFORE_ALL = -1
const AFTER_ALL = Number.MAX_SAFE_INTEGER

/** A time list state over an ordered map table. */
export class TimeListAccessor<T> implements TimeListState<T>, MergingState {
  readonly #table: OrderedMapTable<T>
  readonly #moved: OrderedMapTable<unknown>

  /** @param moved the same elements with all that belongs to them: for merging namespaces, and to look at without reading */
  constructor(table: OrderedMapTable<T>, moved: OrderedMapTable<unknown> = table) {
    this.#table = table
    this.#moved = moved
  }

  setCurrentNamespace(namespace: Namespace): void {
    this.#table.namespace = checkedNamespace(namespace)
  }

  mergeNamespaces(target: Namespace, sources: readonly Namespace[]): void {
    const table = this.#moved
    const gathered = inNamespaces(table, without(sources, target), () => {
      const elements = [...timed(table.entries())]
      table.remove()
      return elements
    })
    inNamespaces(table, [target], () => {
      for (const [time, element] of gathered.flat()) {
        table.put([time, serialAfter(table, time)], element)
      }
    })
  }

  add(time: number, element: T): void {
    if (!Number.isSafeInteger(time)) throw noTime(time)
    if (element === undefined) throw noElement()
    // −0 is 0.
    const at = time + 0
    this.#table.put([at, serialAfter(this.#moved, at)], element)
  }

  entries(): IterableIterator<[number, T]> {
    return timed(this.#table.entries())
  }

  range(range: OrderedRange<number>): IterableIterator<[number, T]> {
    return timed(this.#table.range(rangeOfTimes(range)))
  }

  first(): [number, T] | undefined {
    return timedOne(this.#table.first(rangeOfTimes(FIRST)))
  }

  last(): [number, T] | undefined {
    return timedOne(this.#table.first(rangeOfTimes(LAST)))
  }

  isEmpty(): boolean {
    return this.#table.isEmpty()
  }

  removeRange(range: OrderedRange<number>): void {
    this.#table.removeRange(rangeOfTimes(range))
  }

  clear(): void {
    this.#table.remove()
  }
}

/** The serial after the last one of this time. */
function serialAfter(table: OrderedMapTable<unknown>, time: number): number {
  const before = table.first(upTo(time))?.[0] as Place | undefined
  return before !== undefined && before[0] === time ? before[1] + 1 : 0
}

/** What is the last of this time, or before it. */
function upTo(time: number): MapRange {
  return {
    low: undefined,
    lowIncluded: false,
    high: [time, AFTER_ALL],
    highIncluded: true,
    reverse: true,
    limit: 1,
  }
}

function* timed<T>(entries: IterableIterator<[Key, T]>): IterableIterator<[number, T]> {
  for (const [place, element] of entries) yield [(place as Place)[0], element]
}

function timedOne<T>(entry: [Key, T] | undefined): [number, T] | undefined {
  return entry && [(entry[0] as Place)[0], entry[1]]
}

function rangeOfKeys(range: OrderedRange<Key>): MapRange {
  return checkedRange(range, checkedMapKey)
}

function rangeOfTimes(range: OrderedRange<number>): MapRange {
  const { low, high, ...rest } = checkedRange(range, checkedEnd)
  return {
    ...rest,
    low: low === undefined ? undefined : edgeOf(low, !rest.lowIncluded),
    high: high === undefined ? undefined : edgeOf(high, rest.highIncluded),
  }
}

/** Where no element is: before all elements of a time, or after them. */
function edgeOf(time: number, after: boolean): Place {
  if (time === Number.POSITIVE_INFINITY) return [Number.MAX_SAFE_INTEGER, AFTER_ALL]
  if (time === Number.NEGATIVE_INFINITY) return [Number.MIN_SAFE_INTEGER, BEFORE_ALL]
  return [time, after ? AFTER_ALL : BEFORE_ALL]
}

function checkedEnd(time: number): number {
  const infinite = time === Number.POSITIVE_INFINITY || time === Number.NEGATIVE_INFINITY
  if (infinite || Number.isSafeInteger(time)) return time + 0
  throw noTime(time)
}

function noTime(time: unknown): HoldfastError {
  return new HoldfastError(
    'INVALID_ARGUMENT',
    `${keyText(time)} is no time; a time is a whole number of milliseconds up to 2^53 - 1; nothing was changed`,
  )
}
