/**
 * CONTRACT: where results go. A two-phase sink: what is written becomes visible only after the checkpoint
 * that covers it is committed, and exactly once. `sinkSuite` of `holdfast/testing` is the definition in
 * tests; every implementation passes it.
 *
 * The life of output: `write` → `prepare(checkpoint)` at the barrier → the manifest with the committables is
 * committed → `commit(committables)`. After a restart: `recover`, which finishes or undoes what was left.
 */
import type { Clock } from '../base/clock.js'
import type { Json } from '../base/json.js'
import type { Random } from '../base/random.js'

/** What a sink gets when it opens. */
export interface SinkContext {
  /** The job's clock. */
  readonly clock: Clock
  /** For names that are never used twice. */
  readonly random: Random
}

/** What a restart tells a sink. */
export interface SinkRecovery {
  /** The restored checkpoint's number; 0 when the job starts from nothing. */
  readonly checkpoint: number
  /**
   * Whether this job has never run here before, so that any output already there is not its own and must
   * not be touched. `false` with checkpoint 0: its first checkpoint was lost, its output is withdrawn.
   */
  readonly isNew: boolean
  /** Prepared by that checkpoint or before, maybe committed already: to be committed (again). */
  readonly pending: readonly Json[]
  /**
   * If the sink cannot withdraw output beyond the checkpoint: `true` leaves it there (duplicates will
   * appear), `false` demands `OUTPUT_AHEAD`.
   */
  readonly allowDuplicates: boolean
}

/** An open sink. `recover` is called once, before anything else. */
export interface SinkWriter<T> extends AsyncDisposable {
  /**
   * Brings the output to the state of the restored checkpoint: commits `pending` (idempotent: each may have
   * been committed before), withdraws everything visible or pending of this lineage beyond it.
   * @throws `OUTPUT_AHEAD` if it holds output beyond the checkpoint that it cannot withdraw
   */
  recover(recovery: SinkRecovery): Promise<void>

  /** Takes records, in order. May keep them in memory; returns a promise only when it must be waited for. */
  write(records: readonly T[]): void | Promise<void>

  /**
   * The barrier: everything written so far belongs to `checkpoint`, everything after to the next. The cut
   * is made before this returns; the promise resolves when the output is durable, with what `commit`
   * needs, as JSON, for the manifest. An empty list when nothing was written since the last barrier.
   */
  prepare(checkpoint: number): Promise<readonly Json[]>

  /** Makes prepared output visible, durably. Idempotent. Several checkpoints' committables may come at once. */
  commit(committables: readonly Json[]): Promise<void>
}

/** A description of an output; holds configuration only. */
export interface Sink<T> {
  /** What it is, for people and error messages: `jsonLines(out)`. */
  readonly name: string
  /**
   * Opens it. Changes nothing that a reader of the output can see.
   * @throws `STORAGE_DENIED`, `STORAGE_FULL`, `STORAGE_FAILED`
   */
  open(context: SinkContext): Promise<SinkWriter<T>>
}
