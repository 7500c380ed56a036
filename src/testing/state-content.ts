/**
 * What a state holds for the current key and namespace, as plain JavaScript; checks on the way that its members agree
 * with each other, and that what has an order is in order.
 */
import { deepEqual, equal, ok } from 'node:assert/strict'
import { keyIdentity } from '../keygroup/key-identity.js'
import { compareMapKeys } from '../keygroup/sorted-map-key.js'
import type { StateKind } from '../state/descriptor.js'
import type { Key } from '../state/key.js'
import type { OrderedMapState, TimeListState } from '../state/ordered-state.js'
import type { AggregatingState, ListState, MapState, State, ValueState } from '../state/state.js'

/** What a state holds for the current key, by its kind; `undefined`: nothing. */
export const CONTENT: Readonly<Record<StateKind, (state: State, name: string) => unknown>> = {
  value: (state) => (state as ValueState<unknown>).value(),
  map: mapAt,
  orderedMap: orderedMapAt,
  timeList: timeListAt,
  list: (state) => {
    const elements = (state as ListState<unknown>).get()
    return elements.length === 0 ? undefined : [...elements]
  },
  reducing: foldedAt,
  aggregating: foldedAt,
  // Compared apart from the states of keys.
  timers: () => undefined,
}

function foldedAt(state: State): unknown {
  return (state as AggregatingState<unknown, unknown>).get()
}

function mapAt(state: State, name: string): ReadonlyMap<Key, unknown> | undefined {
  const map = state as MapState<Key, unknown>
  const entries = [...map.entries()]
  const content = new Map(entries)
  const found = new Set(entries.map(([mapKey]) => keyIdentity(mapKey)))
  equal(found.size, entries.length, `an entry of "${name}" is listed twice`)
  equal(map.isEmpty(), entries.length === 0, `isEmpty of "${name}" with ${entries.length} entries`)
  for (const [mapKey, value] of entries) deepEqual(map.get(mapKey), value)
  return entries.length === 0 ? undefined : content
}

function orderedMapAt(state: State, name: string): ReadonlyMap<Key, unknown> | undefined {
  const content = mapAt(state, name)
  const map = state as OrderedMapState<Key, unknown>
  const entries = [...(content ?? [])]
  for (let i = 1; i < entries.length; i++) {
    const [before, after] = [entries[i - 1]?.[0] as Key, entries[i]?.[0] as Key]
    ok(compareMapKeys(before, after) < 0, `entries of "${name}" are out of order`)
  }
  deepEqual([map.first(), map.last()], [entries[0], entries.at(-1)])
  deepEqual([...map.range({ reverse: true })].reverse(), entries)
  return content
}

function timeListAt(state: State, name: string): readonly [number, unknown][] | undefined {
  const list = state as TimeListState<unknown>
  const elements = [...list.entries()]
  for (let i = 1; i < elements.length; i++) {
    const [before, after] = [elements[i - 1]?.[0] as number, elements[i]?.[0] as number]
    ok(before <= after, `elements of "${name}" are out of order`)
  }
  equal(list.isEmpty(), elements.length === 0, `isEmpty of "${name}"`)
  deepEqual([list.first(), list.last()], [elements[0], elements.at(-1)])
  return elements.length === 0 ? undefined : elements
}
