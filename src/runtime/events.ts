/** What a running job tells: to a log, a progress line, a supervisor. Plain data, JSON-able. */
import type { ErrorCode } from '../base/errors.js'
import type { KeyReport, StateReport } from '../checkpoint/evolution.js'

/** An event of a running job. Durations in ms, sizes in bytes. */
export type JobEvent =
  | {
      readonly event: 'started'
      readonly job: string
      readonly epoch: number
      /** The checkpoint it goes on from; 0: from the beginning. */
      readonly checkpoint: number
      /** Records that were processed up to there. */
      readonly records: number
      /** Checkpoints passed over because they are damaged. */
      readonly skipped: readonly { readonly number: number; readonly reason: string }[]
      /**
       * What the checkpoint holds and the program does not declare; it is kept. State as `operator/state`, output
       * that a sink had prepared as `sink uid`: it is committed when the sink is declared again.
       */
      readonly undeclared: readonly string[]
      /** States that are read or written otherwise than the checkpoint holds them; none are gone on with as they are. */
      readonly evolved: readonly StateReport[]
      /** Operators whose keys are migrated. */
      readonly migratedKeys: readonly KeyReport[]
      /** What is dropped with the next checkpoint, as it was asked for. */
      readonly dropped: readonly string[]
    }
  | {
      readonly event: 'checkpoint'
      readonly checkpoint: number
      /** Records processed up to its barrier. */
      readonly records: number
      /** From the barrier until it stood. */
      readonly durationMs: number
      /** How long the barrier held the loop. */
      readonly pauseMs: number
      /** Bytes of its delta. */
      readonly sizeBytes: number
      /** Rows in its delta. */
      readonly rows: number
    }
  | {
      readonly event: 'checkpoint-failed'
      readonly reason: string
      readonly code: ErrorCode
      /** Failures in a row, this one included. */
      readonly failures: number
    }
  | {
      readonly event: 'restarting'
      readonly attempt: number
      readonly delayMs: number
      readonly code: ErrorCode
      readonly reason: string
    }
  | { readonly event: 'collection-failed'; readonly reason: string }
  | { readonly event: 'ended'; readonly outcome: JobOutcome; readonly records: number }

/** How a job ended: its input was used up, or it was asked to stop. */
export type JobOutcome = 'finished' | 'stopped'

/** Takes events; must not throw. */
export type JobListener = (event: JobEvent) => void
