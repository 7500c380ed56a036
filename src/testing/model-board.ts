/**
 * What the model test plays on: a backend and the oracle side by side, and the checkpoints both can go back to.
 * Snapshots are written row by row, with operations in between.
 */
import { deepEqual, equal } from 'node:assert/strict'
import type { StatesOf } from '../state/descriptor.js'
import type { Key } from '../state/key.js'
import type { Namespace, NamespacedState } from '../state/namespace.js'
import type { HarnessCheckpoint } from './harness-checkpoint.js'
import type { HarnessSnapshot } from './harness-snapshot.js'
import type { KeyedHarness } from './keyed-harness.js'
import { compareContents } from './model-contents.js'
import type { ModelDraw } from './model-draw.js'
import { type AgingRules, type ModelStates, modelStates } from './model-states.js'
import { Oracle, type OraclePlace, placeOf } from './oracle.js'
import { OracleAges } from './oracle-ages.js'

/** A checkpoint, and what it holds by the oracle. */
interface Committed {
  readonly checkpoint: HarnessCheckpoint
  readonly oracle: Oracle
}

/** A state in the namespace it is to act in, and where the oracle keeps it. */
export interface Opened<N extends keyof ModelStates> {
  readonly state: StatesOf<ModelStates>[N]
  readonly at: OraclePlace
}

/** A backend and the oracle, side by side. */
export class ModelBoard {
  readonly harness: KeyedHarness<ModelStates>
  readonly draw: ModelDraw
  readonly states: ModelStates
  readonly ages: OracleAges
  oracle: Oracle = new Oracle()
  /** Newest last. */
  #committed: Committed[]
  #snapshot: HarnessSnapshot | undefined
  #atBarrier: Oracle = new Oracle()
  #settling = false
  #current: { readonly key: Key; readonly states: StatesOf<ModelStates> } | undefined

  constructor(harness: KeyedHarness<ModelStates>, draw: ModelDraw, rules: AgingRules) {
    this.harness = harness
    this.draw = draw
    this.states = modelStates(rules)
    this.ages = new OracleAges(rules, harness.clock)
    this.#committed = [{ checkpoint: harness.checkpointed, oracle: new Oracle() }]
    harness.clock.timestamp = 0
  }

  /** A state of a drawn key, in a drawn namespace. */
  open<N extends keyof ModelStates & string>(
    name: N,
    key: Key = this.draw.key(),
    namespace: Namespace = this.draw.namespace(),
  ): Opened<N> {
    const state = this.#use(key)[name]
    ;(state as NamespacedState).setCurrentNamespace(namespace)
    return { state, at: placeOf(name, key, namespace) }
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
    // Often, so that chains stay short.
    if (this.draw.below(2) === 0) await this.#compact()
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
    this.#compare()
    this.#snapshot?.abandon()
    await this.harness.checkpoint()
    await this.harness.restore()
    this.oracle = this.ages.survivors(this.oracle, this.harness.clock)
    this.#compare()
  }

  /** Another key may be current now. */
  keyChanged(): void {
    this.#current = undefined
  }

  #begin(): void {
    if (!this.harness.dirty) {
      const before = this.#committed.at(-1)?.oracle ?? new Oracle()
      deepEqual(this.#presentIn(this.oracle), this.#presentIn(before), 'and nothing is dirty')
    }
    this.#atBarrier = this.oracle.copy()
    this.#snapshot = this.harness.beginSnapshot()
    this.#settling = false
    equal(this.harness.dirty, false)
  }

  async #seal(snapshot: HarnessSnapshot): Promise<void> {
    await snapshot.seal()
    this.#settling = true
    this.#committed.push({ checkpoint: this.harness.checkpointed, oracle: this.#atBarrier })
    if (this.#committed.length > 5) this.#committed.shift()
  }

  /** Of the newest checkpoint: the same contents with neighbours of its runs merged, or all of them. */
  async #compact(): Promise<void> {
    const first = this.draw.below(2) * this.draw.below(this.harness.runs.length + 1)
    await this.harness.compact(first, first === 0 ? undefined : first + 2)
    const { oracle } = this.#committed.pop() as Committed
    this.#committed.push({ checkpoint: this.harness.checkpointed, oracle })
  }

  /** The clock goes on, or, as after a restart, begins where the checkpoint was taken. */
  async #restoreTo({ checkpoint, oracle }: Committed): Promise<void> {
    const { clock } = this.harness
    if (this.draw.below(2) === 0) {
      clock.now = checkpoint.at.now
      clock.watermark = checkpoint.at.eventTime
    }
    await this.harness.restoreTo(checkpoint, 1 + this.draw.below(5))
    this.#snapshot = undefined
    this.oracle = this.ages.survivors(oracle, checkpoint.at)
    equal(this.harness.dirty, false)
    this.#compare()
  }

  #compare(): void {
    const { harness, states, oracle, ages } = this
    compareContents({ harness, states, keyType: this.draw.keyType, oracle, ages })
    this.keyChanged()
  }

  #presentIn(oracle: Oracle): unknown {
    const present = this.ages.present(oracle).map(({ at, content }) => [at.id, content] as const)
    const timers = ['eventTimers', 'processingTimers'].flatMap((queue) => oracle.timers(queue))
    return [new Map(present), new Set(timers)]
  }

  /** A key that is current already is not always made current again. */
  #use(key: Key): StatesOf<ModelStates> {
    if (this.#current?.key !== key || this.draw.below(2) === 0) {
      this.#current = { key, states: this.harness.use(key) }
    }
    return this.#current.states
  }
}
