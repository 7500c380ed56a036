/** One attempt at a job: take over, open and restore everything, run, close everything. */

import { HoldfastError } from '../base/errors.js'
import { isObject, type Json } from '../base/json.js'
import { Coordinator } from '../checkpoint/coordinator.js'
import { checkDrops, withoutDropped } from '../checkpoint/dropping.js'
import {
  checkEvolution,
  type EvolutionPlan,
  planEvolution,
  type Rewriting,
} from '../checkpoint/evolution.js'
import { type CheckpointContent, NO_CONTENT } from '../checkpoint/manifest.js'
import type { FormerAttempts } from '../checkpoint/recovery.js'
import type { StartFrom } from '../checkpoint/restore-plan.js'
import { checkParallelism } from '../keygroup/key-group-range.js'
import type { RunBuilder } from '../run/run-builder.js'
import { Checkpointer } from './checkpointer.js'
import type { JobOutcome } from './events.js'
import { type JobGraph, stepsOf } from './graph.js'
import { declarationsOf, Pipeline } from './pipeline.js'
import type { RunSettings } from './settings.js'
import { Task } from './task.js'

/** What an attempt runs. */
export interface AttemptOptions {
  readonly graph: JobGraph
  readonly settings: RunSettings
  readonly builder: RunBuilder
  readonly from: StartFrom
  readonly stop: AbortSignal
  /** Whom it writes as in the log. */
  readonly writer: string
  /** What the attempts before it have left in the log, once one of them has owned the job. */
  readonly former: FormerAttempts | undefined
  /** Which states are written anew, in one checkpoint and nothing else; `'none'`: the job runs. Default: `'none'`. */
  readonly rewriting?: Rewriting
}

/** One attempt; `records` and `committed` can be read while it runs. */
export class Attempt {
  readonly #options: AttemptOptions
  #coordinator: Coordinator | undefined
  #task: Task | undefined
  #checkpointer: Checkpointer | undefined
  #restoredRecords = 0

  constructor(options: AttemptOptions) {
    this.#options = options
  }

  /** Records processed since the beginning of the input. */
  get records(): number {
    return this.#task?.records ?? this.#restoredRecords
  }

  /** Checkpoints committed by this attempt. */
  get committed(): number {
    return this.#checkpointer?.committed ?? 0
  }

  /** Number of its newest entry in the log; `undefined` before it has taken the job over. */
  get newest(): number | undefined {
    return this.#coordinator && this.#coordinator.nextNumber - 1
  }

  /** Runs to the end of the attempt. Throws what ended it, not what went wrong while closing after that. */
  async run(): Promise<JobOutcome> {
    try {
      return await this.#run()
    } catch (error) {
      throw firstFailure(error)
    }
  }

  async #run(): Promise<JobOutcome> {
    const { graph, settings, builder, from, writer, former } = this.#options
    let plan: EvolutionPlan = planEvolution(NO_CONTENT, [])
    const coordinator = await Coordinator.open({
      ...settings,
      job: graph.name,
      builder,
      from,
      writer,
      former,
      check: (content) => {
        // A restart may find it dropped already.
        const drops = former === undefined ? 'strictly' : 'what is there'
        plan = checkContent(graph, settings, { content, drops })
      },
      drop: (content) => withoutDropped(content, settings.drop),
    })
    this.#coordinator = coordinator
    const { restored } = coordinator
    const source = sourcePosition(restored, graph.sourceUid)
    this.#restoredRecords = source.records
    this.#announce(coordinator, plan)
    const { rewriting = 'none' } = this.#options
    const opening = { ...settings, graph, coordinator, plan, rewriting }
    await using pipeline = await Pipeline.open(opening)
    coordinator.release()
    const checkpointer = new Checkpointer({ ...settings, coordinator, pipeline })
    this.#checkpointer = checkpointer
    const { finished } = restored
    // Nothing is to be processed, but what was migrated or dropped is to be so for good.
    if (rewriting !== 'none' || (finished && (pipeline.dirty || settings.drop.length > 0)))
      await checkpointer.takeAtOnce({ sources: restored.sources, records: this.records, finished })
    if (rewriting !== 'none') return finished ? 'finished' : 'stopped'
    if (finished) return 'finished'
    // Awaited here: otherwise the pipeline would be closed while the task runs.
    return await this.#runTask(pipeline, checkpointer, source)
  }

  async #runTask(
    pipeline: Pipeline,
    checkpointer: Checkpointer,
    source: { readonly records: number; readonly at: Json | undefined },
  ): Promise<JobOutcome> {
    const { graph, settings, stop } = this.#options
    const { clock, onBadRecord, intervalMs } = settings
    const reading = { position: source.at, signal: stop, clock, onBadRecord }
    await using reader = await graph.source.open(reading)
    const { records, at: position } = source
    const { sourceUid } = graph
    const task = new Task({
      sourceUid,
      reader,
      pipeline,
      checkpointer,
      clock,
      intervalMs,
      position,
      records,
      stop,
    })
    this.#task = task
    return await task.run()
  }

  #announce(coordinator: Coordinator, { states, keys }: EvolutionPlan): void {
    const { graph, settings } = this.#options
    settings.onEvent({
      event: 'started',
      job: graph.name,
      epoch: coordinator.epoch,
      checkpoint: coordinator.restored.checkpoint,
      records: this.#restoredRecords,
      skipped: coordinator.skipped,
      undeclared: undeclared(graph, coordinator.restored),
      evolved: states,
      migratedKeys: keys,
      dropped: settings.drop,
    })
  }
}

/** A content, and whether all that is to be dropped must be in it. */
interface Checked {
  readonly content: CheckpointContent
  readonly drops: 'strictly' | 'what is there'
}

/**
 * All that can be told before the job is taken from whoever runs it.
 * @throws `INCOMPATIBLE_STATE`, `INVALID_ARGUMENT`
 */
export function checkContent(
  graph: JobGraph,
  settings: RunSettings,
  { content, drops }: Checked,
): EvolutionPlan {
  const declared = declarationsOf(graph, settings)
  if (drops === 'strictly') checkDrops(content, settings.drop, declared)
  const kept = withoutDropped(content, settings.drop)
  const plan = planEvolution(kept, declared)
  checkEvolution(plan, graph.name)
  for (const { uid } of declared) {
    const operator = kept.operators.get(uid)
    if (operator !== undefined) checkParallelism(settings.parallelism, operator.maxParallelism)
  }
  return plan
}

/** Names are all that is asked for. */
const NO_SETTINGS = { maxParallelism: undefined, development: false }

/** What the checkpoint holds and the program has no use for: `operator/state`, and `sink uid` for prepared output. */
function undeclared(graph: JobGraph, content: CheckpointContent): string[] {
  const declared = new Set(
    declarationsOf(graph, NO_SETTINGS).flatMap(({ uid, states }) =>
      Object.keys(states).map((name) => `${uid}/${name}`),
    ),
  )
  const kept = [...content.operators].flatMap(([uid, { states }]) =>
    [...states.keys()].map((name) => `${uid}/${name}`),
  )
  const sinks = new Set(
    stepsOf(graph.next).flatMap((step) => (step.kind === 'sink' ? [step.uid] : [])),
  )
  const pending = [...content.sinks].filter(([uid, parts]) => parts.length > 0 && !sinks.has(uid))
  return [...kept.filter((name) => !declared.has(name)), ...pending.map(([uid]) => `sink ${uid}`)]
}

function sourcePosition(
  content: CheckpointContent,
  uid: string,
): { records: number; at: Json | undefined } {
  const kept = content.sources.get(uid)
  if (kept === undefined) return { records: 0, at: undefined }
  if (isObject(kept) && typeof kept.records === 'number')
    return { records: kept.records, at: kept.at }
  throw new HoldfastError(
    'CORRUPT',
    `checkpoint ${content.checkpoint}: the position of "${uid}" is not one`,
  )
}

/** What was thrown first, where closing what was open has thrown as well. */
function firstFailure(error: unknown): unknown {
  const later = error instanceof Error && error.name === 'SuppressedError' && 'suppressed' in error
  return later ? firstFailure(error.suppressed) : error
}
