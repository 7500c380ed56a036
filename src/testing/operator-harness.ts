/**
 * Drives operator state the way the engine does, without storage or runtime: takes snapshots at barriers, keeps the
 * chain of committed runs and what a manifest would say of the states, and opens everything anew from them.
 * Invariant: a restore sees what is committed and nothing else.
 */
import { equal, ok } from 'node:assert/strict'
import { openOperatorState } from '../backend/operator/open-operator-state.js'
import {
  OPERATOR_STATE_GROUPS,
  type OperatorStateBackend,
  type OperatorStateContext,
  type RestoredOperatorState,
} from '../backend/operator-state-backend.js'
import type { StateBackend } from '../backend/state-backend.js'
import { assembleRun } from '../run/assemble.js'
import { mergeRows } from '../run/merge.js'
import type { Key } from '../state/key.js'
import type { OpenedStatesOf, OperatorStateDescriptors } from '../state/operator-state.js'
import type { ListState, MapState } from '../state/state.js'
import { type CommittedRun, type Delta, HarnessSnapshot, openRun } from './harness-snapshot.js'

/** What an operator harness is opened with. */
export interface OperatorHarnessOptions<O extends OperatorStateDescriptors> {
  /** What keeps the rows. */
  readonly backend: StateBackend
  readonly states: O
  /** Default: 1. */
  readonly parallelism?: number
  /** Goes on from what another harness has committed. Default: nothing. */
  readonly from?: OperatorHarness<OperatorStateDescriptors>
  /** Sees and may change what the backend is opened with. */
  readonly opening?: (context: OperatorStateContext) => OperatorStateContext
}

/** What every subtask sees, by state: the lists of all subtasks in order, or the map that all of them share. */
export type OperatorContents = Readonly<
  Record<string, readonly (readonly unknown[])[] | ReadonlyMap<Key, unknown>>
>

const OPERATOR = 'operator'

type Said = ReadonlyMap<string, RestoredOperatorState>

/** The operator state of one operator. */
export class OperatorHarness<O extends OperatorStateDescriptors = OperatorStateDescriptors>
  implements AsyncDisposable
{
  readonly #options: OperatorHarnessOptions<O>
  #parallelism: number
  #chain: CommittedRun[]
  /** What the newest committed manifest says. */
  #said: Said
  #open: OperatorStateBackend | undefined
  #barrier: { readonly snapshot: HarnessSnapshot; readonly says: Said } | undefined

  private constructor(options: OperatorHarnessOptions<O>) {
    this.#options = options
    this.#parallelism = options.parallelism ?? 1
    this.#chain = [...(options.from?.committed.chain ?? [])]
    this.#said = options.from?.committed.said ?? new Map()
  }

  /** Opens the states, restored from what `options.from` has committed. */
  static async open<O extends OperatorStateDescriptors>(
    options: OperatorHarnessOptions<O>,
  ): Promise<OperatorHarness<O>> {
    const harness = new OperatorHarness(options)
    await harness.restore()
    return harness
  }

  /** Number of subtasks. */
  get parallelism(): number {
    return this.#parallelism
  }

  /** The backend; the last restore has opened it. */
  get backend(): OperatorStateBackend {
    ok(this.#open !== undefined, 'the harness is closed, or its last restore failed')
    return this.#open
  }

  get dirty(): boolean {
    return this.backend.dirty
  }

  /** All that is committed. */
  get committed(): { readonly chain: readonly CommittedRun[]; readonly said: Said } {
    this.#seal()
    return { chain: this.#chain, said: this.#said }
  }

  /** A subtask's states. They are good until the next restore. */
  use(subtask: number): OpenedStatesOf<O> {
    const names = Object.keys(this.#options.states)
    const states = names.map((name) => [name, this.backend.state(subtask, name)])
    return Object.fromEntries(states) as OpenedStatesOf<O>
  }

  /** Freezes the changes. The last snapshot has to be settled, or gone by a restore. */
  beginSnapshot(): HarnessSnapshot {
    this.#seal()
    const snapshot = new HarnessSnapshot(
      [this.backend.snapshot()],
      (run) => void (run && this.#chain.push(run)),
    )
    const says = new Map(this.#said)
    for (const [name, { kind }] of Object.entries(this.#options.states)) {
      says.set(name, { kind, parallelism: kind === 'split' ? this.#parallelism : undefined })
    }
    this.#barrier = { snapshot, says }
    return snapshot
  }

  /** A whole checkpoint: its run is at the end of the chain. */
  checkpoint(): Promise<Delta> {
    return this.beginSnapshot().commit()
  }

  /** Merges neighbours of the chain into one run: those from `first` up to but not `end`; default: all. */
  async compact(first = 0, end: number = this.#chain.length): Promise<void> {
    const runs = this.#chain.slice(first, end).map(({ bytes }) => ({ bytes }))
    const built = await assembleRun([], runs)
    const merged = built === undefined ? [] : [await openRun(Buffer.concat(built.chunks))]
    this.#chain = this.#chain.toSpliced(first, end - first, ...merged)
  }

  /** Closes the states and opens them anew: what was not committed is gone. */
  async restore(parallelism: number = this.#parallelism): Promise<void> {
    this.#seal()
    await this[Symbol.asyncDispose]()
    this.#parallelism = parallelism
    const { backend, states, opening = (context: OperatorStateContext) => context } = this.#options
    const said = this.#said
    this.#open = await openOperatorState(
      backend,
      opening({
        operator: OPERATOR,
        parallelism,
        states,
        restored: (state) => said.get(state),
        restore: (state) => {
          const cursors = this.#chain.flatMap(({ reader }) => {
            const section = reader.section({ operator: OPERATOR, state })
            return section === undefined ? [] : [reader.rows(section, OPERATOR_STATE_GROUPS)]
          })
          return mergeRows(cursors, { bottom: true })
        },
        turn: () => Promise.resolve(),
      }),
    )
  }

  /** What the subtasks see. Checks on the way that they see the same broadcast maps, each with one object. */
  contents(): OperatorContents {
    const subtasks = Array.from({ length: this.#parallelism }, (_, subtask) => subtask)
    const of = (name: string, kind: string) => {
      const states = subtasks.map((subtask) => this.backend.state(subtask, name))
      if (kind !== 'broadcast') return states.map((list) => [...(list as ListState<unknown>).get()])
      equal(new Set(states).size, 1, 'a broadcast map is held once')
      return new Map((states[0] as MapState<Key, unknown>).entries())
    }
    const entries = Object.entries(this.#options.states)
    return Object.fromEntries(entries.map(([name, { kind }]) => [name, of(name, kind)]))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#seal()
    this.#barrier = undefined
    const open = this.#open
    this.#open = undefined
    await open?.[Symbol.asyncDispose]()
  }

  #seal(): void {
    if (this.#barrier?.snapshot.sealed !== true) return
    this.#said = this.#barrier.says
    this.#barrier = undefined
  }
}
