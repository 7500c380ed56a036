/**
 * What the cases of the state backend contract share. Each case is one text that is run in several modes: where
 * it says `here()`, nothing happens, or all state goes through a checkpoint and a restore, or through a rescale.
 * Invariant: what comes back has the digest of what went in, and nothing of it counts as changed.
 */
import { deepEqual, equal } from 'node:assert/strict'
import type { StateBackend } from '../backend/state-backend.js'
import {
  aggregatingState,
  listState,
  mapState,
  orderedMapState,
  reducingState,
  type StateDescriptor,
  type StateDescriptors,
  type StatesOf,
  timeListState,
  valueState,
} from '../state/descriptor.js'
import type { Key } from '../state/key.js'
import type { OrderedMapState, TimeListState } from '../state/ordered-state.js'
import type {
  AggregatingState,
  ListState,
  MapState,
  ReducingState,
  ValueState,
} from '../state/state.js'
import { KeyedHarness, type KeyedHarnessOptions } from './keyed-harness.js'
import type { ConformanceCase } from './suite.js'

/** What `here()` does. */
export type BackendMode = 'plain' | 'restored' | 'rescaled'

/** The states most cases use. */
export interface CaseStates extends StateDescriptors {
  readonly value: StateDescriptor<ValueState<unknown>>
  readonly other: StateDescriptor<ValueState<unknown>>
  readonly map: StateDescriptor<MapState<Key, unknown>>
  readonly otherMap: StateDescriptor<MapState<Key, unknown>>
  readonly list: StateDescriptor<ListState<unknown>>
  readonly otherList: StateDescriptor<ListState<unknown>>
  readonly ordered: StateDescriptor<OrderedMapState<Key, unknown>>
  readonly times: StateDescriptor<TimeListState<unknown>>
  /** Joins what is added, in order; throws at {@link REFUSED}. */
  readonly reducing: StateDescriptor<ReducingState<unknown>>
  /** Counts and lists what is added, in an accumulator changed in place; throws at {@link REFUSED}. */
  readonly aggregating: StateDescriptor<AggregatingState<unknown, string>>
}

/** Makes a key current and gives its states. */
export type Use = (key: Key) => StatesOf<CaseStates>

/** One behaviour of a backend. */
export interface BackendCase extends ConformanceCase<BackendContext> {
  /** Set if restoring is the subject, or nothing is ever kept: then it is run in plain mode only. */
  readonly once?: true
}

/** What neither `reducing` nor `aggregating` takes. */
export const REFUSED = 'refused'

interface Tally {
  count: number
  readonly added: unknown[]
}

/** The states of {@link CaseStates}. */
export const CASE_STATES: CaseStates = {
  value: valueState(),
  other: valueState(),
  map: mapState(),
  otherMap: mapState(),
  list: listState(),
  otherList: listState(),
  ordered: orderedMapState(),
  times: timeListState(),
  reducing: reducingState<unknown>((value, added) => {
    refuse(added)
    return `${String(value)} ${String(added)}`
  }),
  aggregating: aggregatingState<unknown, Tally, string>({
    create: () => ({ count: 0, added: [] }),
    // In place, and deep inside: neither a reference nor a shallow copy would keep what it was.
    add: (value, tally) => {
      refuse(value)
      tally.count++
      tally.added.push(value)
      return tally
    },
    result: ({ count, added }) => `${count}: ${added.join(' ')}`,
  }),
}

function refuse(added: unknown): void {
  if (added === REFUSED) throw new Error('refused on purpose')
}

/** Few key groups, so that keys meet in one. */
const MAX_PARALLELISM = 8

/** What is handed to each case. */
export class BackendContext {
  readonly backend: StateBackend
  readonly mode: BackendMode
  readonly states: CaseStates = CASE_STATES
  readonly #opened: AsyncDisposable[] = []
  #harness: KeyedHarness<CaseStates> | undefined
  /** How often `here()` was said. */
  heres = 0

  constructor(backend: StateBackend, mode: BackendMode) {
    this.backend = backend
    this.mode = mode
  }

  /** An empty harness over {@link CaseStates} with one subtask. */
  get h(): KeyedHarness<CaseStates> {
    if (this.#harness === undefined) throw new Error('prepare() comes first')
    return this.#harness
  }

  /** Opens {@link h}. */
  async prepare(): Promise<void> {
    this.#harness = await this.fresh()
  }

  /** Another harness like {@link h}, empty or with runs to begin with. Closed after the case. */
  fresh(runs: readonly Uint8Array[] = []): Promise<KeyedHarness<CaseStates>> {
    return this.open({ states: this.states, runs })
  }

  /** A harness of the case's own. Closed after the case. */
  readonly open = async <D extends StateDescriptors>(
    options: Omit<KeyedHarnessOptions<D>, 'backend'> & { readonly backend?: StateBackend },
  ): Promise<KeyedHarness<D>> => {
    const harness = await KeyedHarness.open<D>({
      maxParallelism: MAX_PARALLELISM,
      ...options,
      backend: options.backend ?? this.backend,
    })
    this.#opened.push(harness)
    return harness
  }

  /** The place in a case where nothing happens, or a restore, or a rescale. States are to be asked for again. */
  readonly here = async (harness: KeyedHarness<StateDescriptors> = this.h): Promise<void> => {
    this.heres++
    if (this.mode === 'plain') return
    const parallelism = harness.backends.length
    const digest = harness.digest()
    await harness.checkpoint()
    if (this.mode === 'rescaled') {
      await harness.restore(3)
      await nothingToWrite(harness)
    }
    await harness.restore(this.mode === 'rescaled' ? 2 : parallelism)
    equal(harness.digest(), digest, 'the digest of the contents before and after')
    await nothingToWrite(harness)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const harness of this.#opened.splice(0)) await harness[Symbol.asyncDispose]()
  }
}

async function nothingToWrite(harness: KeyedHarness<StateDescriptors>): Promise<void> {
  equal(harness.dirty, false, 'dirty after a restore')
  deepEqual((await harness.checkpoint()).rows, {}, 'rows to write after a restore')
}

/** What a map state holds for the current key. */
export function entriesOf(map: MapState<Key, unknown>): ReadonlyMap<Key, unknown> {
  return new Map(map.entries())
}
