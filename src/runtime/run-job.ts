/** Runs a job: attempt after attempt, as the restart strategy has it, until it ends or fails for good. */
import type { FormerAttempts } from '../checkpoint/recovery.js'
import type { RunBuilder } from '../run/run-builder.js'
import { workerRunBuilder } from '../run/worker-run-builder.js'
import { Attempt } from './attempt.js'
import type { JobOutcome } from './events.js'
import { checkGraph, type JobGraph } from './graph.js'
import type { Job } from './job.js'
import { asHoldfastError, decideRestart } from './restart.js'
import {
  checkedSettings,
  type RunComponents,
  type RunOptions,
  type RunSettings,
} from './settings.js'

/** A job at work. */
export interface RunningJob extends AsyncDisposable {
  /**
   * Resolves when the job has ended with its last checkpoint committed.
   * @throws the {@link HoldfastError} that made it fail for good
   */
  readonly done: Promise<JobOutcome>
  /** Records processed since the beginning of the input, those before a restore included. */
  readonly records: number
  /** Asks the job to stop: current batch, last checkpoint, end. The same as aborting its signal. */
  stop(): void
}

/** Options that only tests need. */
export interface RunJobOptions extends RunOptions {
  /** Who sorts and compresses. Default: a worker thread. */
  readonly builder?: RunBuilder
}

/**
 * Starts a job.
 * @throws `INVALID_ARGUMENT` for a bad option or job; everything later is told by `done`
 */
export function runJob(
  job: Job,
  components: RunComponents,
  options: RunJobOptions = {},
): RunningJob {
  checkGraph(job.graph)
  const running = new Running(job.graph, checkedSettings(components, options))
  options.signal?.addEventListener('abort', () => running.stop())
  if (options.signal?.aborted) running.stop()
  running.start(options)
  return running
}

class Running implements RunningJob {
  done: Promise<JobOutcome> = Promise.resolve('stopped')
  readonly #graph: JobGraph
  readonly #settings: RunSettings
  readonly #stopping = new AbortController()
  #attempt: Attempt | undefined

  constructor(graph: JobGraph, settings: RunSettings) {
    this.#graph = graph
    this.#settings = settings
  }

  get records(): number {
    return this.#attempt?.records ?? 0
  }

  stop(): void {
    this.#stopping.abort()
  }

  start(options: RunJobOptions): void {
    this.done = this.#run(options.builder)
    // Whoever is interested awaits `done`; a failure nobody awaits must not end the process.
    this.done.catch(() => undefined)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stop()
    await this.done.catch(() => undefined)
  }

  async #run(given: RunBuilder | undefined): Promise<JobOutcome> {
    const builder = given ?? workerRunBuilder()
    try {
      const outcome = await this.#attempts(builder)
      this.#settings.onEvent({ event: 'ended', outcome, records: this.records })
      return outcome
    } finally {
      if (given === undefined) await builder[Symbol.asyncDispose]()
    }
  }

  async #attempts(builder: RunBuilder): Promise<JobOutcome> {
    const settings = this.#settings
    const stop = this.#stopping.signal
    let { from } = settings
    let restarts = 0
    let former: FormerAttempts | undefined
    const writers: string[] = []
    for (;;) {
      const writer = settings.random.nonce()
      const graph = this.#graph
      const attempt = new Attempt({ graph, settings, builder, from, stop, writer, former })
      this.#attempt = attempt
      writers.push(writer)
      try {
        return await attempt.run()
      } catch (thrown) {
        const error = asHoldfastError(thrown)
        if (attempt.committed > 0) restarts = 0
        const decision = decideRestart(error, restarts, settings.restart)
        if (decision.kind === 'fail' || stop.aborted) throw error
        restarts = decision.attempt
        const newest = attempt.newest ?? former?.newest
        // Before it owned the job, nothing was done of what it was told.
        if (newest !== undefined) from = 'latest'
        former = newest === undefined ? undefined : { writers, newest }
        const { attempt: number, delayMs } = decision
        settings.onEvent({
          event: 'restarting',
          attempt: number,
          delayMs,
          code: error.code,
          reason: error.message,
        })
        await this.#rest(delayMs)
      }
    }
  }

  /** Waits before another attempt. Asked to stop, that begins at once, to end with a last checkpoint. */
  async #rest(delayMs: number): Promise<void> {
    const { signal } = this.#stopping
    try {
      await this.#settings.clock.sleep(delayMs, signal)
    } catch (error) {
      if (!signal.aborted) throw error
    }
  }
}
