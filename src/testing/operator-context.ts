/**
 * What the cases of operator state share. As with keyed state, each case is one text for several modes: where it says
 * `here()`, nothing happens, or everything goes through a checkpoint and a restore, or through a rescale.
 * Invariant: `here()` loses, doubles and reorders no element, and leaves nothing to write.
 */
import { deepEqual, equal } from 'node:assert/strict'
import type { StateBackend } from '../backend/state-backend.js'
import type { Key } from '../state/key.js'
import {
  broadcastState,
  type OperatorStateDescriptor,
  type OperatorStateDescriptors,
  splitListState,
  unionListState,
} from '../state/operator-state.js'
import type { ListState, MapState } from '../state/state.js'
import type { BackendMode } from './backend-context.js'
import { OperatorHarness, type OperatorHarnessOptions } from './operator-harness.js'
import type { ConformanceCase } from './suite.js'

/** The states most cases use. */
export interface OperatorCaseStates extends OperatorStateDescriptors {
  readonly split: OperatorStateDescriptor<ListState<unknown>>
  readonly otherSplit: OperatorStateDescriptor<ListState<unknown>>
  readonly union: OperatorStateDescriptor<ListState<unknown>>
  readonly broadcast: OperatorStateDescriptor<MapState<Key, unknown>>
  readonly otherBroadcast: OperatorStateDescriptor<MapState<Key, unknown>>
}

/** The states of {@link OperatorCaseStates}. */
export const OPERATOR_CASE_STATES: OperatorCaseStates = {
  split: splitListState(),
  otherSplit: splitListState(),
  union: unionListState(),
  broadcast: broadcastState(),
  otherBroadcast: broadcastState(),
}

/** One behaviour of operator state. */
export interface OperatorStateCase extends ConformanceCase<OperatorContext> {
  /** Set if restoring is the subject, or nothing is ever kept: then it is run in plain mode only. */
  readonly once?: true
}

/** Subtasks of the harness each case is given. */
const PARALLELISM = 2

/** What is handed to each case. */
export class OperatorContext {
  readonly backend: StateBackend
  readonly mode: BackendMode
  readonly #opened: AsyncDisposable[] = []
  #harness: OperatorHarness<OperatorCaseStates> | undefined
  /** How often `here()` was said. */
  heres = 0

  constructor(backend: StateBackend, mode: BackendMode) {
    this.backend = backend
    this.mode = mode
  }

  /** An empty harness over {@link OPERATOR_CASE_STATES} with two subtasks. */
  get h(): OperatorHarness<OperatorCaseStates> {
    if (this.#harness === undefined) throw new Error('prepare() comes first')
    return this.#harness
  }

  /** Opens {@link h}. */
  async prepare(): Promise<void> {
    this.#harness = await this.open({ states: OPERATOR_CASE_STATES })
  }

  /** A harness of the case's own. Closed after the case. */
  readonly open = async <O extends OperatorStateDescriptors>(
    options: Omit<OperatorHarnessOptions<O>, 'backend'>,
  ): Promise<OperatorHarness<O>> => {
    const { backend } = this
    const harness = await OperatorHarness.open<O>({
      parallelism: PARALLELISM,
      ...options,
      backend,
    })
    this.#opened.push(harness)
    return harness
  }

  /** The place in a case where nothing happens, or a restore, or a rescale. States are to be asked for again. */
  readonly here = async (): Promise<void> => {
    this.heres++
    if (this.mode === 'plain') return
    const { h } = this
    const before = elementsOf(h)
    await h.checkpoint()
    if (this.mode === 'rescaled') {
      for (const parallelism of [1, 3, PARALLELISM]) {
        await h.restore(parallelism)
        await h.checkpoint()
      }
    }
    await h.restore()
    deepEqual(elementsOf(h), before, 'the elements before and after')
    equal(h.dirty, false, 'dirty after a restore')
    deepEqual((await h.checkpoint()).rows, {}, 'rows to write after a restore')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const harness of this.#opened.splice(0)) await harness[Symbol.asyncDispose]()
  }
}

/** What does not depend on who has it: the elements of all split lists in order, and the maps. */
function elementsOf(h: OperatorHarness<OperatorCaseStates>): unknown {
  const { split, otherSplit, broadcast, otherBroadcast } = h.contents()
  return [allOf(split), allOf(otherSplit), broadcast, otherBroadcast]
}

/** The elements of the lists of all subtasks, in order. */
export function allOf(lists: unknown): unknown[] {
  return (lists as readonly (readonly unknown[])[]).flat(1)
}
