/**
 * Checkpoints of a running job: at the barrier everything is frozen at once, synchronously; then, while
 * records go on, the delta is written and committed, and sinks are told. One at a time.
 */
import type { BackendSnapshot } from '../backend/state-backend.js'
import type { Clock } from '../base/clock.js'
import { HoldfastError, hasCode } from '../base/errors.js'
import type { Json } from '../base/json.js'
import type { OperatorShapes } from '../checkpoint/chain.js'
import type { CommittedCheckpoint, Coordinator } from '../checkpoint/coordinator.js'
import { type RowBatch, RowEncoder } from '../run/row-batch.js'
import type { RunBuild } from '../run/run-builder.js'
import type { JobListener } from './events.js'
import { asHoldfastError } from './restart.js'
import type { SinkOperator } from './sink-operator.js'
import { inSlices } from './slices.js'

/** What a barrier freezes: a backend of keyed or operator state. */
export interface Freezable {
  /** As `KeyedStateBackend.snapshot`. */
  snapshot(): BackendSnapshot
}

/** What is checkpointed: backends, and sinks if there are any. A pipeline, or an embedded store. */
export interface Checkpointed {
  readonly sinks: readonly SinkOperator[]
  /** Every open backend. */
  readonly backends: readonly Freezable[]
  /** What manifests say of the operators. */
  shapes(): OperatorShapes
  /** Moves the state clock to the present and tells it, in ms since 1970. */
  tick(): number
  /** Event time reached by each keyed step that has seen a watermark, by uid, in ms. */
  watermarks(): ReadonlyMap<string, number>
}

/** What a checkpointer works with. */
export interface CheckpointerOptions {
  readonly coordinator: Coordinator
  readonly pipeline: Checkpointed
  readonly clock: Clock
  /** Failed checkpoints in a row that do not fail the job. */
  readonly toleratedFailures: number
  readonly onEvent: JobListener
}

/** Where the job is at a barrier. */
export interface BarrierPosition {
  /** What goes into the manifest for each source, by uid. */
  readonly sources: ReadonlyMap<string, Json>
  /** Records processed so far. */
  readonly records: number
  readonly finished: boolean
}

/** Everything frozen at one barrier. */
interface Barrier extends BarrierPosition {
  readonly startedMs: number
  readonly pauseMs: number
  readonly takenAtMs: number
  readonly watermarks: ReadonlyMap<string, number>
  readonly shapes: OperatorShapes
  readonly snapshots: readonly BackendSnapshot[]
  readonly prepared: Promise<unknown>
}

/** Takes a running job's checkpoints. */
export class Checkpointer {
  readonly #options: CheckpointerOptions
  #failures = 0
  #committed = 0

  constructor(options: CheckpointerOptions) {
    this.#options = options
  }

  /** Checkpoints committed since the attempt began. */
  get committed(): number {
    return this.#committed
  }

  /**
   * Takes a checkpoint. The barrier is where this is called: everything is frozen when it returns.
   * @returns whether it was committed; `false` if it failed and that is tolerated
   * @throws `FENCED`, or what made it fail when that is tolerated no more
   */
  take(position: BarrierPosition): Promise<boolean> {
    return this.#complete(this.#freeze(position))
  }

  /**
   * Takes a checkpoint after which nothing comes that could make good for it: one that failed is tried again at once.
   * @throws as {@link take}
   */
  async takeAtOnce(position: BarrierPosition): Promise<void> {
    while (!(await this.take(position))) await this.#options.clock.turn()
  }

  #freeze(position: BarrierPosition): Barrier {
    const { clock, coordinator, pipeline } = this.#options
    const startedMs = clock.monotonic()
    // Before anything is frozen: what expires by this clock has expired for whoever reads the checkpoint.
    const takenAtMs = pipeline.tick()
    const number = coordinator.nextNumber
    const preparing = pipeline.sinks.map((sink) => sink.prepare(number))
    const snapshots = pipeline.backends.map((backend) => backend.snapshot())
    const shapes = pipeline.shapes()
    const watermarks = pipeline.watermarks()
    const prepared = Promise.allSettled(preparing).then((results) => {
      for (const result of results) if (result.status === 'rejected') throw result.reason
    })
    // Whoever waits for it comes later; until then a failure must not count as unhandled.
    prepared.catch(() => undefined)
    const pauseMs = clock.monotonic() - startedMs
    return { ...position, startedMs, pauseMs, takenAtMs, watermarks, shapes, snapshots, prepared }
  }

  async #complete(barrier: Barrier): Promise<boolean> {
    let done: CommittedCheckpoint | undefined
    try {
      done = await this.#commit(barrier)
    } catch (error) {
      await this.#settle(barrier, false)
      this.#failed(asHoldfastError(error))
      return false
    }
    await this.#settle(barrier, done !== undefined)
    if (done === undefined) {
      this.#failed(
        new HoldfastError('CHECKPOINT_FAILED', 'a checkpoint was given up', { retryable: true }),
      )
      return false
    }
    this.#failures = 0
    this.#committed++
    for (const sink of this.#options.pipeline.sinks) await sink.commit()
    this.#report(barrier, done)
    await this.#collect()
    return true
  }

  async #commit(barrier: Barrier): Promise<CommittedCheckpoint | undefined> {
    const { coordinator, pipeline } = this.#options
    await barrier.prepared
    return coordinator.commit({
      takenAtMs: barrier.takenAtMs,
      finished: barrier.finished,
      sources: barrier.sources,
      watermarks: barrier.watermarks,
      // What sinks prepared that the program has dropped stays listed until they are declared again.
      sinks: new Map([
        ...coordinator.restored.sinks,
        ...pipeline.sinks.map((sink) => [sink.uid, sink.pending] as const),
      ]),
      operators: barrier.shapes,
      fill: (build) => this.#fill(barrier, build),
    })
  }

  async #fill(barrier: Barrier, build: RunBuild): Promise<void> {
    const encoder = new RowEncoder((batch: RowBatch) => build.add(batch))
    for (const snapshot of barrier.snapshots) {
      await inSlices(this.#options.clock, (pause) => snapshot.write(encoder, pause))
    }
    encoder.flush()
  }

  async #settle(barrier: Barrier, committed: boolean): Promise<void> {
    for (const snapshot of barrier.snapshots) {
      await inSlices(this.#options.clock, (pause) => snapshot.settle(committed, pause))
    }
  }

  #failed(error: HoldfastError): void {
    this.#failures++
    const { coordinator, onEvent, toleratedFailures } = this.#options
    onEvent({
      event: 'checkpoint-failed',
      reason: error.message,
      code: error.code,
      failures: this.#failures,
    })
    const tolerated = coordinator.usable && this.#failures <= toleratedFailures && isPassing(error)
    if (!tolerated) throw error
  }

  #report(barrier: Barrier, done: CommittedCheckpoint): void {
    const { clock, onEvent } = this.#options
    onEvent({
      event: 'checkpoint',
      checkpoint: done.number,
      records: barrier.records,
      durationMs: clock.monotonic() - barrier.startedMs,
      pauseMs: barrier.pauseMs,
      sizeBytes: done.sizeBytes,
      rows: done.rows,
    })
  }

  /** What cannot be deleted now stays until the next time: no reason to fail a job. */
  async #collect(): Promise<void> {
    try {
      await this.#options.coordinator.collect()
    } catch (error) {
      if (hasCode(error, 'FENCED')) throw error
      this.#options.onEvent({ event: 'collection-failed', reason: asHoldfastError(error).message })
    }
  }
}

/** Whether a later checkpoint may succeed where this one failed. */
function isPassing(error: HoldfastError): boolean {
  return error.retryable || error.code === 'STORAGE_DENIED' || error.code === 'STORAGE_FULL'
}
