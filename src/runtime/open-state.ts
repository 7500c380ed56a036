/**
 * Keyed state without a job, for those who own their consumer loop: the same backends, checkpoints and fencing.
 * State and the loop's position commit as one: assigning the position is the barrier.
 */
import type { KeyedStateBackend, StateBackend } from '../backend/state-backend.js'
import { defined } from '../base/assert.js'
import { HoldfastError } from '../base/errors.js'
import { isObject, type Json } from '../base/json.js'
import type { OperatorShapes } from '../checkpoint/chain.js'
import { Coordinator } from '../checkpoint/coordinator.js'
import { checkDrops, withoutDropped } from '../checkpoint/dropping.js'
import { checkEvolution, type EvolutionPlan, planEvolution } from '../checkpoint/evolution.js'
import { NO_CONTENT } from '../checkpoint/manifest.js'
import { defaultMaxParallelism, subtaskRange } from '../keygroup/key-group-range.js'
import type { RunBuilder } from '../run/run-builder.js'
import { workerRunBuilder } from '../run/worker-run-builder.js'
import type { StateDescriptors, StatesOf } from '../state/descriptor.js'
import type { Key, KeyType } from '../state/key.js'
import type { KeyMigration } from '../state/key-migration.js'
import { StateClock } from '../state/state-clock.js'
import { type Checkpointed, Checkpointer } from './checkpointer.js'
import { checkKeyMigration, checkName } from './graph.js'
import { Keying } from './keying.js'
import { OperatorEvolution } from './operator-evolution.js'
import { asHoldfastError } from './restart.js'
import {
  checkedSettings,
  type RunComponents,
  type RunOptions,
  type RunSettings,
} from './settings.js'

/** The uid under which embedded state and its position are kept. */
const UID = 'state'

/** Options of embedded state. */
export interface StateStoreOptions<D extends StateDescriptors>
  extends Pick<
    RunOptions,
    | 'interval'
    | 'maxParallelism'
    | 'from'
    | 'retained'
    | 'toleratedFailures'
    | 'drop'
    | 'onEvent'
    | 'clock'
    | 'random'
  > {
  /** The name of the store, part of its checkpoints. One live process per name: a second one fences the first. */
  readonly name: string
  /** Every state, by name. */
  readonly state: D
  /** The keys' type. Default: taken from the first key, then fixed for good. */
  readonly keyType?: KeyType
  /** How keys of older checkpoints become keys of this type. */
  readonly migrateKey?: KeyMigration
}

/** Keyed state whose owner is a loop of the user's. */
export class StateStore<D extends StateDescriptors> implements AsyncDisposable {
  /** The states; they act on the current key. */
  readonly state: StatesOf<D>
  readonly #parts: StoreParts
  readonly #keying: Keying
  readonly #checkpointer: Checkpointer
  #position: Json | undefined
  /** Positions assigned so far, counted for events. */
  #batches: number
  #lastBarrierMs: number
  #inFlight: Promise<unknown> | undefined
  #failure: HoldfastError | undefined
  #closed = false
  /** Whether no key has been made current since the position was assigned: state and position belong together. */
  #between = true

  private constructor(parts: StoreParts, keying: Keying, states: D) {
    this.#parts = parts
    this.#keying = keying
    const { coordinator, settings, backend } = parts
    const opened = Object.keys(states).map((name) => [name, backend.state(name)])
    this.state = Object.fromEntries(opened) as StatesOf<D>
    const shape = { maxParallelism: keying.maxParallelism, states: parts.evolution.shapes }
    const shapes = (): OperatorShapes => new Map([[UID, { ...shape, keyType: keying.type }]])
    const pipeline: Checkpointed = { sinks: [], backends: [backend], shapes }
    this.#checkpointer = new Checkpointer({ ...settings, coordinator, pipeline })
    const kept = coordinator.restored.sources.get(UID)
    this.#position = isObject(kept) ? kept.at : undefined
    this.#batches = isObject(kept) ? Number(kept.records) : 0
    this.#lastBarrierMs = settings.clock.monotonic()
  }

  /**
   * Opens the state, restored from its newest good checkpoint.
   * @throws `INVALID_ARGUMENT` for an option; `WRONG_JOB`, `INCOMPATIBLE_STATE`, `NEWER_FORMAT`, `CORRUPT`,
   *   `CHECKPOINT_NOT_FOUND`, and what the storage throws
   */
  static async open<D extends StateDescriptors>(
    options: StateStoreOptions<D>,
    components: RunComponents,
  ): Promise<StateStore<D>> {
    checkName(options.name, "a store's name")
    const settings = checkedSettings(components, options)
    const { maxParallelism } = settings
    const { keyType, migrateKey, state: states } = options
    checkKeyMigration(options.name, keyType, migrateKey)
    const declared = [{ uid: UID, maxParallelism, keyType, migrateKey, states }]
    const builder = workerRunBuilder()
    try {
      let plan: EvolutionPlan = planEvolution(NO_CONTENT, declared)
      const coordinator = await Coordinator.open({
        ...settings,
        job: options.name,
        builder,
        check: (content) => {
          checkDrops(content, settings.drop, declared)
          plan = planEvolution(withoutDropped(content, settings.drop), declared)
          checkEvolution(plan, options.name)
        },
        drop: (content) => withoutDropped(content, settings.drop),
      })
      const decided = defined(plan.operators.get(UID), 'what was decided')
      const kept = coordinator.restored.operators.get(UID)
      const max = kept?.maxParallelism ?? maxParallelism ?? defaultMaxParallelism(1)
      const migrates = decided.migrateKey !== undefined
      const keying = new Keying(max, migrates ? keyType : (kept?.keyType ?? keyType))
      const parts = {
        operator: UID,
        plan: decided,
        coordinator,
        rewriting: 'none',
        keying,
      } as const
      const evolution = new OperatorEvolution(parts)
      const backend = await openBackend(components.backend, { evolution, settings, max, states })
      coordinator.release()
      return new StateStore({ coordinator, settings, backend, builder, evolution }, keying, states)
    } catch (error) {
      await builder[Symbol.asyncDispose]()
      throw error
    }
  }

  /** Where the loop is: what was last assigned, or restored; `undefined` at the beginning. */
  get position(): Json | undefined {
    return this.#position
  }

  /**
   * Says that everything up to here is in the state. When a checkpoint is due, this is its barrier: state and
   * position are frozen together at once and written in the background.
   * @throws what made a checkpoint fail, `FENCED` among it
   */
  set position(position: Json | undefined) {
    this.#check()
    this.#position = position
    this.#between = true
    this.#batches++
    const { clock, intervalMs } = this.#parts.settings
    if (this.#inFlight !== undefined || clock.monotonic() - this.#lastBarrierMs < intervalMs) return
    this.#inFlight = this.#take().catch((error: unknown) => {
      this.#failure = asHoldfastError(error)
    })
  }

  /**
   * Makes a key current.
   * @throws `INVALID_KEY`, `LIMIT_EXCEEDED`, and what made a checkpoint fail
   */
  setCurrentKey(key: Key): void {
    if (this.#failure !== undefined || this.#closed) this.#check()
    this.#between = false
    const checked = this.#keying.check(key)
    const group = this.#keying.groupOf(checked)
    this.#parts.backend.setCurrentKey(checked, group, this.#keying.type as KeyType)
  }

  /** Makes the keys of a batch quick to access. Nothing to wait for on the memory backend. */
  async prefetch(keys: readonly Key[]): Promise<void> {
    this.#check()
    await this.#parts.backend.prefetch(keys.map((key) => this.#keying.check(key)))
  }

  /** Commits state and position now. To be called between batches, like assigning the position. */
  async checkpoint(): Promise<void> {
    await this.#inFlight
    this.#check()
    this.#between = true
    while (!(await this.#take())) await this.#parts.settings.clock.turn()
  }

  /**
   * Closes everything, after a last checkpoint. None is taken if a checkpoint has failed for good, or in the
   * middle of a batch (an error left the loop): the state would be ahead of the position, and the batch would
   * count twice.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return
    try {
      await this.#inFlight
      if (this.#failure === undefined && this.#between) await this.checkpoint()
    } finally {
      this.#closed = true
      await this.#parts.backend[Symbol.asyncDispose]()
      await this.#parts.builder[Symbol.asyncDispose]()
    }
  }

  async #take(): Promise<boolean> {
    this.#lastBarrierMs = this.#parts.settings.clock.monotonic()
    const at = this.#position
    const source: Json = { records: this.#batches, ...(at === undefined ? {} : { at }) }
    try {
      return await this.#checkpointer.take({
        sources: new Map([[UID, source]]),
        records: this.#batches,
        finished: false,
      })
    } finally {
      this.#inFlight = undefined
    }
  }

  #check(): void {
    if (this.#failure !== undefined) throw this.#failure
    if (this.#closed)
      throw new HoldfastError('INVALID_STATE', 'this state has been closed; open it again')
  }
}

interface StoreParts {
  readonly coordinator: Coordinator
  readonly settings: RunSettings
  readonly backend: KeyedStateBackend
  readonly builder: RunBuilder
  readonly evolution: OperatorEvolution
}

interface Opening {
  readonly evolution: OperatorEvolution
  readonly settings: RunSettings
  readonly max: number
  readonly states: StateDescriptors
}

function openBackend(
  backend: StateBackend,
  { evolution, settings, max, states }: Opening,
): Promise<KeyedStateBackend> {
  const range = subtaskRange(0, 1, max)
  return backend.open({
    operator: UID,
    range,
    states,
    clock: new StateClock(),
    ...evolution.opening(range),
    turn: () => settings.clock.turn(),
  })
}
