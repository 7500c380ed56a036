/**
 * One owner of one job: takes it over, commits checkpoint after checkpoint, collects what no retained one
 * needs. Runs first, then the log entry; only when that stands do others hear of it. One checkpoint at a
 * time.
 */

import type { Clock } from '../base/clock.js'
import { HoldfastError, hasCode } from '../base/errors.js'
import type { Json } from '../base/json.js'
import type { Random } from '../base/random.js'
import { KEY_HASH } from '../keygroup/hash.js'
import type { RunBuild, RunBuilder } from '../run/run-builder.js'
import type { RunBytes } from '../run/run-reader.js'
import type { BuiltRun } from '../run/run-writer.js'
import type { CheckpointStorage } from '../storage/checkpoint-storage.js'
import { runPath } from '../storage/paths.js'
import {
  countedSections,
  extendChain,
  inlinedRuns,
  isInlined,
  type NewRun,
  type OperatorShapes,
} from './chain.js'
import { Collector, emptyEntry } from './collector.js'
import { CheckpointLog } from './log.js'
import type { CheckpointContent, LogEntry } from './manifest.js'
import { type FormerAttempts, type SkippedCheckpoint, type Takeover, takeOver } from './recovery.js'
import type { StartFrom } from './restore-plan.js'
import { factsOf } from './retention.js'

/** What a coordinator works with. */
export interface CoordinatorOptions {
  readonly job: string
  readonly storage: CheckpointStorage
  readonly builder: RunBuilder
  readonly clock: Clock
  readonly random: Random
  /** Checkpoints to keep; at least 1. */
  readonly retained: number
  readonly from: StartFrom
  /** Whom to write as; never used before. Default: drawn from `random`. */
  readonly writer?: string
  /** What earlier attempts of this process have left; `undefined`: this is its first, or none ever owned the job. */
  readonly former?: FormerAttempts | undefined
  /** Throws if the program cannot go on from this content. */
  readonly check: (content: CheckpointContent) => void
  /** What of the content it goes on from is not to be in its checkpoints. Default: nothing. */
  readonly drop?: (content: CheckpointContent) => CheckpointContent
}

/** The state of a job at a barrier. */
export interface CheckpointInput {
  readonly takenAtMs: number
  readonly finished: boolean
  readonly sources: ReadonlyMap<string, Json>
  /** Event time reached by each keyed step, by uid, in ms. */
  readonly watermarks: ReadonlyMap<string, number>
  readonly sinks: ReadonlyMap<string, readonly Json[]>
  readonly operators: OperatorShapes
  /** Hands the rows that changed since the last committed checkpoint to the build. */
  readonly fill: (build: RunBuild) => Promise<void>
}

/** A checkpoint that stands. */
export interface CommittedCheckpoint {
  readonly number: number
  /** Bytes written: run and manifest entry. */
  readonly sizeBytes: number
  /** Rows in its delta. */
  readonly rows: number
}

/** The owner's side of a job's checkpoints. */
export class Coordinator {
  /** What the job goes on from. */
  readonly restored: CheckpointContent
  /** Checkpoints that were passed over because they are damaged. */
  readonly skipped: readonly SkippedCheckpoint[]
  /** Whether no checkpoint was ever committed, so that no output can be this job's: claims alone show nothing. */
  readonly isNew: boolean
  readonly #options: CoordinatorOptions
  readonly #log: CheckpointLog
  readonly #collector: Collector
  #runs: ReadonlyMap<string, RunBytes>
  #usable = true
  #last: LogEntry
  #content: CheckpointContent

  private constructor(options: CoordinatorOptions, log: CheckpointLog, takeover: Takeover) {
    this.#options = options
    this.#log = log
    this.restored = options.drop?.(takeover.content) ?? takeover.content
    this.#runs = takeover.runs
    this.skipped = takeover.skipped
    this.isNew = isNewJob(takeover)
    this.#last = takeover.claim
    this.#content = this.restored
    this.#collector = new Collector(options.storage, log, takeover.entries.map(factsOf))
  }

  /**
   * Takes the job over.
   * @throws what `takeOver` (recovery.ts) throws
   */
  static async open(options: CoordinatorOptions): Promise<Coordinator> {
    const log = new CheckpointLog(options.storage, options.clock)
    const { writer = options.random.nonce() } = options
    return new Coordinator(options, log, await takeOver({ ...options, writer, log }))
  }

  /** The restored content's runs, verified, by path; none after {@link release}. */
  get runs(): ReadonlyMap<string, RunBytes> {
    return this.#runs
  }

  /** Everything is restored: lets go of the runs, most of which are kept in memory. */
  release(): void {
    this.#runs = new Map()
  }

  /** How many owners the job has had, this one included. */
  get epoch(): number {
    return this.#last.epoch
  }

  /** The number the next checkpoint will have. */
  get nextNumber(): number {
    return this.#last.number + 1
  }

  /**
   * Commits a checkpoint. When it resolves, the checkpoint stands and this process still owned the job
   * afterwards: deltas may be released and external commits sent.
   * @returns `undefined` if an abort stands in its place; the changes belong to the next checkpoint then
   * @throws `FENCED`; `STORAGE_FAILED` (retryable) if its fate is unknown; otherwise nothing was committed
   */
  async commit(input: CheckpointInput): Promise<CommittedCheckpoint | undefined> {
    if (!this.#usable) {
      throw new HoldfastError('INVALID_STATE', 'this owner of the job has ended; take over again')
    }
    const number = this.nextNumber
    const delta = await this.#build((build) => input.fill(build))
    const run = delta && (await this.#store(delta, { number, shapes: input.operators }))
    const content: CheckpointContent = {
      checkpoint: number,
      takenAtMs: input.takenAtMs,
      finished: input.finished,
      sources: input.sources,
      // Of steps that the program has dropped too, as their state is kept.
      watermarks: new Map([...this.#content.watermarks, ...input.watermarks]),
      sinks: input.sinks,
      ...extendChain(this.#content, input.operators, { run, number }),
    }
    const entry = this.#nextEntry(content)
    // It keeps nothing, so it must not announce a collection that counts on the checkpoint.
    const abort = { ...this.#last, kind: 'abort', number, content: undefined } as const
    const outcome = await this.#append(entry, abort)
    if (outcome === 'aborted') {
      this.#last = abort
      this.#collector.add(emptyEntry(number))
      return undefined
    }
    this.#last = entry
    this.#content = content
    this.#collector.add(factsOf(entry))
    return { number, sizeBytes: run?.ref.sizeBytes ?? 0, rows: delta?.rows ?? 0 }
  }

  /**
   * Whether this owner can go on. `false` once the fate of a checkpoint is unknown or another owner is there:
   * its next entry could be mistaken for the one before, so only a new takeover can tell.
   */
  get usable(): boolean {
    return this.#usable
  }

  /**
   * Deletes what no retained checkpoint needs. To be called after a commit, not alongside one. What cannot
   * be deleted now is tried again with the next call.
   * @throws `FENCED` if it has turned out that another owner has taken over, and what the storage throws
   */
  async collect(): Promise<void> {
    await this.#collector.collect(this.#last)
  }

  async #append(entry: LogEntry, abort: LogEntry): Promise<'committed' | 'aborted'> {
    try {
      return await this.#log.commit(entry, abort)
    } catch (error) {
      this.#usable = hasCode(error, 'STORAGE_DENIED') || hasCode(error, 'STORAGE_FULL')
      throw error
    }
  }

  async #build(fill: (build: RunBuild) => Promise<void>): Promise<BuiltRun | undefined> {
    const build = this.#options.builder.begin()
    try {
      await fill(build)
    } catch (error) {
      build.cancel()
      throw error
    }
    return build.finish([])
  }

  /** Inlines a small delta; writes a larger one as a file, the inlined runs below it merged in. */
  async #store(
    delta: BuiltRun,
    next: { readonly number: number; readonly shapes: OperatorShapes },
  ): Promise<NewRun> {
    const { number } = next
    const { random, storage, builder } = this.#options
    const path = runPath({ epoch: this.epoch, checkpoint: number, nonce: random.nonce() })
    const { operators } = delta
    if (isInlined(delta.sizeBytes, this.#content)) {
      const inline = Buffer.concat(delta.chunks).toString('base64')
      const ref = { path, sizeBytes: delta.sizeBytes, sha256: delta.sha256, inline }
      return { ref, operators, replacesInlined: false }
    }
    const below = inlinedRuns(this.#content).map(({ path: from, inline = '' }) => {
      const sections = countedSections(this.#content, from, next)
      return { bytes: Buffer.from(inline, 'base64'), sections }
    })
    const merged =
      below.length === 0
        ? delta
        : await builder.begin().finish([...below, { bytes: Buffer.concat(delta.chunks) }])
    const file = merged ?? delta
    this.#collector.wrote(path)
    await storage.write(path, file.chunks)
    const ref = { path, sizeBytes: file.sizeBytes, sha256: file.sha256, inline: undefined }
    return { ref, operators: file.operators, replacesInlined: true }
  }

  #nextEntry(content: CheckpointContent): LogEntry {
    const { job, retained } = this.#options
    return {
      kind: 'checkpoint',
      job,
      number: content.checkpoint,
      epoch: this.epoch,
      writer: this.#last.writer,
      keyHash: KEY_HASH,
      collected: this.#collector.boundary(this.#last.collected, retained),
      content,
    }
  }
}

/** A damaged entry may have been a checkpoint, and so may one that is collected. */
function isNewJob({ claim, entries, skipped }: Takeover): boolean {
  if (claim.collected > 0 || skipped.length > 0) return false
  return entries.every(({ content }) => content === undefined || content.checkpoint === 0)
}
