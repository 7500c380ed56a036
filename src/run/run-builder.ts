/**
 * CONTRACT: who sorts, compresses and checksums a delta. The engine uses a worker thread; tests that run
 * under a seed use the one in this thread.
 */
import { assembleRun, type RunBelow } from './assemble.js'
import type { RowBatch } from './row-batch.js'
import type { BuiltRun } from './run-writer.js'

/** One run being built. */
export interface RunBuild {
  /** Takes rows. The batch's buffer belongs to the build from here on. */
  add(batch: RowBatch): void
  /**
   * Ends the delta and builds the run, merged with the runs in `below` (oldest first, directly older).
   * @returns `undefined` if there are no rows at all
   */
  finish(below: readonly RunBelow[]): Promise<BuiltRun | undefined>
  /** Gives the run up; nothing of it is kept. */
  cancel(): void
}

/** Builds runs, one at a time or several. */
export interface RunBuilder extends AsyncDisposable {
  begin(): RunBuild
}

/** Builds in this thread, which it holds for as long as it takes. */
export function inlineRunBuilder(): RunBuilder {
  return {
    begin: () => {
      const batches: RowBatch[] = []
      return {
        add: (batch) => void batches.push(batch),
        finish: (below) => assembleRun(batches, below),
        cancel: () => void batches.splice(0),
      }
    },
    [Symbol.asyncDispose]: async () => undefined,
  }
}
