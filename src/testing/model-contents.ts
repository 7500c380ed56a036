/**
 * Compares everything a backend keeps with everything the oracle keeps: the places that the backend lists, and what it
 * reads there. These reads count as reads in the oracle, too.
 */
import { deepEqual, equal, ok } from 'node:assert/strict'
import type { KeyedStateBackend } from '../backend/state-backend.js'
import type { StateKind } from '../state/descriptor.js'
import type { Key, KeyType } from '../state/key.js'
import type { NamespacedState } from '../state/namespace.js'
import type { TimeListState } from '../state/ordered-state.js'
import type { AggregatingState, ListState, MapState, State, ValueState } from '../state/state.js'
import type { KeyedHarness } from './keyed-harness.js'
import type { ModelStates } from './model-states.js'
import { type Kept, type Oracle, type OraclePlace, placeOf, textOf, timerText } from './oracle.js'
import type { Aged, Met, OracleAges } from './oracle-ages.js'
import { orderOf } from './oracle-order.js'

/** The two sides. */
export interface Compared {
  readonly harness: KeyedHarness<ModelStates>
  readonly states: ModelStates
  readonly keyType: KeyType
  readonly oracle: Oracle
  readonly ages: OracleAges
}

/** One part that was read: its map key or time, if it has one, and its value. */
export type Part = readonly [at: unknown, value: unknown]

/** What a state reads for the current key and namespace, in parts; its entries or elements, or all of it. */
const PARTS: Readonly<Record<Exclude<StateKind, 'timers'>, (state: State) => readonly Part[]>> = {
  value: (state) => whole((state as ValueState<unknown>).value()),
  reducing: (state) => whole((state as AggregatingState<unknown, unknown>).get()),
  aggregating: (state) => whole((state as AggregatingState<unknown, unknown>).get()),
  list: (state) => (state as ListState<unknown>).get().map((element) => [undefined, element]),
  map: (state) => [...(state as MapState<Key, unknown>).entries()],
  orderedMap: (state) => [...(state as MapState<Key, unknown>).entries()],
  timeList: (state) => [...(state as TimeListState<unknown>).entries()],
}

/** All of it, as one part. */
export function whole(value: unknown): Part[] {
  return value === undefined ? [] : [[undefined, value]]
}

/** What the oracle says was read: what lives is there, what has expired may be, and nothing else is. */
export function checkMet(read: readonly Part[], { living, maybe }: Met): void {
  const shown = new Set(maybe.map(partText))
  const lives =
    shown.size === 0 ? read : read.filter(([at, value]) => !shown.has(partText({ at, value })))
  deepEqual(
    lives,
    living.map(({ at, value }) => [at, value]),
  )
}

function partText({ at, value }: Pick<Aged, 'at' | 'value'>): string {
  return `${String(at)} ${JSON.stringify(value)}`
}

/** Reads a state with a time to live, for the current key and namespace, and compares. */
export function checkAging(kind: Exclude<StateKind, 'timers'>, state: State, met: Met): void {
  checkMet(inOrderOf(kind, PARTS[kind](state)), agedInOrder(kind, met))
}

/** Compares all there is, in every subtask; also the keys, and the timers. Changes the current keys. */
export function compareContents(compared: Compared): void {
  const { harness, states, keyType, ages, oracle } = compared
  const expected = new Map<string, Kept>(ages.present(oracle).map((kept) => [kept.at.id, kept]))
  const keys = new Set(Array.from(expected.values(), ({ at }) => textOf(at.key)))
  const listed = harness.keys().map(textOf)
  equal(listed.length, keys.size, 'how many keys there are')
  for (const key of listed) ok(keys.has(key), `${key} is listed`)
  for (const backend of harness.backends) {
    for (const [name, { kind }] of Object.entries(states)) {
      if (kind === 'timers') continue
      for (const at of placesIn(backend, name, keyType)) {
        ok(expected.delete(at.id), `${at.id} is listed, absent or listed before`)
        const state = choose(backend, at)
        if (ages.ages(at)) checkAging(kind, state, ages.read(oracle, at))
        else deepEqual(inOrderOf(kind, PARTS[kind](state)), partsOf(kind, oracle.get(at)), at.id)
      }
    }
  }
  deepEqual([...expected.keys()], [], 'these are not listed')
  for (const queue of ['eventTimers', 'processingTimers'] as const) compareTimers(compared, queue)
}

function compareTimers({ harness, oracle }: Compared, queue: string): void {
  const found = harness.backends.flatMap((backend) => {
    const timers = [...backend.timers(queue).timers()]
    equal(timers.length, backend.timers(queue).size)
    return timers.map((timer) => timerText({ queue, ...timer }))
  })
  deepEqual(found.toSorted(), oracle.timers(queue).map(timerText).toSorted())
}

/** Each place that a backend lists; its key group is made current with it. */
function* placesIn(
  backend: KeyedStateBackend,
  name: string,
  keyType: KeyType,
): Iterable<OraclePlace> {
  for (const [key, keyGroup, namespace] of backend.keysAndNamespaces(name)) {
    backend.setCurrentKey(key, keyGroup, keyType)
    yield placeOf(name, key, namespace)
  }
}

function choose(backend: KeyedStateBackend, { name, namespace }: OraclePlace): State {
  const state = backend.state(name) as NamespacedState
  state.setCurrentNamespace(namespace)
  return state
}

/** Content without a time to live, in parts. */
function partsOf(kind: StateKind, content: unknown): Part[] {
  if (kind === 'list') return (content as readonly unknown[]).map((element) => [undefined, element])
  if (kind === 'timeList') return content as Part[]
  if (content instanceof Map) return [...content].toSorted(([a], [b]) => orderOf(a, b))
  return whole(content)
}

/** The entries of a map have no order: they are put in one. */
function inOrderOf(kind: StateKind, parts: readonly Part[]): readonly Part[] {
  return kind === 'map' ? parts.toSorted(([a], [b]) => orderOf(a as Key, b as Key)) : parts
}

function agedInOrder(kind: StateKind, { living, maybe }: Met): Met {
  if (kind !== 'map') return { living, maybe }
  return { living: living.toSorted((a, b) => orderOf(a.at as Key, b.at as Key)), maybe }
}
