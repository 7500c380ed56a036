/** What the cases of time to live share: the states with one, and each kind of state as one thing written and read. */
import { deepEqual } from 'node:assert/strict'
import type { StatesOf } from '../state/descriptor.js'
import type { Key } from '../state/key.js'
import { checkedTtl, type TtlOptions } from '../state/ttl.js'
import { type BackendContext, CASE_STATES, type CaseStates, entriesOf } from './backend-context.js'
import type { KeyedHarness } from './keyed-harness.js'

/** How long state lives in most cases, in ms. */
export const TTL = 100

/** The states of most cases with a time to live; `other`, `otherMap` and `otherList` have none. */
export function withTtl(options: Partial<TtlOptions> = {}): CaseStates {
  const ttl = checkedTtl({ time: TTL, ...options })
  const { value, map, list, reducing, aggregating } = CASE_STATES
  return {
    ...CASE_STATES,
    value: { ...value, ttl },
    map: { ...map, ttl },
    list: { ...list, ttl },
    reducing: { ...reducing, ttl },
    aggregating: { ...aggregating, ttl },
  }
}

/** A harness over these states, and the key `k` in it. */
export interface TtlContext {
  readonly h: KeyedHarness<CaseStates>
  readonly here: () => Promise<void>
  /** Makes `k` current. */
  readonly k: () => StatesOf<CaseStates>
  /** Sets the machine's time, in ms. */
  readonly at: (now: number) => StatesOf<CaseStates>
}

/** Opens a harness with a time to live. */
export async function openTtl(
  context: BackendContext,
  options: Partial<TtlOptions> = {},
): Promise<TtlContext> {
  const h = await context.open({ states: withTtl(options) })
  const k = (): StatesOf<CaseStates> => h.use('k')
  const at = (now: number): StatesOf<CaseStates> => {
    h.clock.now = now
    return k()
  }
  return { h, here: () => context.here(h), k, at }
}

/** One thing that is written and read. */
export interface TtlKind {
  readonly name: string
  readonly state: keyof CaseStates
  write(states: StatesOf<CaseStates>, n: number): void
  read(states: StatesOf<CaseStates>): unknown
  /** What is read after these were written, oldest first; nothing: it is absent. */
  shows(...written: readonly number[]): unknown
}

const last = (written: readonly number[]): number | undefined => written.at(-1)

/** A value. */
export const VALUE: TtlKind = {
  name: 'value',
  state: 'value',
  write: ({ value }, n) => value.update(n),
  read: ({ value }) => value.value(),
  shows: (...written) => last(written),
}

/** A list, written whole. */
export const LIST: TtlKind = {
  name: 'list',
  state: 'list',
  write: ({ list }, n) => list.update([n, n + 1]),
  read: ({ list }) => [...list.get()],
  shows: (...written) => written.slice(-1).flatMap((n) => [n, n + 1]),
}

/** One entry of a map. */
export const MAP_ENTRY: TtlKind = {
  name: 'entry of a map',
  state: 'map',
  write: ({ map }, n) => map.put('entry', n),
  read: ({ map }) => map.get('entry'),
  shows: (...written) => last(written),
}

/** A map, read whole. */
export const MAP_ENTRIES: TtlKind = {
  name: 'entries of a map',
  state: 'map',
  write: ({ map }, n) => map.put('entry', n),
  read: ({ map }) => [...entriesOf(map)],
  shows: (...written) => written.slice(-1).map((n) => ['entry', n]),
}

/** An entry of a map that is null. */
export const MAP_NULL: TtlKind = {
  name: 'null in a map',
  state: 'map',
  write: ({ map }) => map.put('entry', null),
  read: ({ map }) => map.get('entry'),
  shows: (...written) => (written.length > 0 ? null : undefined),
}

/** A reducing state. */
export const REDUCING: TtlKind = {
  name: 'reducing',
  state: 'reducing',
  write: ({ reducing }, n) => reducing.add(n),
  read: ({ reducing }) => String(reducing.get()),
  shows: (...written) => (written.length > 0 ? written.join(' ') : 'undefined'),
}

/** An aggregating state, whose accumulator is changed in place. */
export const AGGREGATING: TtlKind = {
  name: 'aggregating',
  state: 'aggregating',
  write: ({ aggregating }, n) => aggregating.add(n),
  read: ({ aggregating }) => aggregating.get(),
  shows: (...written) =>
    written.length > 0 ? `${written.length}: ${written.join(' ')}` : undefined,
}

/** Every kind. */
export const TTL_KINDS: readonly TtlKind[] = [
  VALUE,
  LIST,
  MAP_ENTRY,
  MAP_ENTRIES,
  MAP_NULL,
  REDUCING,
  AGGREGATING,
]

/** Writes `n` to every kind of state of the key. */
export function writeAll(h: KeyedHarness<CaseStates>, key: Key, n: number): void {
  for (const kind of [VALUE, LIST, MAP_ENTRY, REDUCING, AGGREGATING]) kind.write(h.use(key), n)
}

/** Asserts that every kind of state of the key shows what was written. */
export function showsAll(h: KeyedHarness<CaseStates>, key: Key, ...written: number[]): void {
  for (const kind of TTL_KINDS) {
    if (kind === MAP_NULL) continue
    const shown = kind.read(h.use(key))
    deepEqual(shown, kind.shows(...written), `${kind.name} of ${String(key)} at ${h.clock.now}`)
  }
}
