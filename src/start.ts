/** Starting a job with the parts that need no other package: the defaults are picked here, and only here. */
import { memoryBackend } from './backend/memory/memory-backend.js'
import type { StateBackend } from './backend/state-backend.js'
import type { Job } from './runtime/job.js'
import { type RunningJob, runJob } from './runtime/run-job.js'
import type { RunOptions } from './runtime/settings.js'
import type { CheckpointStorage } from './storage/checkpoint-storage.js'
import { openStorage } from './storage/open-storage.js'

/** Options of {@link start}. */
export interface StartOptions extends RunOptions {
  /** Where checkpoints go: a storage, or a URI such as `file:///var/checkpoints/orders` or `memory:`. */
  readonly checkpoints: CheckpointStorage | string
  /** Where the working set is kept. Default: {@link memoryBackend}. */
  readonly backend?: StateBackend
}

/**
 * Starts a job: from its newest good checkpoint, or from the beginning if there is none.
 * @throws `INVALID_ARGUMENT` for a bad option; everything later is told by `done`
 */
export function start(job: Job, options: StartOptions): RunningJob {
  const { checkpoints, backend = memoryBackend() } = options
  const storage = typeof checkpoints === 'string' ? openStorage(checkpoints) : checkpoints
  return runJob(job, { backend, storage }, options)
}
