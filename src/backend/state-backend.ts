/**
 * CONTRACT: the working set. A backend keeps the state of one operator for a range of key groups and, at a
 * barrier, freezes what changed since the last snapshot. It knows nothing of manifests or storage: what
 * it gives and takes are rows. `backendSuite` of `holdfast/testing` is the definition in tests.
 *
 * One key at a time is current; states act on it. Everything between two barriers is synchronous.
 */
import type { KeyGroupRange } from '../keygroup/key-group-range.js'
import type { Row } from '../run/format.js'
import type { RowEncoder } from '../run/row-batch.js'
import type { StateDescriptors } from '../state/descriptor.js'
import type { Key, KeyType } from '../state/key.js'
import type { Namespace } from '../state/namespace.js'
import type { State } from '../state/state.js'
import type { StateClock } from '../state/state-clock.js'
import type { StateCodec } from '../state/state-codec.js'
import type { TimerQueue } from './timer-queue.js'

/** Makes keyed backends; holds configuration only. */
export interface StateBackend {
  /** Its name, for people and metrics: `memory`. */
  readonly name: string
  /**
   * Opens the state of one subtask of one operator, restored if there is something to restore.
   * @throws `CORRUPT` for rows that are not what they should be, `LIMIT_EXCEEDED` where they do not fit
   */
  open(context: KeyedBackendContext): Promise<KeyedStateBackend>
}

/** What a keyed backend gets when it opens. */
export interface KeyedBackendContext {
  /** The operator's uid. */
  readonly operator: string
  /** The key groups it owns. */
  readonly range: KeyGroupRange
  /** Every state the operator declares, by name. */
  readonly states: StateDescriptors
  /** The keys' type, if it is known before the first key; what is restored has keys of it. */
  readonly keyType?: KeyType | undefined
  /** Time as the operator sees it; moved by the runtime, between records. */
  readonly clock: StateClock
  /**
   * How the values of a state are read and written, where more than its declared serializer is needed for that: state
   * that was written with older schemas.
   */
  readonly codecs?: ReadonlyMap<string, StateCodec>
  /** States whose restored rows count as changed: the first snapshot holds them all, lists whole. Default: none. */
  readonly rewrite?: ReadonlySet<string>
  /**
   * The rows of a state to begin with, in ascending order, all of them PUT, each key group within `range`.
   * Called once per declared state.
   */
  restore(state: string): AsyncIterable<readonly Row[]>
  /** Resolves when others had their turn; to be awaited in long work, as when restoring. */
  turn(): Promise<void>
}

/** Decides, within long work, whether it is time to let others have their turn. Cheap enough to ask per row. */
export type Pause = () => boolean

/** A key and what goes with it. */
export interface CurrentKey {
  readonly key: Key
  readonly keyGroup: number
  readonly keyType: KeyType
}

/** The state of one operator for a range of key groups. */
export interface KeyedStateBackend extends AsyncDisposable {
  /**
   * Makes a key current for all states.
   * Requires: `key` passed `checkedKey` for `keyType`, `keyGroup` is its group.
   * @throws `INVALID_KEY` if the group is not within the range; nothing is changed then
   */
  setCurrentKey(key: Key, keyGroup: number, keyType: KeyType): void

  /** The current key, its group and type; `undefined` before the first `setCurrentKey`. */
  readonly currentKey: CurrentKey | undefined

  /**
   * The state of this name; always the same object, in the void namespace at first. It is a `NamespacedState`; list, time list,
   * reducing and aggregating state is a `MergingState`. Its members throw `INVALID_STATE` before the first
   * `setCurrentKey`.
   * @throws `INVALID_STATE` if it was not declared
   */
  state(name: string): State

  /**
   * The timers declared by this name, of kind `timers`; always the same object.
   * @throws `INVALID_STATE` if they were not declared
   */
  timers(name: string): TimerQueue

  /**
   * Makes these keys quick to access until the next `prefetch` or barrier. `undefined` if there is
   * nothing to wait for.
   */
  prefetch(keys: readonly Key[]): Promise<void> | undefined

  /**
   * Every key that has any state in any namespace that has not expired, with its group, each once. What is visited may
   * be changed or cleared meanwhile.
   */
  keys(): IterableIterator<readonly [Key, number]>

  /**
   * Every key that has something in this state and namespace, with its group. What is visited may be changed or
   * cleared meanwhile; a key that comes to have something may be missing.
   * @throws `INVALID_STATE` if the state was not declared, `INVALID_ARGUMENT`, `INVALID_KEY` for the namespace
   */
  keysOf(state: string, namespace: Namespace): IterableIterator<readonly [Key, number]>

  /**
   * Every key and namespace that has something in this state, with the key's group; otherwise as `keysOf`.
   * @throws `INVALID_STATE` if the state was not declared
   */
  keysAndNamespaces(state: string): IterableIterator<readonly [Key, number, Namespace]>

  /**
   * Removes what has expired, without its being read: goes through the states that have a time to live, until every
   * entry was looked at (`true`) or until `pause` says so (`false`: call again to go on from there). A removal is one
   * like any other. Of a list, elements may stay that have expired while more have not; they count as absent.
   * To be called whenever there is time, between batches, with a snapshot under way or not.
   */
  sweep(pause: Pause): boolean

  /**
   * Freezes what changed since the last snapshot: synchronous, and its duration does not grow with the
   * number of keys. At most one snapshot is unsettled at a time.
   * @throws `INVALID_STATE` if one is
   */
  snapshot(): BackendSnapshot

  /** Whether anything changed since the last snapshot. */
  readonly dirty: boolean
}

/** The frozen changes of one backend between two barriers. */
export interface BackendSnapshot {
  /**
   * Encodes the changes as rows, each row key once, until done (`true`) or until `pause` says so (`false`:
   * call again). The state may be used meanwhile.
   */
  write(out: RowEncoder, pause: Pause): boolean

  /**
   * Ends the snapshot, in the same slices. Committed: the changes are in a committed manifest. Not committed:
   * they count as changed again, deletions too, and go into the next snapshot. May be called before
   * `write` is done, not after it returned `true` itself.
   */
  settle(committed: boolean, pause: Pause): boolean
}
