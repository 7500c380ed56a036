/** The counting job over a script of three parts, for tests of what a job does after this or that. */
import type { CollectSink } from '../../src/connectors/collection.js'
import { type CheckpointStorage, collect, type JobEvent, memoryStorage } from '../../src/index.js'
import { LOG_PREFIX } from '../../src/storage/paths.js'
import type { ScriptStep } from '../../src/testing/scripted-source.js'
import {
  countingJob,
  type Hooks,
  type Input,
  inputs,
  type Output,
  run,
  scripted,
} from './counting-job.js'

export const RECORDS: readonly Input[] = inputs(9)
export const [FIRST, SECOND, THIRD] = [RECORDS.slice(0, 3), RECORDS.slice(3, 6), RECORDS.slice(6)]

/** A job over a script, its sink and its storage. */
export function staged(script: readonly ScriptStep<Input>[], hooks: Hooks = {}) {
  const { source, clock } = scripted(script)
  const all: CollectSink<Output> = collect()
  const job = countingJob(source, { all }, hooks)
  const storage = memoryStorage()
  const options = { clock, onEvent: source.onEvent }
  return { all, job, storage, clock, options, start: () => run(job, storage, options) }
}

/** The names of events. */
export const named = (events: readonly JobEvent[]): string[] => events.map(({ event }) => event)

/** A function that throws so many times. */
export function failing(error: Error, times: number): () => void {
  let left = times
  return () => {
    if (left-- > 0) throw error
  }
}

/** How many entries the log has. */
export const entries = async (storage: CheckpointStorage): Promise<number> =>
  (await storage.list(LOG_PREFIX)).length
