/**
 * Drives a state backend the way the engine does, without storage or runtime: routes keys to subtasks, takes
 * snapshots at barriers, keeps the chain of committed runs in memory and opens the backends anew from it.
 * Invariant: a restore sees the committed runs and nothing else.
 */
import { AssertionError, equal, ok } from 'node:assert/strict'
import type { KeyedStateBackend, StateBackend } from '../backend/state-backend.js'
import type { Timer, TimerQueue } from '../backend/timer-queue.js'
import type { StateRecord } from '../checkpoint/manifest.js'
import type { StateDecision } from '../checkpoint/state-evolution.js'
import { keyGroupOf } from '../keygroup/hash.js'
import {
  checkParallelism,
  type KeyGroupRange,
  subtaskOf,
  subtaskRange,
} from '../keygroup/key-group-range.js'
import { type KeyIdentity, keyIdentity } from '../keygroup/key-identity.js'
import { assembleRun } from '../run/assemble.js'
import type { Row } from '../run/format.js'
import { mergeRows } from '../run/merge.js'
import { TimerQueueGroup } from '../runtime/timers.js'
import type { StateDescriptor, StateDescriptors, StatesOf } from '../state/descriptor.js'
import { checkedKey, type Key, type KeyType, keyText, keyTypeOf } from '../state/key.js'
import { type NamespacedState, VOID_NAMESPACE } from '../state/namespace.js'
import { StateClock } from '../state/state-clock.js'
import { type Contents, digestOf, stateAt } from './contents.js'
import {
  decideStates,
  type HarnessCheckpoint,
  type HarnessRecords,
  livingOf,
  NOTHING_KNOWN,
  recordsAt,
} from './harness-checkpoint.js'
import { type CommittedRun, type Delta, HarnessSnapshot, openRun } from './harness-snapshot.js'
import { CONTENT } from './state-content.js'

/** What a harness is opened with. */
export interface KeyedHarnessOptions<D extends StateDescriptors> {
  readonly backend: StateBackend
  readonly states: D
  /** Default: 1. */
  readonly parallelism?: number
  /** Default: 128. */
  readonly maxParallelism?: number
  /** What to begin with: committed runs, oldest first, or a checkpoint of another harness. Default: nothing. */
  readonly runs?: readonly Uint8Array[] | HarnessCheckpoint
  /** The clock of all subtasks, for the test to move. Default: one that begins at 0. */
  readonly clock?: StateClock
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
  /** The clock of all subtasks. */
  readonly clock: StateClock
  /** Of the backends that are open. */
  #decisions: ReadonlyMap<string, StateDecision> = new Map()
  /** Whether the next run takes the place of the whole chain. */
  #rewriting: boolean
  #chain: CommittedRun[] = []
  /** Of the last checkpoint. */
  #kept: HarnessRecords = NOTHING_KNOWN
  #subtasks: Subtask<D>[] = []
  #snapshot: HarnessSnapshot | undefined

  private constructor(options: KeyedHarnessOptions<D>) {
    this.#options = options
    this.#maxParallelism = options.maxParallelism ?? 128
    this.#keyType = options.keyType
    this.clock = options.clock ?? new StateClock()
    this.#rewriting = options.rewrite ?? false
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

  /** The last checkpoint. */
  get checkpointed(): HarnessCheckpoint {
    return { ...this.#kept, runs: this.runs }
  }

  /** What a manifest says of the states, for a harness that goes on from {@link runs} with other ones. */
  get records(): ReadonlyMap<string, StateRecord> {
    return new Map([...this.#kept.records, ...this.#recordsNow().records])
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
    return this.#useAt(key).states
  }

  /** Makes a key current and returns a queue of timers at its subtask. */
  timers(key: Key, name: string): TimerQueue {
    return this.#useAt(key).backend.timers(name)
  }

  /** Takes the first of all subtasks' timers, if its time is not after `upTo`, and makes its key current. */
  poll(name: string, upTo: number = Number.POSITIVE_INFINITY): Timer | undefined {
    const group = new TimerQueueGroup(this.backends.map((backend) => backend.timers(name)))
    const timer = group.poll(upTo)
    if (timer !== undefined) this.use(timer.key)
    return timer
  }

  /** Every key that has any state. */
  keys(): Key[] {
    return this.#subtasks.flatMap(({ backend }) => Array.from(backend.keys(), ([key]) => key))
  }

  /** Freezes the changes of all subtasks. The last snapshot has to be settled, or gone by a restore. */
  beginSnapshot(): HarnessSnapshot {
    ok(this.#snapshot?.ended !== false, 'the last snapshot is not settled')
    const parts = this.backends.map((backend) => backend.snapshot())
    const { records, at } = this.#recordsNow(this.#options.rewrite)
    this.#snapshot = new HarnessSnapshot(parts, (run) => {
      this.#kept = { records: new Map([...this.#kept.records, ...records]), at }
      if (this.#rewriting) this.#chain = []
      this.#rewriting = false
      if (run !== undefined) this.#chain.push(run)
    })
    return this.#snapshot
  }

  /** A whole checkpoint: its run is at the end of the chain. */
  checkpoint(): Promise<Delta> {
    return this.beginSnapshot().commit()
  }

  /** Merges neighbours of the chain into one run: those from `first` up to but not `end`; default: all. */
  async compact(first = 0, end: number = this.#chain.length): Promise<void> {
    const below = this.runs.slice(first, end).map((bytes) => ({ bytes }))
    const built = await assembleRun([], below, ({ state }) => livingOf(this.#kept, state))
    const merged = built === undefined ? [] : [await openRun(Buffer.concat(built.chunks))]
    this.#chain = this.#chain.toSpliced(first, end - first, ...merged)
  }

  /** Closes the backends and opens new ones from the chain: what was not committed is gone. */
  async restore(parallelism: number = this.#subtasks.length): Promise<void> {
    checkParallelism(parallelism, this.#maxParallelism)
    await this[Symbol.asyncDispose]()
    this.#decisions = decideStates(this.#options.states, this.#kept)
    for (let index = 0; index < parallelism; index++) {
      this.#subtasks.push(await this.#open(subtaskRange(index, parallelism, this.#maxParallelism)))
    }
  }

  /** Makes these runs, or those of a checkpoint, the chain, and restores. */
  async restoreTo(
    from: readonly Uint8Array[] | HarnessCheckpoint,
    parallelism?: number,
  ): Promise<void> {
    const { records } = this.#options
    const known = records === undefined ? NOTHING_KNOWN : { ...NOTHING_KNOWN, records }
    const { runs, ...kept } = 'runs' in from ? from : { runs: from, ...known }
    this.#chain = await Promise.all(runs.map(openRun))
    this.#kept = kept
    await this.restore(parallelism)
  }

  /**
   * What is kept, of every key, in each namespace: the value of a value state, a `Map` of a map or ordered map state, an
   * array of a list state, one of [time, element] of a time list state, the result of a reducing or aggregating state.
   * Also checks what backends say of keys: each once, of a group within the range; and that states agree with themselves.
   * Changes the current keys.
   */
  contents(): Contents {
    const contents = new Map<Key, Record<string, unknown>>()
    const listed = new Map<KeyIdentity, Record<string, unknown>>()
    for (const { range, backend } of this.#subtasks) {
      for (const [key, keyGroup] of backend.keys()) {
        holds(!listed.has(keyIdentity(key)), () => `the key ${keyText(key)} is listed twice`)
        const type = this.#keyTypeFor(key)
        const group = keyGroupOf(key, type, this.#maxParallelism)
        holds(
          keyGroup === group,
          () => `${keyText(key)} is listed in group ${keyGroup}, not ${group}`,
        )
        const inRange = range.first <= group && group <= range.last
        holds(inRange, () => `${keyText(key)} is out of the range`)
        const found = {}
        contents.set(key, found)
        listed.set(keyIdentity(key), found)
      }
      for (const name of this.#names('state')) this.#read(backend, name, listed)
    }
    for (const [key, found] of contents) {
      holds(Object.keys(found).length > 0, () => `${keyText(key)} is listed and has no state`)
    }
    this.#readTimers(contents, listed)
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

  #useAt(key: Key): Subtask<D> {
    const type = this.#keyTypeFor(key)
    const checked = checkedKey(key, type)
    const keyGroup = keyGroupOf(checked, type, this.#maxParallelism)
    const index = subtaskOf(keyGroup, this.#subtasks.length, this.#maxParallelism)
    const subtask = this.#subtasks[index]
    ok(subtask !== undefined, 'the harness is closed, or its last restore failed')
    subtask.backend.setCurrentKey(checked, keyGroup, type)
    return subtask
  }

  #keyTypeFor(key: Key): KeyType {
    this.#keyType ??= keyTypeOf(key)
    return this.#keyType
  }

  #names(kind: 'state' | 'timers'): string[] {
    const { states } = this.#options
    return Object.keys(states).filter(
      (name) => (states[name]?.kind === 'timers') === (kind === 'timers'),
    )
  }

  /** Adds each key's timers, as their times and namespaces in order. Checks that each is listed once. */
  #readTimers(
    contents: Map<Key, Record<string, unknown>>,
    listed: Map<KeyIdentity, Record<string, unknown>>,
  ): void {
    for (const name of this.#names('timers')) {
      for (const queue of this.backends.map((backend) => backend.timers(name))) {
        const timers = [...queue.timers()]
        equal(timers.length, queue.size, `the size of "${name}"`)
        timers.sort(
          (a, b) => a.time - b.time || (keyText(a.namespace) < keyText(b.namespace) ? -1 : 1),
        )
        for (const { key, time, namespace } of timers) {
          const found = listed.get(keyIdentity(key)) ?? {}
          if (!listed.has(keyIdentity(key))) contents.set(key, found)
          listed.set(keyIdentity(key), found)
          const before = (found[name] ?? []) as readonly unknown[]
          found[name] = [...before, namespace === undefined ? [time] : [time, namespace]]
        }
      }
    }
  }

  /** What every key and namespace holds of one state. Leaves the state in the void namespace. */
  #read(
    backend: KeyedStateBackend,
    name: string,
    into: ReadonlyMap<KeyIdentity, Record<string, unknown>>,
  ): void {
    const { kind } = this.#options.states[name] as StateDescriptor
    const state = backend.state(name) as NamespacedState
    for (const [key, keyGroup, namespace] of backend.keysAndNamespaces(name)) {
      backend.setCurrentKey(key, keyGroup, this.#keyTypeFor(key))
      state.setCurrentNamespace(namespace)
      const found = into.get(keyIdentity(key))
      const place = stateAt(name, namespace)
      if (found === undefined)
        throw new AssertionError({ message: `${keyText(key)} is not listed` })
      holds(!(place in found), () => `${keyText(key)} is listed twice with "${place}"`)
      found[place] = CONTENT[kind](state, name)
      holds(found[place] !== undefined, () => `${keyText(key)} is listed with "${place}", empty`)
    }
    state.setCurrentNamespace(VOID_NAMESPACE)
  }

  async #open(range: KeyGroupRange): Promise<Subtask<D>> {
    const { states } = this.#options
    const backend = await this.#options.backend.open({
      operator: OPERATOR,
      range,
      states,
      keyType: this.#keyType,
      clock: this.clock,
      codecs: new Map(Array.from(this.#decisions, ([name, { codec }]) => [name, codec])),
      rewrite: new Set(this.#rewriting ? Object.keys(states) : []),
      restore: (state) => this.#rows(state, range),
      turn: () => Promise.resolve(),
    })
    const opened = this.#names('state').map((name) => [name, backend.state(name)] as const)
    return { range, backend, states: Object.fromEntries(opened) as StatesOf<D> }
  }

  #rows(state: string, range: KeyGroupRange): AsyncIterable<readonly Row[]> {
    const cursors = this.#chain.flatMap(({ reader }) => {
      const section = reader.section({ operator: OPERATOR, state })
      return section === undefined ? [] : [reader.rows(section, range)]
    })
    return mergeRows(cursors, { bottom: true, living: livingOf(this.#kept, state) })
  }

  /** What a manifest says now. Rows are written anew once, by the first checkpoint. */
  #recordsNow(rewritten = this.#options.rewrite === true && !this.#rewriting): HarnessRecords {
    return recordsAt(this.#decisions, this.clock, rewritten)
  }
}

/** As `ok`; the message is made only where it is needed: there are many. */
function holds(condition: boolean, message: () => string): void {
  if (!condition) throw new AssertionError({ message: message() })
}
