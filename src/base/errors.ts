/**
 * The one error class. A `code` scripts can switch on, `retryable` for whoever decides about another
 * attempt, and a message that says what happened, to which file, key or option, and what to do.
 */

/**
 * Every code, and what it means. Codes are API; messages are not.
 *
 * - `INVALID_ARGUMENT`: an option or argument is wrong; nothing was started or changed.
 * - `INVALID_STATE`: a call came at the wrong time (state accessed with no current key, job run twice).
 * - `INVALID_KEY`: a key is of a type or value Holdfast cannot keep (NaN, another type than before).
 * - `LIMIT_EXCEEDED`: a bound of `base/limits.ts` was reached; nothing was changed.
 * - `BAD_RECORD`: an input record cannot be read.
 * - `INPUT_MISSING`: an input file or folder does not exist.
 * - `STORAGE_DENIED`: the storage refused access (EACCES, EPERM, 403).
 * - `STORAGE_FULL`: no space is left (ENOSPC, EDQUOT).
 * - `STORAGE_FAILED`: any other failure of a storage, a disk or a file.
 * - `CORRUPT`: bytes do not match their checksum, digest or format.
 * - `NEWER_FORMAT`: a file was written by a newer version of Holdfast.
 * - `WRONG_JOB`: a checkpoint folder belongs to another job.
 * - `INCOMPATIBLE_STATE`: a checkpoint does not fit the program (max parallelism, key type, kind of state).
 * - `CHECKPOINT_NOT_FOUND`: the checkpoint asked for is not there.
 * - `FENCED`: a newer owner has taken over this job; never retried.
 * - `OUTPUT_AHEAD`: a sink holds output beyond the restored checkpoint and cannot withdraw it.
 * - `CHECKPOINT_FAILED`: too many checkpoints failed in a row.
 * - `OPERATOR_FAILED`: the user's function threw.
 * - `MISSING_PACKAGE`: an optional package is not installed.
 * - `INTERNAL`: a broken invariant: a bug in Holdfast.
 */
export type ErrorCode =
  | 'INVALID_ARGUMENT'
  | 'INVALID_STATE'
  | 'INVALID_KEY'
  | 'LIMIT_EXCEEDED'
  | 'BAD_RECORD'
  | 'INPUT_MISSING'
  | 'STORAGE_DENIED'
  | 'STORAGE_FULL'
  | 'STORAGE_FAILED'
  | 'CORRUPT'
  | 'NEWER_FORMAT'
  | 'WRONG_JOB'
  | 'INCOMPATIBLE_STATE'
  | 'CHECKPOINT_NOT_FOUND'
  | 'FENCED'
  | 'OUTPUT_AHEAD'
  | 'CHECKPOINT_FAILED'
  | 'OPERATOR_FAILED'
  | 'MISSING_PACKAGE'
  | 'INTERNAL'

/** What an error may carry besides its message. */
export interface ErrorOptions {
  /** What caused it. */
  readonly cause?: unknown
  /** Whether the same call may succeed later without any change. Default `false`. */
  readonly retryable?: boolean
}

/** The error Holdfast throws. Anything else that escapes from it is a bug. */
export class HoldfastError extends Error {
  override readonly name: string = 'HoldfastError'
  readonly code: ErrorCode
  readonly retryable: boolean

  /**
   * By name, not by class: a program may hold two copies of the package (a CommonJS module beside an ES
   * module, two versions), and an error of one must be understood by the other.
   */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return value instanceof Error && value.name === 'HoldfastError' && 'code' in value
  }

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.retryable = options.retryable ?? false
  }
}

/** The message of anything thrown, for use inside another message. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** Whether `error` is a {@link HoldfastError} with this code. */
export function hasCode(error: unknown, code: ErrorCode): error is HoldfastError {
  return error instanceof HoldfastError && error.code === code
}
