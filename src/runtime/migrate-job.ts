/**
 * Eager migration: a job is taken over, restored with what the program declares now, and its state written anew in one
 * checkpoint. No record is processed; source and sinks go on from where they were.
 */
import {
  type KeyReport,
  type Rewriting,
  rewrittenStates,
  type StateReport,
} from '../checkpoint/evolution.js'
import { CheckpointLog } from '../checkpoint/log.js'
import { lookAhead } from '../checkpoint/recovery.js'
import type { RunBuilder } from '../run/run-builder.js'
import { workerRunBuilder } from '../run/worker-run-builder.js'
import { Attempt, checkContent } from './attempt.js'
import type { JobEvent } from './events.js'
import { checkGraph } from './graph.js'
import type { Job } from './job.js'
import { checkedSettings, type RunComponents, type RunOptions } from './settings.js'

/** What a user may set. */
export interface MigrateOptions
  extends Pick<
    RunOptions,
    | 'parallelism'
    | 'maxParallelism'
    | 'retained'
    | 'allowDuplicates'
    | 'drop'
    | 'onEvent'
    | 'clock'
    | 'random'
  > {
  /** Whether states that are as the program declares them are written anew too. Default `false`. */
  readonly all?: boolean
  /** Whether only to tell what would be done: nothing is claimed or written. Default `false`. */
  readonly dryRun?: boolean
  /** Who sorts and compresses. Default: a worker thread. */
  readonly builder?: RunBuilder
}

/** What was done, or would be. Plain data, JSON-able. */
export interface MigrationReport {
  readonly job: string
  /** The checkpoint it goes on from; 0: there is none. */
  readonly checkpoint: number
  readonly states: readonly StateReport[]
  readonly keys: readonly KeyReport[]
  /** What is written anew, as `operator/state`. */
  readonly rewritten: readonly string[]
  readonly dropped: readonly string[]
  /** The checkpoint it was written as; `undefined`: a dry run, or there was nothing to do. */
  readonly written:
    | { readonly checkpoint: number; readonly rows: number; readonly sizeBytes: number }
    | undefined
}

/**
 * Migrates a job's state.
 * @throws `INVALID_ARGUMENT`, `INCOMPATIBLE_STATE`, `FENCED`, `INVALID_KEY`, and what opening a job throws
 */
export async function migrateJob(
  job: Job,
  components: RunComponents,
  options: MigrateOptions = {},
): Promise<MigrationReport> {
  const { graph } = job
  checkGraph(graph)
  const rewriting = options.all === true ? 'all' : 'changed'
  const settings = checkedSettings(components, options)
  const log = new CheckpointLog(settings.storage, settings.clock)
  const content = await lookAhead({ job: graph.name, from: 'latest', log })
  const plan = checkContent(graph, settings, { content, drops: 'strictly' })
  const rewritten = [...plan.operators].flatMap(([uid, operator]) => {
    const kept = content.operators.get(uid)?.states
    return [...rewrittenStates(operator, rewriting)]
      .filter((name) => kept?.has(name))
      .map((name) => `${uid}/${name}`)
  })
  const report = {
    job: graph.name,
    checkpoint: content.checkpoint,
    states: plan.states,
    keys: plan.keys,
    rewritten,
    dropped: settings.drop,
  }
  const idle = rewritten.length === 0 && settings.drop.length === 0
  if (options.dryRun === true || idle) return { ...report, written: undefined }
  return { ...report, written: await rewrite(job, { components, options, rewriting }) }
}

interface Rewrite {
  readonly components: RunComponents
  readonly options: MigrateOptions
  readonly rewriting: Rewriting
}

async function rewrite(
  { graph }: Job,
  { components, options, rewriting }: Rewrite,
): Promise<MigrationReport['written']> {
  let written: MigrationReport['written']
  const onEvent = (event: JobEvent): void => {
    options.onEvent?.(event)
    if (event.event !== 'checkpoint') return
    const { checkpoint, rows, sizeBytes } = event
    written = { checkpoint, rows, sizeBytes }
  }
  const settings = checkedSettings(components, { ...options, onEvent })
  const builder = options.builder ?? workerRunBuilder()
  try {
    const attempt = new Attempt({
      graph,
      settings,
      builder,
      from: 'latest',
      stop: new AbortController().signal,
      writer: settings.random.nonce(),
      former: undefined,
      rewriting,
    })
    await attempt.run()
    return written
  } finally {
    if (options.builder === undefined) await builder[Symbol.asyncDispose]()
  }
}
