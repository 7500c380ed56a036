/** How a job runs: what a user may set, its defaults, and the checked form the engine works with. */
import type { StateBackend } from '../backend/state-backend.js'
import { type Clock, systemClock } from '../base/clock.js'
import { type Duration, durationMs } from '../base/duration.js'
import { HoldfastError } from '../base/errors.js'
import { type Random, systemRandom } from '../base/random.js'
import type { StartFrom } from '../checkpoint/restore-plan.js'
import { checkParallelism, defaultMaxParallelism } from '../keygroup/key-group-range.js'
import type { CheckpointStorage } from '../storage/checkpoint-storage.js'
import type { JobListener } from './events.js'
import type { RestartStrategy } from './restart.js'
import type { BadRecordPolicy } from './source.js'

/** What a user may set. */
export interface RunOptions {
  /** From one checkpoint to the next. Default `'10s'`. */
  readonly interval?: Duration
  /** Ranges of key groups per keyed step. Default 1. */
  readonly parallelism?: number
  /**
   * Number of key groups; fixed for good by the first checkpoint. Default: the checkpoint's, or as Flink
   * derives it from the parallelism (at least 128).
   */
  readonly maxParallelism?: number
  /** Where to start: `'latest'` (default), `'none'`, or a checkpoint's number. Restarts go on from the latest. */
  readonly from?: StartFrom
  /** Checkpoints to keep. Default 3. */
  readonly retained?: number
  /** Failed checkpoints in a row that do not fail the job. Default 3. */
  readonly toleratedFailures?: number
  /** When to try again after a failure. Default: 3 times, 1 s, 2 s, 4 s. */
  readonly restart?: RestartStrategy
  /** Go on although a sink holds output beyond the checkpoint. Default `false`. */
  readonly allowDuplicates?: boolean
  /**
   * Finds values that are changed in place after they were read or updated, for the price of some speed: they are frozen,
   * or compared when they are written (`INVALID_STATE`, naming state and key). Default `false`.
   */
  readonly development?: boolean
  /** What to do with input that cannot be read, where the source does not say. Default `'fail'`. */
  readonly onBadRecord?: BadRecordPolicy
  /**
   * State to drop that the program does not declare any more: `operator/state`, or `operator` for all of it. Default:
   * nothing, it is kept.
   */
  readonly drop?: readonly string[]
  /** Told what happens. */
  readonly onEvent?: JobListener
  /** Stops the job, with a last checkpoint, when aborted. */
  readonly signal?: AbortSignal
  /** The clock. Default: the machine's. */
  readonly clock?: Clock
  /** Randomness. Default: the machine's. */
  readonly random?: Random
}

/** The live parts a job runs on. */
export interface RunComponents {
  readonly backend: StateBackend
  readonly storage: CheckpointStorage
}

/** Options, checked and complete. */
export interface RunSettings extends RunComponents {
  readonly intervalMs: number
  readonly parallelism: number
  readonly maxParallelism: number | undefined
  readonly from: StartFrom
  readonly retained: number
  readonly toleratedFailures: number
  readonly restart: RestartStrategy
  readonly allowDuplicates: boolean
  readonly development: boolean
  readonly onBadRecord: BadRecordPolicy
  readonly drop: readonly string[]
  readonly onEvent: JobListener
  readonly clock: Clock
  readonly random: Random
}

/** Checks options and fills in defaults. Throws `INVALID_ARGUMENT` naming the option. */
export function checkedSettings(components: RunComponents, options: RunOptions): RunSettings {
  const {
    parallelism = 1,
    maxParallelism,
    from = 'latest',
    retained = 3,
    toleratedFailures = 3,
  } = options
  checkParallelism(parallelism, maxParallelism ?? defaultMaxParallelism(parallelism))
  const intervalMs = durationMs(options.interval ?? 10_000, 'interval')
  if (intervalMs === 0) throw invalid('interval', 0, 'a time above zero')
  if (!Number.isSafeInteger(retained) || retained < 1)
    throw invalid('retained', retained, 'a whole number from 1 on')
  if (!Number.isSafeInteger(toleratedFailures) || toleratedFailures < 0) {
    throw invalid('toleratedFailures', toleratedFailures, 'a whole number from 0 on')
  }
  if (typeof from === 'number' && (!Number.isSafeInteger(from) || from < 1)) {
    throw invalid('from', from, "'latest', 'none' or the number of a checkpoint")
  }
  return {
    ...components,
    intervalMs,
    parallelism,
    maxParallelism,
    from,
    retained,
    toleratedFailures,
    restart: options.restart ?? {},
    allowDuplicates: options.allowDuplicates ?? false,
    development: options.development ?? false,
    onBadRecord: options.onBadRecord ?? 'fail',
    drop: options.drop ?? [],
    onEvent: options.onEvent ?? (() => undefined),
    clock: options.clock ?? systemClock,
    random: options.random ?? systemRandom,
  }
}

function invalid(option: string, value: unknown, wanted: string): HoldfastError {
  return new HoldfastError('INVALID_ARGUMENT', `${option}: ${String(value)} is not ${wanted}`)
}
