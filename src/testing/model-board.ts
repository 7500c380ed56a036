/**
 * What the model test plays on: a backend and the oracle side by side, and the checkpoints both can go back to.
 * Snapshots are written row by row, with operations in between.
 */
import { deepEqual, equal } from 'node:assert/strict'
import type { StatesOf } from '../state/descriptor.js'
import type { Key } from '../state/key.js'
import type { Namespace, NamespacedState } from '../state/namespace.js'
import type { CaseStates } from './backend-context.js'
import { stateAt } from './contents.js'
import type { HarnessSnapshot } from './harness-snapshot.js'
import type { KeyedHarness } from './keyed-harness.js'
import type { ModelDraw } from './model-draw.js'
import { Oracle, type OraclePlace } from './oracle.js'

/** A checkpoint: the chain of runs, and what they hold by the oracle. */
interface Committed {
  readonly runs: readonly Uint8Array[]
  readonly oracle: Oracle
}

/** A state in the namespace it is to act in, and where the oracle keeps it. */
export interface Opened<N extends keyof CaseStates> {
  readonly state: StatesOf<CaseStates>[N]
  readonly at: OraclePlace
}

/** A backend and the oracle, side by side. */
export class ModelBoard {
  readonly harness: KeyedHarness<CaseStates>
  readonly draw: ModelDraw
  oracle: Oracle = new Oracle()
  /** Newest last. */
  #committed: Committed[] = [{ runs: [], oracle: new Oracle() }]
  #snapshot: HarnessSnapshot | undefined
  #atBarrier: Oracle = new Oracle()
  #settling = false
  #current: { readonly key: Key; readonly states: StatesOf<CaseStates> } | undefined

  constructor(harness: KeyedHarness<CaseStates>, draw: ModelDraw) {
    this.harness = harness
    this.draw = draw
  }

  /** A state of a drawn key, in a drawn namespace. */
  open<N extends keyof CaseStates & string>(
    name: N,
    key: Key = this.draw.key(),
    namespace: Namespace = this.draw.namespace(),
  ): Opened<N> {
    const state = this.#use(key)[name]
    ;(state as NamespacedState).setCurrentNamespace(namespace)
    return { state, at: { key, state: stateAt(name, namespace) } }
  }

  /** The next few steps of the open snapshot, or a new one. */
  async stepSnapshot(): Promise<void> {
    const snapshot = this.#snapshot
    if (snapshot === undefined) return this.#begin()
    for (let steps = 1 + this.draw.below(6); steps > 0; steps--) {
      const done = this.#settling ? snapshot.settle() : snapshot.write()
      if (!done) continue
      if (this.#settling) this.#snapshot = undefined
      else if (this.draw.below(4) === 0) this.#settling = true
      else await this.#seal(snapshot)
      return
    }
  }

  /** Gives the open snapshot up, from here on or from here to the end at once. */
  abandonSnapshot(): void {
    if (this.#settling) return
    this.#settling = true
    if (this.draw.below(2) === 0) return
    this.#snapshot?.abandon()
    this.#snapshot = undefined
  }

  async restore(): Promise<void> {
    if (this.draw.below(8) === 0) await this.#compact()
    await this.#restoreTo(this.#committed.at(-1) as Committed)
  }

  /** Restores one of the last checkpoints; what came after it never was. */
  async goBack(): Promise<void> {
    const index = Math.max(0, this.#committed.length - 1 - this.draw.below(4))
    this.#committed = this.#committed.slice(0, index + 1)
    await this.#restoreTo(this.#committed[index] as Committed)
  }

  /** What there is in the end is right, and all of it goes through one more checkpoint. */
  async finish(): Promise<void> {
    const expected = this.oracle.contents()
    deepEqual(this.harness.contents(), expected)
    this.#snapshot?.abandon()
    await this.harness.checkpoint()
    await this.harness.restore()
    deepEqual(this.harness.contents(), expected)
  }

  #begin(): void {
    const { dirty } = this.harness
    if (!dirty) deepEqual(this.oracle.contents(), this.#committed.at(-1)?.oracle.contents())
    this.#atBarrier = this.oracle.copy()
    this.#snapshot = this.harness.beginSnapshot()
    this.#settling = false
    equal(this.harness.dirty, false)
  }

  async #seal(snapshot: HarnessSnapshot): Promise<void> {
    await snapshot.seal()
    this.#settling = true
    this.#committed.push({ runs: this.harness.runs, oracle: this.#atBarrier })
    if (this.#committed.length > 5) this.#committed.shift()
  }

  /** Of the newest checkpoint: the same contents with neighbours of its runs merged, or all of them. */
  async #compact(): Promise<void> {
    const first = this.draw.below(2) * this.draw.below(this.harness.runs.length + 1)
    await this.harness.compact(first, first === 0 ? undefined : first + 2)
    const { oracle } = this.#committed.pop() as Committed
    this.#committed.push({ runs: this.harness.runs, oracle })
  }

  async #restoreTo({ runs, oracle }: Committed): Promise<void> {
    await this.harness.restoreTo(runs, 1 + this.draw.below(5))
    this.#snapshot = undefined
    this.#current = undefined
    this.oracle = oracle.copy()
    deepEqual(this.harness.contents(), this.oracle.contents())
    equal(this.harness.dirty, false)
  }

  /** A key that is current already is not always made current again. */
  #use(key: Key): StatesOf<CaseStates> {
    if (this.#current?.key !== key || this.draw.below(2) === 0) {
      this.#current = { key, states: this.harness.use(key) }
    }
    return this.#current.states
  }
}
