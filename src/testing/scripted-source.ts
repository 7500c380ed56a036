/**
 * A source that follows a script: batches, checkpoints at exact places, crashes. Invariant: a position is a
 * place in the script, and from each the same batches follow, however often the job was restarted.
 */
import { HoldfastError } from '../base/errors.js'
import type { Json } from '../base/json.js'
import type { JobListener } from '../runtime/events.js'
import type { Source, SourceContext, SourceReader } from '../runtime/source.js'
import type { ManualClock } from './manual-clock.js'

/**
 * One step of a script.
 *
 * - A list of records is one batch.
 * - `'barrier'`: the job takes a checkpoint here; what follows is read when it is committed or has failed. Passed
 *   over by a reader that has read nothing yet: it was restored here.
 * - `'crash'`: the read fails, once; a source that comes here again goes on.
 * - `'idle'`: nothing comes any more, until the job is stopped.
 *
 * At the end of the script the input ends.
 */
export type ScriptStep<T> = readonly T[] | 'barrier' | 'crash' | 'idle'

/** What a script with barriers needs. */
export interface ScriptOptions {
  /** The job's clock, which must stand still otherwise. */
  readonly clock?: ManualClock
  /** The job's interval between checkpoints, in ms; a barrier moves the clock by so much. */
  readonly intervalMs?: number
}

/** A source that follows a script. */
export interface ScriptedSource<T> extends Source<T> {
  /** To be told the job's events: a barrier waits for its checkpoint's. */
  readonly onEvent: JobListener
}

/**
 * Makes a source from a script. The same source can be given to one job after another: crashes that have
 * happened do not happen again.
 * @throws from `open`: `INVALID_ARGUMENT` for a barrier without a clock, or a position outside the script
 */
export function scriptedSource<T>(
  script: readonly ScriptStep<T>[],
  options: ScriptOptions = {},
): ScriptedSource<T> {
  const stage: Stage<T> = { script, options, crashed: new Set(), resume: undefined }
  return {
    name: 'script',
    open: async (context) => new ScriptReader(stage, context),
    onEvent: ({ event }) => {
      if (event === 'checkpoint' || event === 'checkpoint-failed') stage.resume?.()
    },
  }
}

/** What outlives the readers. */
interface Stage<T> {
  readonly script: readonly ScriptStep<T>[]
  readonly options: ScriptOptions
  /** Steps that have crashed already. */
  readonly crashed: Set<number>
  /** Ends the wait at a barrier. */
  resume: (() => void) | undefined
}

class ScriptReader<T> implements SourceReader<T> {
  readonly #stage: Stage<T>
  readonly #signal: AbortSignal
  #next: number
  /** Whether anything was read since the reader was opened or the last barrier. */
  #moved = false

  constructor(stage: Stage<T>, { position, signal }: SourceContext) {
    const { script, options } = stage
    if (script.includes('barrier') && (options.clock === undefined || !options.intervalMs)) {
      throw new HoldfastError('INVALID_ARGUMENT', 'a script with barriers needs clock and interval')
    }
    this.#stage = stage
    this.#signal = signal
    this.#next = startOf(script, position)
  }

  async read(): Promise<{ records: readonly T[]; position: Json } | undefined> {
    for (;;) {
      this.#signal.throwIfAborted()
      const step = this.#stage.script[this.#next]
      if (step === undefined) return undefined
      if (typeof step !== 'string') {
        this.#next++
        this.#moved = true
        return { records: step, position: this.#next }
      }
      await this.#perform(step)
      this.#next++
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  async #perform(step: 'barrier' | 'crash' | 'idle'): Promise<void> {
    if (step === 'barrier') return this.#barrier()
    if (step === 'idle') return this.#until(() => {})
    const { crashed } = this.#stage
    if (crashed.has(this.#next)) return
    crashed.add(this.#next)
    throw new HoldfastError('OPERATOR_FAILED', `scripted: a crash at step ${this.#next}`, {
      retryable: true,
    })
  }

  async #barrier(): Promise<void> {
    if (!this.#moved) return
    this.#moved = false
    const { clock, intervalMs = 0 } = this.#stage.options
    const done = this.#until((resume) => {
      this.#stage.resume = resume
    })
    await clock?.advance(intervalMs)
    await done
  }

  /** Waits until it is told to go on, or the job is stopped. */
  async #until(start: (resume: () => void) => void): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#signal.addEventListener('abort', () => resolve())
      start(resolve)
    })
    this.#stage.resume = undefined
  }
}

function startOf(script: readonly unknown[], position: Json | undefined): number {
  if (position === undefined) return 0
  const known = typeof position === 'number' && Number.isSafeInteger(position)
  if (known && position >= 0 && position <= script.length) return position
  throw new HoldfastError(
    'INVALID_ARGUMENT',
    `${JSON.stringify(position)} is no place in a script of ${script.length} steps`,
  )
}
