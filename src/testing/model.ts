/**
 * The model test of a state backend: random operations by a seed, each compared with plain Maps and arrays that share no code
 * with any backend. Snapshots are written row by row with operations in between, committed or given up at any
 * moment; restores go back to what was committed, at any parallelism, and the oracle with them.
 */
import { deepEqual, equal } from 'node:assert/strict'
import type { StateBackend } from '../backend/state-backend.js'
import { messageOf } from '../base/errors.js'
import type { StatesOf } from '../state/descriptor.js'
import type { Key } from '../state/key.js'
import { CASE_STATES, type CaseStates } from './backend-context.js'
import type { HarnessSnapshot } from './harness-snapshot.js'
import { KeyedHarness } from './keyed-harness.js'
import { ModelDraw } from './model-draw.js'
import { Oracle } from './oracle.js'

/** What to play. */
export interface ModelOptions {
  readonly backend: StateBackend
  /** The same seed gives the same operations; fewer of them are the first of more. */
  readonly seed: number
  readonly operations: number
}

const MAX_PARALLELISM = 16

/** A checkpoint: the chain of runs, and what they hold by the oracle. */
interface Committed {
  readonly runs: readonly Uint8Array[]
  readonly oracle: Oracle
}

/**
 * Plays the operations of one seed.
 * @throws an `Error` that names the seed and the operation at the first difference
 */
export async function runModel(options: ModelOptions): Promise<void> {
  const draw = new ModelDraw(options.seed)
  await using harness = await KeyedHarness.open({
    backend: options.backend,
    states: CASE_STATES,
    maxParallelism: MAX_PARALLELISM,
    parallelism: 1 + draw.below(3),
    keyType: draw.keyType,
  })
  const model = new Model(harness, draw)
  let operation = 0
  let name = 'the last comparison'
  try {
    for (; operation < options.operations; operation++) {
      const next = draw.weighted(WEIGHTS)
      name = next
      await model[next]()
    }
    name = 'the last comparison'
    await model.finish()
  } catch (cause) {
    const where = `seed ${options.seed}, operation ${operation} (${name})`
    throw new Error(`${where}: ${messageOf(cause)}\nagain: HOLDFAST_SEED=${options.seed}`, {
      cause,
    })
  }
}

/** Operations and how often they come, relative to each other. */
const WEIGHTS = {
  readValue: 10,
  updateValue: 20,
  clear: 14,
  readMap: 10,
  putEntry: 22,
  removeEntry: 10,
  clearMap: 4,
  changeWhileIterating: 2,
  readList: 7,
  addElement: 14,
  addElements: 4,
  updateList: 4,
  addToFolds: 14,
  compareKeys: 1,
  stepSnapshot: 30,
  abandonSnapshot: 1,
  restore: 0.3,
  goBack: 0.15,
} as const

type ModelOperation = keyof typeof WEIGHTS

/** A backend and the oracle, side by side. */
class Model implements Record<ModelOperation, () => void | Promise<void>> {
  readonly #harness: KeyedHarness<CaseStates>
  readonly #draw: ModelDraw
  #oracle: Oracle = new Oracle()
  /** Newest last. */
  #committed: Committed[] = [{ runs: [], oracle: new Oracle() }]
  #snapshot: HarnessSnapshot | undefined
  #atBarrier: Oracle = new Oracle()
  #settling = false
  #current: { readonly key: Key; readonly states: StatesOf<CaseStates> } | undefined

  constructor(harness: KeyedHarness<CaseStates>, draw: ModelDraw) {
    this.#harness = harness
    this.#draw = draw
  }

  readValue(): void {
    const [key, name] = [this.#draw.key(), this.#draw.valueName()]
    deepEqual(this.#use(key)[name].value(), this.#oracle.value(key, name))
  }

  updateValue(): void {
    const [key, name, value] = [this.#draw.key(), this.#draw.valueName(), this.#draw.value()]
    this.#use(key)[name].update(value)
    this.#oracle.setValue(key, name, value)
  }

  clear(): void {
    const [key, name] = [this.#draw.key(), this.#draw.clearedName()]
    this.#use(key)[name].clear()
    this.#oracle.setValue(key, name, undefined)
  }

  readMap(): void {
    const [key, name, mapKey] = [this.#draw.key(), this.#draw.mapName(), this.#draw.mapKey()]
    const map = this.#use(key)[name]
    const expected = this.#oracle.map(key, name)
    deepEqual(map.get(mapKey), expected.get(mapKey))
    equal(map.contains(mapKey), expected.has(mapKey))
    equal(map.isEmpty(), expected.size === 0)
    deepEqual(new Map(map.entries()), expected)
  }

  putEntry(): void {
    const [key, name, mapKey, value] = [
      this.#draw.key(),
      this.#draw.mapName(),
      this.#draw.mapKey(),
      this.#draw.value(),
    ]
    this.#use(key)[name].put(mapKey, value)
    this.#oracle.setEntry(key, name, [mapKey, value])
  }

  removeEntry(): void {
    const [key, name, mapKey] = [this.#draw.key(), this.#draw.mapName(), this.#draw.mapKey()]
    this.#use(key)[name].remove(mapKey)
    this.#oracle.setEntry(key, name, [mapKey, undefined])
  }

  clearMap(): void {
    const [key, name] = [this.#draw.key(), this.#draw.mapName()]
    this.#use(key)[name].clear()
    this.#oracle.clearMap(key, name)
  }

  changeWhileIterating(): void {
    const [key, name, clearsAt] = [this.#draw.key(), this.#draw.mapName(), this.#draw.below(20)]
    const map = this.#use(key)[name]
    let reached = 0
    for (const [mapKey] of map.entries()) {
      const value = this.#draw.below(3) === 0 ? this.#draw.value() : undefined
      if (reached++ === clearsAt) {
        map.clear()
        this.#oracle.clearMap(key, name)
      }
      map.put(mapKey, value)
      this.#oracle.setEntry(key, name, [mapKey, value])
    }
  }

  readList(): void {
    const [key, name] = [this.#draw.key(), this.#draw.listName()]
    deepEqual(this.#use(key)[name].get(), this.#oracle.list(key, name))
  }

  addElement(): void {
    const [key, name, value] = [this.#draw.key(), this.#draw.listName(), this.#draw.value()]
    this.#use(key)[name].add(value)
    this.#oracle.setList(key, name, [...this.#oracle.list(key, name), value])
  }

  addElements(): void {
    const [key, name, elements] = [this.#draw.key(), this.#draw.listName(), this.#draw.elements()]
    this.#use(key)[name].addAll(elements)
    this.#oracle.setList(key, name, [...this.#oracle.list(key, name), ...elements])
  }

  updateList(): void {
    const [key, name, elements] = [this.#draw.key(), this.#draw.listName(), this.#draw.elements()]
    this.#use(key)[name].update(elements)
    this.#oracle.setList(key, name, elements)
  }

  addToFolds(): void {
    const [key, added] = [this.#draw.key(), this.#draw.below(1000)]
    const { reducing, aggregating } = this.#use(key)
    reducing.add(added)
    aggregating.add(added)
    this.#oracle.fold(key, added)
    equal(reducing.get(), this.#oracle.value(key, 'reducing'))
    equal(aggregating.get(), this.#oracle.value(key, 'aggregating'))
  }

  compareKeys(): void {
    deepEqual(new Set(this.#harness.keys()), new Set(this.#oracle.contents().keys()))
  }

  /** The next few steps of the open snapshot, or a new one. */
  async stepSnapshot(): Promise<void> {
    const snapshot = this.#snapshot
    if (snapshot === undefined) return this.#begin()
    for (let steps = 1 + this.#draw.below(6); steps > 0; steps--) {
      const done = this.#settling ? snapshot.settle() : snapshot.write()
      if (!done) continue
      if (this.#settling) this.#snapshot = undefined
      else if (this.#draw.below(4) === 0) this.#settling = true
      else await this.#seal(snapshot)
      return
    }
  }

  /** Gives the open snapshot up, from here on or from here to the end at once. */
  abandonSnapshot(): void {
    if (this.#settling) return
    this.#settling = true
    if (this.#draw.below(2) === 0) return
    this.#snapshot?.abandon()
    this.#snapshot = undefined
  }

  async restore(): Promise<void> {
    if (this.#draw.below(8) === 0) await this.#compact()
    await this.#restoreTo(this.#committed.at(-1) as Committed)
  }

  /** Restores one of the last checkpoints; what came after it never was. */
  async goBack(): Promise<void> {
    const index = Math.max(0, this.#committed.length - 1 - this.#draw.below(4))
    this.#committed = this.#committed.slice(0, index + 1)
    await this.#restoreTo(this.#committed[index] as Committed)
  }

  /** What there is in the end is right, and all of it goes through one more checkpoint. */
  async finish(): Promise<void> {
    const expected = this.#oracle.contents()
    deepEqual(this.#harness.contents(), expected)
    this.#snapshot?.abandon()
    await this.#harness.checkpoint()
    await this.#harness.restore()
    deepEqual(this.#harness.contents(), expected)
  }

  #begin(): void {
    const { dirty } = this.#harness
    if (!dirty) deepEqual(this.#oracle.contents(), this.#committed.at(-1)?.oracle.contents())
    this.#atBarrier = this.#oracle.copy()
    this.#snapshot = this.#harness.beginSnapshot()
    this.#settling = false
    equal(this.#harness.dirty, false)
  }

  async #seal(snapshot: HarnessSnapshot): Promise<void> {
    await snapshot.seal()
    this.#settling = true
    this.#committed.push({ runs: this.#harness.runs, oracle: this.#atBarrier })
    if (this.#committed.length > 5) this.#committed.shift()
  }

  /** Of the newest checkpoint: the same contents with neighbours of its runs merged, or all of them. */
  async #compact(): Promise<void> {
    const first = this.#draw.below(2) * this.#draw.below(this.#harness.runs.length + 1)
    await this.#harness.compact(first, first === 0 ? undefined : first + 2)
    const { oracle } = this.#committed.pop() as Committed
    this.#committed.push({ runs: this.#harness.runs, oracle })
  }

  async #restoreTo({ runs, oracle }: Committed): Promise<void> {
    await this.#harness.restoreTo(runs, 1 + this.#draw.below(5))
    this.#snapshot = undefined
    this.#current = undefined
    this.#oracle = oracle.copy()
    deepEqual(this.#harness.contents(), this.#oracle.contents())
    equal(this.#harness.dirty, false)
  }

  /** A key that is current already is not always made current again. */
  #use(key: Key): StatesOf<CaseStates> {
    if (this.#current?.key !== key || this.#draw.below(2) === 0) {
      this.#current = { key, states: this.#harness.use(key) }
    }
    return this.#current.states
  }
}
