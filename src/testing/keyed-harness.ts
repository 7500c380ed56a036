/**
 * Drives a state backend the way the engine does, without storage or runtime: routes keys to subtasks, takes
 * snapshots at barriers, keeps the chain of committed runs in memory and opens the backends anew from it.
 * Invariant: a restore sees the committed runs and nothing else.
 */
import { deepEqual, equal, ok } from 'node:assert/strict'
import type { KeyedStateBackend, StateBackend } from '../backend/state-backend.js'
import type { StateRecord } from '../checkpoint/manifest.js'
import { decideState, type StateDecision } from '../checkpoint/state-evolution.js'
import { keyGroupOf } from '../keygroup/hash.js'
import {
  checkParallelism,
  type KeyGroupRange,
  subtaskOf,
  subtaskRange,
} from '../keygroup/key-group-range.js'
import { assembleRun } from '../run/assemble.js'
import type { Row } from '../run/format.js'
import { mergeRows } from '../run/merge.js'
import type { StateDescriptors, StateKind, StatesOf } from '../state/descriptor.js'
import { checkedKey, type Key, type KeyType, keyTypeOf } from '../state/key.js'
import type { AggregatingState, ListState, MapState, State, ValueState } from '../state/state.js'
import { StateClock } from '../state/state-clock.js'
import { type Contents, digestOf } from './contents.js'
import { type CommittedRun, type Delta, HarnessSnapshot, openRun } from './harness-snapshot.js'

/** What a harness is opened with. */
export interface KeyedHarnessOptions<D extends StateDescriptors> {
  readonly backend: StateBackend
  readonly states: D
  /** Default: 1. */
  readonly parallelism?: number
  /** Default: 128. */
  readonly maxParallelism?: number
  /** Committed runs to begin with, oldest first. Default: none. */
  readonly runs?: readonly Uint8Array[]
  /** Default: the type of the first key. */
  readonly keyType?: KeyType
  /** What the manifest says of the states of `runs`, by name. Default: that these very states wrote them. */
  readonly records?: ReadonlyMap<string, StateRecord>
  /** Whether every restored row counts as changed, until a snapshot has been committed. Default: no. */
  readonly rewrite?: boolean
}

const OPERATOR = 'operator'

interface Subtask<D extends StateDescriptors> {
  readonly range: KeyGroupRange
  readonly backend: KeyedStateBackend
  readonly states: StatesOf<D>
}

/** One operator's keyed state over any backend. */
export class KeyedHarness<D extends StateDescriptors = StateDescriptors>
  implements AsyncDisposable
{
  readonly #options: KeyedHarnessOptions<D>
  readonly #maxParallelism: number
  #keyType: KeyType | undefined
  readonly #decisions = new Map<string, StateDecision>()
  /** Whether the next run takes the place of the whole chain. */
  #rewriting: boolean
  #chain: CommittedRun[] = []
  #subtasks: Subtask<D>[] = []
  #snapshot: HarnessSnapshot | undefined

  private constructor(options: KeyedHarnessOptions<D>) {
    this.#options = options
    this.#maxParallelism = options.maxParallelism ?? 128
    this.#keyType = options.keyType
    this.#rewriting = options.rewrite ?? false
    for (const [name, state] of Object.entries(options.states)) {
      const decision = decideState(options.records?.get(name), state)
      const { outcome, differs } = decision
      ok(outcome !== 'incompatible', `state "${name}" does not fit: ${differs.join('; ')}`)
      this.#decisions.set(name, decision)
    }
  }

  /** Opens the backends, restored from `options.runs`. */
  static async open<D extends StateDescriptors>(
    options: KeyedHarnessOptions<D>,
  ): Promise<KeyedHarness<D>> {
    const harness = new KeyedHarness(options)
    await harness.restoreTo(options.runs ?? [], options.parallelism ?? 1)
    return harness
  }

  /** The backends of all subtasks, in order. */
  get backends(): readonly KeyedStateBackend[] {
    return this.#subtasks.map(({ backend }) => backend)
  }

  /** The committed runs, oldest first. */
  get runs(): readonly Uint8Array[] {
    return this.#chain.map(({ bytes }) => bytes)
  }

  /** What a manifest says of the states, for a harness that goes on from {@link runs} with other ones. */
  get records(): ReadonlyMap<string, StateRecord> {
    const written = [...this.#decisions].map(([name, { record }]) => {
      const rewritten = this.#options.rewrite === true && !this.#rewriting
      return [name, rewritten ? { ...record, schemas: record.schemas.slice(-1) } : record] as const
    })
    return new Map([...(this.#options.records ?? []), ...written])
  }

  /** Whether any subtask changed since the last snapshot. */
  get dirty(): boolean {
    return this.#subtasks.some(({ backend }) => backend.dirty)
  }

  /**
   * Makes a key current at its subtask and returns the states there. They are good until the next restore.
   * @throws `INVALID_KEY`, `LIMIT_EXCEEDED` as `checkedKey` does
   */
  use(key: Key): StatesOf<D> {
    const type = this.#keyTypeFor(key)
    const checked = checkedKey(key, type)
    const keyGroup = keyGroupOf(checked, type, this.#maxParallelism)
    const index = subtaskOf(keyGroup, this.#subtasks.length, this.#maxParallelism)
    const subtask = this.#subtasks[index]
    ok(subtask !== undefined, 'the harness is closed, or its last restore failed')
    subtask.backend.setCurrentKey(checked, keyGroup, type)
    return subtask.states
  }

  /** Every key that has any state. */
  keys(): Key[] {
    return this.#subtasks.flatMap(({ backend }) => Array.from(backend.keys(), ([key]) => key))
  }

  /** Freezes the changes of all subtasks. The last snapshot has to be settled, or gone by a restore. */
  beginSnapshot(): HarnessSnapshot {
    ok(this.#snapshot?.ended !== false, 'the last snapshot is not settled')
    const parts = this.backends.map((backend) => backend.snapshot())
    this.#snapshot = new HarnessSnapshot(parts, (run) => {
      if (this.#rewriting) this.#chain = []
      this.#rewriting = false
      this.#chain.push(run)
    })
    return this.#snapshot
  }

  /** A whole checkpoint: its run is at the end of the chain. */
  checkpoint(): Promise<Delta> {
    return this.beginSnapshot().commit()
  }

  /** Merges neighbours of the chain into one run: those from `first` up to but not `end`; default: all. */
  async compact(first = 0, end: number = this.#chain.length): Promise<void> {
    const built = await assembleRun(
      [],
      this.runs.slice(first, end).map((bytes) => ({ bytes })),
    )
    const merged = built === undefined ? [] : [await openRun(Buffer.concat(built.chunks))]
    this.#chain = this.#chain.toSpliced(first, end - first, ...merged)
  }

  /** Closes the backends and opens new ones from the chain: what was not committed is gone. */
  async restore(parallelism: number = this.#subtasks.length): Promise<void> {
    checkParallelism(parallelism, this.#maxParallelism)
    await this[Symbol.asyncDispose]()
    for (let index = 0; index < parallelism; index++) {
      this.#subtasks.push(await this.#open(subtaskRange(index, parallelism, this.#maxParallelism)))
    }
  }

  /** Makes these runs the chain, and restores. */
  async restoreTo(runs: readonly Uint8Array[], parallelism?: number): Promise<void> {
    this.#chain = await Promise.all(runs.map(openRun))
    await this.restore(parallelism)
  }

  /**
   * What is kept, of every key: the value of a value state, a `Map` of a map state, an array of a list state,
   * the result of a reducing or aggregating state. Also checks what backends say of keys: each once, of a group
   * within the range. Changes the current keys.
   */
  contents(): Contents {
    const contents = new Map<Key, Record<string, unknown>>()
    for (const { range, backend } of this.#subtasks) {
      for (const [key, keyGroup] of backend.keys()) {
        ok(!contents.has(key), `the key ${String(key)} is listed twice`)
        const type = this.#keyTypeFor(key)
        equal(keyGroup, keyGroupOf(key, type, this.#maxParallelism), `the group of ${String(key)}`)
        ok(range.first <= keyGroup && keyGroup <= range.last, `${String(key)} is out of the range`)
        backend.setCurrentKey(key, keyGroup, type)
        contents.set(key, this.#contentsAt(backend, key))
      }
    }
    return contents
  }

  /** SHA-256 of the contents: equal contents have equal digests, at any parallelism and on any backend. */
  digest(): string {
    return digestOf(this.contents(), this.#options.states)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#snapshot = undefined
    for (const { backend } of this.#subtasks.splice(0)) await backend[Symbol.asyncDispose]()
  }

  #keyTypeFor(key: Key): KeyType {
    this.#keyType ??= keyTypeOf(key)
    return this.#keyType
  }

  #contentsAt(backend: KeyedStateBackend, key: Key): Record<string, unknown> {
    const found: Record<string, unknown> = {}
    for (const [name, { kind }] of Object.entries(this.#options.states)) {
      const content = CONTENT[kind](backend.state(name), name)
      if (content !== undefined) found[name] = content
    }
    ok(Object.keys(found).length > 0, `the key ${String(key)} is listed and has no state`)
    return found
  }

  async #open(range: KeyGroupRange): Promise<Subtask<D>> {
    const { states } = this.#options
    const backend = await this.#options.backend.open({
      operator: OPERATOR,
      range,
      states,
      clock: new StateClock(),
      codecs: new Map(Array.from(this.#decisions, ([name, { codec }]) => [name, codec])),
      keyType: this.#keyType,
      rewrite: new Set(this.#rewriting ? Object.keys(states) : []),
      restore: (state) => this.#rows(state, range),
      turn: () => Promise.resolve(),
    })
    const opened = Object.keys(states).map((name) => [name, backend.state(name)] as const)
    return { range, backend, states: Object.fromEntries(opened) as StatesOf<D> }
  }

  #rows(state: string, range: KeyGroupRange): AsyncIterable<readonly Row[]> {
    const cursors = this.#chain.flatMap(({ reader }) => {
      const section = reader.section({ operator: OPERATOR, state })
      return section === undefined ? [] : [reader.rows(section, range)]
    })
    return mergeRows(cursors, { bottom: true })
  }
}

/** What a state holds for the current key, by its kind; `undefined`: nothing. */
const CONTENT: Readonly<Record<StateKind, (state: State, name: string) => unknown>> = {
  value: (state) => (state as ValueState<unknown>).value(),
  map: mapAt,
  list: (state) => {
    const elements = (state as ListState<unknown>).get()
    return elements.length === 0 ? undefined : [...elements]
  },
  reducing: foldedAt,
  aggregating: foldedAt,
}

function foldedAt(state: State): unknown {
  return (state as AggregatingState<unknown, unknown>).get()
}

function mapAt(state: State, name: string): ReadonlyMap<Key, unknown> | undefined {
  const map = state as MapState<Key, unknown>
  const entries = [...map.entries()]
  const content = new Map(entries)
  equal(content.size, entries.length, `an entry of "${name}" is listed twice`)
  equal(map.isEmpty(), entries.length === 0, `isEmpty of "${name}" with ${entries.length} entries`)
  for (const [mapKey, value] of entries) deepEqual(map.get(mapKey), value)
  return entries.length === 0 ? undefined : content
}
