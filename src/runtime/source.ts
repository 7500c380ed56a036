/**
 * CONTRACT: where records come from. A source can start again at any position it has handed out and
 * then yields exactly the records that followed it. `sourceSuite` of `holdfast/testing` is the definition in
 * tests; every implementation passes it.
 */
import type { Clock } from '../base/clock.js'
import type { Json } from '../base/json.js'

/** A few records, and the place just after them. */
export interface SourceBatch<T> {
  /** At least one record and at most `LIMITS.batchRecords`. */
  readonly records: readonly T[]
  /**
   * Where to go on after these records, as JSON; goes into the manifest. Small, and without absolute
   * paths where it can be avoided, so that a checkpoint can move.
   */
  readonly position: Json
}

/**
 * What to do with a record that cannot be read: fail the job (the default), leave it out, or leave it out and
 * append it to a file, one JSON line each.
 */
export type BadRecordPolicy = 'fail' | 'skip' | { readonly deadLetter: string }

/** What a source gets when it opens. */
export interface SourceContext {
  /** A position this source handed out earlier, or `undefined` to start at the beginning. */
  readonly position: Json | undefined
  /** Aborted when the job stops; a pending `read` may then reject with the signal's reason. */
  readonly signal: AbortSignal
  /** The job's clock. */
  readonly clock: Clock
  /** What to do with bad records where the source itself says nothing else. Default `'fail'`. */
  readonly onBadRecord?: BadRecordPolicy
}

/** An open source. */
export interface SourceReader<T> extends AsyncDisposable {
  /**
   * The next batch; `undefined` at the end of a bounded input, and from then on. Called one at a time.
   * @throws `BAD_RECORD` with file, line and column (or row) for input that cannot be read
   */
  read(): Promise<SourceBatch<T> | undefined>
}

/** A description of an input; holds configuration only. */
export interface Source<T> {
  /** What it is, for people and error messages: `ndjson(orders.ndjson)`. */
  readonly name: string
  /**
   * Opens it.
   * @throws `INPUT_MISSING`, `STORAGE_DENIED`, `INVALID_ARGUMENT` for a position that is not its own
   */
  open(context: SourceContext): Promise<SourceReader<T>>
}
