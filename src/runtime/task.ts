/**
 * The loop of a running job: read a batch, push it through the pipeline, take a checkpoint when one is due.
 * Between two batches no record is under way, so that is where the barrier is.
 */
import type { Clock } from '../base/clock.js'
import type { HoldfastError } from '../base/errors.js'
import type { Json } from '../base/json.js'
import type { Checkpointer } from './checkpointer.js'
import type { JobOutcome } from './events.js'
import { forward } from './operator.js'
import type { Pipeline } from './pipeline.js'
import { asHoldfastError } from './restart.js'
import type { SourceBatch, SourceReader } from './source.js'

/** What a task works with. */
export interface TaskOptions {
  readonly sourceUid: string
  readonly reader: SourceReader<unknown>
  readonly pipeline: Pipeline
  readonly checkpointer: Checkpointer
  readonly clock: Clock
  /** From one barrier to the next, in ms. */
  readonly intervalMs: number
  /** Where the source was opened. */
  readonly position: Json | undefined
  /** Records processed up to there. */
  readonly records: number
  /** Aborted when the job is asked to stop. */
  readonly stop: AbortSignal
}

/** Runs one attempt from its restored position to the end of the input, or until it is asked to stop. */
export class Task {
  readonly #options: TaskOptions
  #position: Json | undefined
  #records: number
  /** Records at the last barrier. */
  #marked: number
  #inFlight: Promise<void> | undefined
  #failure: HoldfastError | undefined
  #wake: (() => void) | undefined
  /** The read under way; kept when a checkpoint interrupts the wait for it. */
  #reading: Promise<SourceBatch<unknown> | undefined> | undefined
  /** Whether a checkpoint is to be taken at the next barrier. */
  #due = false

  constructor(options: TaskOptions) {
    this.#options = options
    this.#position = options.position
    this.#records = options.records
    this.#marked = options.records
  }

  /** Records processed since the beginning of the input. */
  get records(): number {
    return this.#records
  }

  /**
   * Runs to the end; the last checkpoint stands then.
   * @throws whatever ended the attempt
   */
  async run(): Promise<JobOutcome> {
    const { pipeline, stop } = this.#options
    const ticking = new AbortController()
    const ticker = this.#tick(ticking.signal)
    const onStop = (): void => this.#wake?.()
    stop.addEventListener('abort', onStop)
    try {
      const ended = await this.#loop()
      if (ended) await pipeline.end()
      await this.#inFlight
      this.#throwFailure()
      await this.#options.checkpointer.takeAtOnce(this.#barrier(ended))
      return ended ? 'finished' : 'stopped'
    } finally {
      stop.removeEventListener('abort', onStop)
      ticking.abort()
      await ticker
      await this.#inFlight
    }
  }

  /** `true`: the input has ended. `false`: asked to stop. */
  async #loop(): Promise<boolean> {
    const { clock, pipeline, stop } = this.#options
    while (!stop.aborted) {
      this.#throwFailure()
      const batch = await this.#next()
      if (batch === 'ended') return true
      if (batch === 'woken') continue
      const pending = forward(pipeline.entry, batch.records)
      if (pending !== undefined) await pending
      this.#position = batch.position
      this.#records += batch.records.length
      if (this.#due) this.#checkpoint()
      await clock.turn()
    }
    return false
  }

  /** The next batch, or `woken` when a checkpoint is due or the job is to stop while the source is idle. */
  async #next(): Promise<SourceBatch<unknown> | 'ended' | 'woken'> {
    if (this.#due) this.#checkpoint()
    this.#reading ??= this.#options.reader.read()
    const reading = this.#reading
    const woken = await new Promise<boolean>((resolve, reject) => {
      this.#wake = () => resolve(true)
      reading.then(() => resolve(false), reject)
    })
    this.#wake = undefined
    if (woken) return 'woken'
    this.#reading = undefined
    return (await reading) ?? 'ended'
  }

  /** Says when a checkpoint is due; while one is in flight, the next waits for it. */
  async #tick(signal: AbortSignal): Promise<void> {
    const { clock, intervalMs } = this.#options
    try {
      while (!signal.aborted) {
        await clock.sleep(intervalMs, signal)
        await this.#inFlight
        this.#due = true
        this.#wake?.()
      }
    } catch {
      // Aborted: the attempt has ended.
    }
  }

  #checkpoint(): void {
    this.#due = false
    const { checkpointer, pipeline } = this.#options
    if (this.#inFlight !== undefined) return
    if (this.#records === this.#marked && !pipeline.dirty) return
    this.#marked = this.#records
    this.#inFlight = checkpointer
      .take(this.#barrier(false))
      .then(() => undefined)
      .catch((error: unknown) => {
        this.#failure = asHoldfastError(error)
      })
      .finally(() => {
        this.#inFlight = undefined
        this.#wake?.()
      })
  }

  #barrier(finished: boolean) {
    const { sourceUid } = this.#options
    const at = this.#position
    const source: Json = { records: this.#records, ...(at === undefined ? {} : { at }) }
    return { sources: new Map([[sourceUid, source]]), records: this.#records, finished }
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure
  }
}
