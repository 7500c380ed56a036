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
import { sweepUntil } from './sweeper.js'

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
  /** Whether a batch is being processed, or timers fire. */
  #busy = false
  /** Whether a checkpoint is to be taken at the next barrier. */
  #due = false
  /** Wakes the loop for the earliest processing-time timer while the source is idle. */
  #alarm: { readonly time: number; readonly off: AbortController } | undefined

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
    const sweeper = this.#sweep(ticking.signal)
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
      this.#alarm?.off.abort()
      await ticker
      await sweeper
      await this.#inFlight
    }
  }

  /** `true`: the input has ended. `false`: asked to stop. */
  async #loop(): Promise<boolean> {
    const { pipeline, stop } = this.#options
    const breathe = (): Promise<boolean> => this.#breathe()
    // Before anything is read: what was due when the job went down.
    let going = !stop.aborted && (await pipeline.advance(breathe))
    while (going && !stop.aborted) {
      this.#throwFailure()
      const batch = await this.#next()
      if (batch === 'ended') return true
      this.#busy = true
      if (batch !== 'woken') {
        const pending = forward(pipeline.entry, batch.records, undefined)
        if (pending !== undefined) await pending
        this.#position = batch.position
        this.#records += batch.records.length
      }
      going = await pipeline.advance(breathe)
      this.#busy = false
      if (batch !== 'woken') await this.#breathe()
    }
    return false
  }

  /** A place where a checkpoint can be taken and others have their turn. `false`: the job is to stop. */
  async #breathe(): Promise<boolean> {
    if (this.#due) this.#checkpoint()
    await this.#options.clock.turn()
    this.#throwFailure()
    return !this.#options.stop.aborted
  }

  /** The next batch, or `woken` when a checkpoint is due or the job is to stop while the source is idle. */
  async #next(): Promise<SourceBatch<unknown> | 'ended' | 'woken'> {
    if (this.#due) this.#checkpoint()
    this.#setAlarm()
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

  /** Sees to it that the loop wakes when the earliest processing-time timer is due. */
  #setAlarm(): void {
    const { clock, pipeline } = this.#options
    const time = pipeline.nextTimer()
    if (time === this.#alarm?.time) return
    this.#alarm?.off.abort()
    this.#alarm = undefined
    if (time === undefined) return
    const off = new AbortController()
    const alarm = { time, off }
    this.#alarm = alarm
    const ring = (): void => {
      if (this.#alarm === alarm) this.#alarm = undefined
      this.#wake?.()
    }
    clock.sleep(Math.max(0, time - clock.now()), off.signal).then(ring, () => undefined)
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

  /** Removes expired state whenever there is time. */
  async #sweep(signal: AbortSignal): Promise<void> {
    const { clock, pipeline } = this.#options
    if (!pipeline.expires) return
    try {
      const tick = (): void => {
        // Time stands still within a batch.
        if (!this.#busy) pipeline.tick()
      }
      await sweepUntil({ clock, backends: pipeline.keyedBackends, tick }, signal)
    } catch (error) {
      this.#failure = asHoldfastError(error)
      this.#wake?.()
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
