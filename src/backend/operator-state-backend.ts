/**
 * CONTRACT: state of one operator's subtasks that belongs to no key. One process holds all subtasks of an operator,
 * so its rows are read once and what is shared is held once (in Flink each subtask reads every file of a
 * union state: FLINK-21436). `operatorStateSuite` of `holdfast/testing` is the definition in tests.
 *
 * Rows, of the ordinary run format, all in key group 0 with the void namespace: the key of a split list is its
 * subtask's index; the key of a union list's part grows with each restore, so that ascending keys are the order of
 * the elements; a broadcast map has the key 0, its entries their map keys.
 */
import type { KeyGroupRange } from '../keygroup/key-group-range.js'
import type { Row } from '../run/format.js'
import type { OperatorStateDescriptors, OperatorStateKind } from '../state/operator-state.js'
import type { State } from '../state/state.js'
import type { StateCodec } from '../state/state-codec.js'
import type { BackendSnapshot } from './state-backend.js'

/** The only key group that rows of operator state are in. */
export const OPERATOR_STATE_GROUPS: KeyGroupRange = { first: 0, last: 0 }

/** What a checkpoint says of one operator state. */
export interface RestoredOperatorState {
  readonly kind: OperatorStateKind
  /** Split lists: the number of subtasks the rows were written for. `undefined`: as many as there are now. */
  readonly parallelism: number | undefined
}

/** What an operator state backend gets when it opens. */
export interface OperatorStateContext {
  /** The operator's uid. */
  readonly operator: string
  /** Number of its subtasks; at least 1. */
  readonly parallelism: number
  /** Every operator state it declares, by name; none of them the name of a keyed state of this operator. */
  readonly states: OperatorStateDescriptors
  /** As of a keyed backend: how values are read and written that take more than the declared serializer. */
  readonly codecs?: ReadonlyMap<string, StateCodec>
  /** What the checkpoint says of a state; `undefined`: it does not have it. */
  restored(state: string): RestoredOperatorState | undefined
  /** The rows of a state to begin with, in ascending order, all of them PUT. Called once per declared state. */
  restore(state: string): AsyncIterable<readonly Row[]>
  /** Resolves when others had their turn; to be awaited in long work, as when restoring. */
  turn(): Promise<void>
}

/** The operator state of all subtasks of one operator. */
export interface OperatorStateBackend extends AsyncDisposable {
  /**
   * A subtask's state of this name: a `ListState` for split and union lists, a `MapState` for a broadcast map. Always
   * the same object, to be used at any time: no key needs to be current.
   * Requires: `0 <= subtask < parallelism`.
   * @throws `INVALID_STATE` if it was not declared
   */
  state(subtask: number, name: string): State

  /**
   * Freezes what changed since the last snapshot; as `KeyedStateBackend.snapshot`.
   * @throws `INVALID_STATE` if one is not settled
   */
  snapshot(): BackendSnapshot

  /**
   * Whether anything is to be written since the last snapshot. A restore at another parallelism counts as a change
   * of the split lists whose elements moved.
   */
  readonly dirty: boolean
}
