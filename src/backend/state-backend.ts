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
  /** Time as the operator sees it; moved by the runtime, between records. */
  readonly clock: StateClock
  /**
   * How the values of a state are read and written, where more than its declared serializer is needed for that: state
   * that was written with older schemas.
   */
  readonly codecs?: ReadonlyMap<string, StateCodec>
  /** Type of the keys; `undefined`: not known before the first `setCurrentKey`, and there are no rows. */
  readonly keyType?: KeyType | undefined
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
   * Requires: `key` passed `checkedKey` for `keyType`, `keyGroup` is its group and within the range.
   */
  setCurrentKey(key: Key, keyGroup: number, keyType: KeyType): void

  /** The current key, its group and type; `undefined` before the first `setCurrentKey`. */
  readonly currentKey: CurrentKey | undefined

  /**
   * The state of this name; always the same object, in the void namespace at first. It is a `NamespacedState`; list,
   * reducing and aggregating state is a `MergingState`. Its members throw `INVALID_STATE` before the first
   * `setCurrentKey`.
   * @throws `INVALID_STATE` if it was not declared
   */
  state(name: string): State

  /**
   * Makes these keys quick to access until the next `prefetch` or barrier. `undefined` if there is
   * nothing to wait for.
   */
  prefetch(keys: readonly Key[]): Promise<void> | undefined

  /**
   * Every key that has any state in any namespace, with its group, each once. What is visited may be changed or
   * cleared meanwhile.
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
