/**
 * Keyed state without a job, for those who own their consumer loop: the same backends, checkpoints and fencing.
 * State and the loop's position commit as one: assigning the position is the barrier.
 */
import type { OperatorStateBackend } from '../backend/operator-state-backend.js'
import type { KeyedStateBackend } from '../backend/state-backend.js'
import { defined } from '../base/assert.js'
import { HoldfastError } from '../base/errors.js'
import { isObject, type Json } from '../base/json.js'
import type { OperatorShapes } from '../checkpoint/chain.js'
import { Coordinator } from '../checkpoint/coordinator.js'
import { checkDrops, withoutDropped } from '../checkpoint/dropping.js'
import { checkEvolution, type EvolutionPlan, planEvolution } from '../checkpoint/evolution.js'
import { NO_CONTENT } from '../checkpoint/manifest.js'
import { defaultMaxParallelism } from '../keygroup/key-group-range.js'
import type { RunBuilder } from '../run/run-builder.js'
import { workerRunBuilder } from '../run/worker-run-builder.js'
import type { StateDescriptors, StatesOf } from '../state/descriptor.js'
import type { Key, KeyType } from '../state/key.js'
import type { KeyMigration } from '../state/key-migration.js'
import type {
  NoOperatorState,
  OpenedStatesOf,
  OperatorStateDescriptors,
} from '../state/operator-state.js'
import { StateClock } from '../state/state-clock.js'
import { type Checkpointed, Checkpointer } from './checkpointer.js'
import {
  checkKeyMigration,
  checkName,
  checkStates,
  type FiredTimer,
  type TimerService,
} from './graph.js'
import { JobTime } from './job-time.js'
import { Keying } from './keying.js'
import { OperatorEvolution } from './operator-evolution.js'
import { asHoldfastError } from './restart.js'
import {
  checkedSettings,
  type RunComponents,
  type RunOptions,
  type RunSettings,
} from './settings.js'
import { declaredStates, openBackends, ownStates } from './store-backends.js'
import { type StoreTimerContext, StoreTimers, type StoreTimersParts } from './store-timers.js'
import { expires, sweepUntil } from './sweeper.js'

/** The uid under which embedded state and its position are kept. */
const UID = 'state'

/** Options of embedded state. */
export interface StateStoreOptions<
  D extends StateDescriptors,
  O extends OperatorStateDescriptors = NoOperatorState,
> extends Pick<
    RunOptions,
    | 'interval'
    | 'maxParallelism'
    | 'from'
    | 'retained'
    | 'toleratedFailures'
    | 'drop'
    | 'development'
    | 'onEvent'
    | 'clock'
    | 'random'
  > {
  /** The name of the store, part of its checkpoints. One live process per name: a second one fences the first. */
  readonly name: string
  /** Every state, by name. */
  readonly state: D
  /** State that belongs to no key, by name; a store has one subtask. Default: none. */
  readonly operatorState?: O
  /** The keys' type. Default: taken from the first key, then fixed for good. */
  readonly keyType?: KeyType
  /**
   * Called for each timer that fires, its key being current; without it there are no timers. Timers fire when
   * `advanceWatermark` or `advanceTime` is called, never by themselves.
   */
  readonly onTimer?: (timer: FiredTimer, state: StatesOf<D>, context: StoreTimerContext) => void
  /** How keys of older checkpoints become keys of this type. */
  readonly migrateKey?: KeyMigration
}

/** Keyed state whose owner is a loop of the user's. */
export class StateStore<
  D extends StateDescriptors,
  O extends OperatorStateDescriptors = NoOperatorState,
> implements AsyncDisposable
{
  /** The states; they act on the current key. */
  readonly state: StatesOf<D>
  /** The operator states; they act on no key. */
  readonly operatorState: OpenedStatesOf<O>
  /** The timers of the current key, if the store was opened with `onTimer`. */
  readonly timers: TimerService
  readonly #parts: StoreParts
  readonly #timers: StoreTimers
  readonly #keying: Keying
  readonly #checkpointer: Checkpointer
  #position: Json | undefined
  /** Positions assigned so far, counted for events. */
  #batches: number
  #lastBarrierMs: number
  #inFlight: Promise<unknown> | undefined
  #failure: HoldfastError | undefined
  /** Whether the failure has been thrown to somebody. */
  #told = false
  #closed = false
  readonly #sweeping: Promise<void>
  readonly #stop = new AbortController()
  /** Whether no key was made current and no operator state changed since the position was assigned: state and position belong together. */
  #between = true

  private constructor(parts: StoreParts, keying: Keying, options: StateStoreOptions<D, O>) {
    this.#parts = parts
    this.#keying = keying
    const { coordinator, settings, backend, operatorBackend, clock, time, evolution } = parts
    const opened = Object.keys(options.state).map((name) => [name, backend.state(name)])
    const state = Object.fromEntries(opened) as StatesOf<D>
    this.state = state
    const owned = ownStates(operatorBackend, options.operatorState ?? {}, () => this.#changing())
    this.operatorState = owned as OpenedStatesOf<O>
    const fired = options.onTimer
    const onTimer: StoreTimersParts['onTimer'] =
      fired && ((timer, context) => fired(timer, state, context))
    this.#timers = new StoreTimers({ uid: options.name, backend, keying, clock, time, onTimer })
    this.timers = this.#timers.service
    const shapes = (): OperatorShapes => {
      const { maxParallelism, type: keyType } = keying
      return new Map([[UID, { maxParallelism, keyType, states: evolution.shapes(clock) }]])
    }
    const pipeline: Checkpointed = {
      sinks: [],
      backends: [backend, operatorBackend],
      shapes,
      tick: () => this.#timers.tick(),
      watermarks: () =>
        new Map(Number.isFinite(clock.eventTime) ? [[UID, clock.eventTime]] : undefined),
    }
    this.#checkpointer = new Checkpointer({ ...settings, coordinator, pipeline })
    const kept = coordinator.restored.sources.get(UID)
    this.#position = isObject(kept) ? kept.at : undefined
    this.#batches = isObject(kept) ? Number(kept.records) : 0
    this.#lastBarrierMs = settings.clock.monotonic()
    this.#sweeping = expires(options.state) ? this.#sweep() : Promise.resolve()
  }

  /**
   * Opens the state, restored from its newest good checkpoint.
   * @throws `INVALID_ARGUMENT` for an option; `WRONG_JOB`, `INCOMPATIBLE_STATE`, `NEWER_FORMAT`, `CORRUPT`,
   *   `CHECKPOINT_NOT_FOUND`, and what the storage throws
   */
  static async open<
    D extends StateDescriptors,
    O extends OperatorStateDescriptors = NoOperatorState,
  >(options: StateStoreOptions<D, O>, components: RunComponents): Promise<StateStore<D, O>> {
    checkName(options.name, "a store's name")
    const settings = checkedSettings(components, options)
    checkStates({ uid: UID, states: options.state, operatorStates: options.operatorState ?? {} })
    const { maxParallelism } = settings
    const { keyType, migrateKey } = options
    const states = declaredStates(options)
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
      const time = new JobTime(settings.clock, coordinator.restored.takenAtMs)
      const clock = new StateClock()
      clock.now = time.read()
      clock.watermark = coordinator.restored.watermarks.get(UID) ?? Number.NEGATIVE_INFINITY
      const evolution = new OperatorEvolution({
        operator: UID,
        plan: decided,
        coordinator,
        rewriting: 'none',
        keying,
        parallelism: 1,
      })
      const { backend, operatorBackend } = await openBackends(UID, options, {
        coordinator,
        evolution,
        settings,
        max,
        clock,
      })
      coordinator.release()
      const open = { backend, operatorBackend, builder }
      const parts = { coordinator, settings, ...open, clock, time, evolution }
      return new StateStore(parts, keying, options)
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
    // Time moves between batches, so that it stands still within one.
    const begins = this.#between
    this.#changing()
    if (begins) this.#timers.tick()
    const checked = this.#keying.check(key)
    const group = this.#keying.groupOf(checked)
    this.#parts.backend.setCurrentKey(checked, group, this.#keying.type as KeyType)
  }

  /** Every key that has any state, each once. What is visited may be changed or cleared meanwhile. */
  *keys(): IterableIterator<Key> {
    this.#check()
    for (const [key] of this.#parts.backend.keys()) yield key
  }

  /** Makes the keys of a batch quick to access. Nothing to wait for on the memory backend. */
  async prefetch(keys: readonly Key[]): Promise<void> {
    this.#check()
    await this.#parts.backend.prefetch(keys.map((key) => this.#keying.check(key)))
  }

  /**
   * Says that event time has reached `time`, and fires every event-time timer that is due, all before it returns. Lower
   * than before, it changes nothing. Afterwards a key has to be made current again.
   * @param time ms; `Infinity` at the end of the input
   * @throws `INVALID_ARGUMENT` for NaN and fractions, and what `onTimer` throws: the timer is used up then, and closing
   *   the store takes no last checkpoint
   */
  advanceWatermark(time: number): void {
    this.#whole(() => this.#timers.advanceWatermark(time))
  }

  /** Fires every processing-time timer that is due by the clock, otherwise as {@link advanceWatermark}. */
  advanceTime(): void {
    this.#whole(() => this.#timers.advanceTime())
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
   * @throws what made the last checkpoint fail; and what failed in the background, if nothing has thrown it yet
   */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return
    try {
      await this.#inFlight
      if (this.#failure === undefined && this.#between) await this.checkpoint()
    } finally {
      this.#closed = true
      this.#stop.abort()
      await this.#sweeping
      await this.#parts.backend[Symbol.asyncDispose]()
      await this.#parts.operatorBackend[Symbol.asyncDispose]()
      await this.#parts.builder[Symbol.asyncDispose]()
    }
    if (this.#failure !== undefined && !this.#told) throw this.#failure
  }

  /** Removes expired state whenever the loop waits for something. */
  async #sweep(): Promise<void> {
    const { backend, settings } = this.#parts
    const tick = (): void => {
      // Time stands still within a batch.
      if (this.#between) this.#timers.tick()
    }
    try {
      await sweepUntil({ clock: settings.clock, backends: [backend], tick }, this.#stop.signal)
    } catch (error) {
      this.#failure ??= asHoldfastError(error)
    }
  }

  /** What has fired belongs to any position; what threw in the middle to none. */
  #whole(fire: () => void): void {
    this.#check()
    const between = this.#between
    this.#between = false
    fire()
    this.#between = between
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

  /** The state may change from here on. Throws as `#check` does. */
  #changing(): void {
    if (this.#failure !== undefined || this.#closed) this.#check()
    this.#between = false
  }

  #check(): void {
    if (this.#failure !== undefined) {
      this.#told = true
      throw this.#failure
    }
    if (this.#closed)
      throw new HoldfastError('INVALID_STATE', 'this state has been closed; open it again')
  }
}

interface StoreParts {
  readonly coordinator: Coordinator
  readonly settings: RunSettings
  readonly backend: KeyedStateBackend
  readonly operatorBackend: OperatorStateBackend
  readonly builder: RunBuilder
  readonly clock: StateClock
  readonly time: JobTime
  readonly evolution: OperatorEvolution
}
