/** Exit codes, for scripts. docs/guide/errors.md has the same table with what to do; a test compares them. */
import type { ErrorCode, HoldfastError } from '../base/errors.js'

/** What `holdfast` exits with, by meaning. Also in `--help`. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  fenced: 3,
  checkpoint: 4,
  input: 5,
  storage: 6,
  internal: 70,
  interrupted: 130,
} as const

const BY_CODE: Readonly<Record<ErrorCode, number>> = {
  INVALID_ARGUMENT: EXIT.usage,
  MISSING_PACKAGE: EXIT.usage,
  FENCED: EXIT.fenced,
  WRONG_JOB: EXIT.checkpoint,
  INCOMPATIBLE_STATE: EXIT.checkpoint,
  NEWER_FORMAT: EXIT.checkpoint,
  CHECKPOINT_NOT_FOUND: EXIT.checkpoint,
  CORRUPT: EXIT.checkpoint,
  OUTPUT_AHEAD: EXIT.checkpoint,
  BAD_RECORD: EXIT.input,
  INPUT_MISSING: EXIT.input,
  STORAGE_DENIED: EXIT.storage,
  STORAGE_FULL: EXIT.storage,
  STORAGE_FAILED: EXIT.storage,
  CHECKPOINT_FAILED: EXIT.storage,
  INVALID_STATE: EXIT.failed,
  INVALID_KEY: EXIT.failed,
  LIMIT_EXCEEDED: EXIT.failed,
  OPERATOR_FAILED: EXIT.failed,
  INTERNAL: EXIT.internal,
}

/** The exit code of an error. */
export function exitCodeOf(error: HoldfastError): number {
  return BY_CODE[error.code]
}

/** The codes as `--help` shows them. */
export const EXIT_HELP = `Exit codes:
    0  the input is used up, or the job was stopped; its last checkpoint stands
    1  the program failed (a function threw, a key or value cannot be kept)
    2  wrong use: an option, the file, a package that is not installed
    3  fenced: another process has taken over this job; do not restart this one
    4  the checkpoint cannot be used (other job, newer format, damaged, state
       that does not fit, output ahead)
    5  the input cannot be read
    6  the checkpoint storage or a disk failed
   70  a bug in Holdfast
  130  ended at once by a second signal; the last checkpoint stands`
