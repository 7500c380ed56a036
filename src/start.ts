/** Starting a job with the parts that need no other package: the defaults are picked here, and only here. */
import { memoryBackend } from './backend/memory/memory-backend.js'
import type { StateBackend } from './backend/state-backend.js'
import type { Job } from './runtime/job.js'
import { type MigrateOptions, type MigrationReport, migrateJob } from './runtime/migrate-job.js'
import { StateStore, type StateStoreOptions } from './runtime/open-state.js'
import { type RunningJob, runJob } from './runtime/run-job.js'
import type { RunComponents, RunOptions } from './runtime/settings.js'
import type { StateDescriptors } from './state/descriptor.js'
import type { NoOperatorState, OperatorStateDescriptors } from './state/operator-state.js'
import type { CheckpointStorage } from './storage/checkpoint-storage.js'
import { openStorage } from './storage/open-storage.js'

/** The parts that {@link start} and {@link openState} pick unless told otherwise. */
export interface Parts {
  /** Where checkpoints go: a storage, or a URI such as `file:///var/checkpoints/orders` or `memory:`. */
  readonly checkpoints: CheckpointStorage | string
  /** Where the working set is kept. Default: {@link memoryBackend}. */
  readonly backend?: StateBackend
}

/** Options of {@link start}. */
export interface StartOptions extends RunOptions, Parts {}

/**
 * Starts a job: from its newest good checkpoint, or from the beginning if there is none.
 * @throws `INVALID_ARGUMENT` for a bad option; everything later is told by `done`
 */
export function start(job: Job, options: StartOptions): RunningJob {
  return runJob(job, componentsOf(options), options)
}

/** Options of {@link migrate}. */
export interface MigrateJobOptions extends MigrateOptions, Parts {}

/**
 * Writes state anew, in one checkpoint, with the serializers and keys that the program declares now, instead of value by
 * value while it runs. Claims the job: whoever runs it is fenced. With `dryRun` nothing is claimed or changed.
 * @throws `INCOMPATIBLE_STATE`, `INVALID_ARGUMENT`, `FENCED`, and what a start throws
 */
export function migrate(job: Job, options: MigrateJobOptions): Promise<MigrationReport> {
  return migrateJob(job, componentsOf(options), options)
}

/**
 * Opens keyed state for a loop of one's own, restored from its newest good checkpoint:
 * `for each batch: change the state of its keys, then store.position = where the batch ends`.
 * @throws what {@link StateStore.open} throws
 */
export function openState<
  D extends StateDescriptors,
  O extends OperatorStateDescriptors = NoOperatorState,
>(options: StateStoreOptions<D, O> & Parts): Promise<StateStore<D, O>> {
  return StateStore.open(options, componentsOf(options))
}

function componentsOf({ checkpoints, backend = memoryBackend() }: Parts): RunComponents {
  const storage = typeof checkpoints === 'string' ? openStorage(checkpoints) : checkpoints
  return { backend, storage }
}
