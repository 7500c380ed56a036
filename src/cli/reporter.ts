/**
 * Telling people and scripts how a job goes. With `--json` every event is a JSON line on standard output; else
 * one line that renews itself on a terminal, or a plain line every two seconds, on standard error.
 */
import type { JobEvent } from '../runtime/events.js'

/** Where a reporter writes, and when. */
export interface ReporterOptions {
  readonly json: boolean
  /** Standard output; JSON goes here. */
  readonly out: (text: string) => void
  /** Standard error; what people read goes here. */
  readonly err: (text: string) => void
  /** Whether standard error is a terminal. */
  readonly terminal: boolean
  /** Milliseconds, monotonic. */
  readonly now: () => number
}

/** Reports one job. */
export class Reporter {
  readonly #options: ReporterOptions
  #checkpoint = 'no checkpoint yet'
  #lastRecords = 0
  #lastMs: number

  constructor(options: ReporterOptions) {
    this.#options = options
    this.#lastMs = options.now()
  }

  /** Takes an event of the job. */
  event(event: JobEvent): void {
    if (event.event === 'started') this.#lastRecords = event.records
    if (event.event === 'checkpoint') this.#checkpoint = describeCheckpoint(event)
    if (this.#options.json) {
      this.#options.out(`${JSON.stringify(event)}\n`)
      return
    }
    const line = describe(event)
    if (line !== undefined) this.#options.err(`${this.#erase()}${line}\n`)
  }

  /** Called from time to time with the records processed since the beginning of the input. */
  progress(records: number): void {
    const now = this.#options.now()
    const perSecond = Math.round(
      ((records - this.#lastRecords) * 1000) / Math.max(1, now - this.#lastMs),
    )
    this.#lastMs = now
    this.#lastRecords = records
    if (this.#options.json) {
      this.#options.out(
        `${JSON.stringify({ event: 'progress', records, recordsPerSecond: perSecond })}\n`,
      )
      return
    }
    const line = `${grouped(records)} records, ${grouped(perSecond)}/s, ${this.#checkpoint}`
    this.#options.err(this.#options.terminal ? `${this.#erase()}${line}` : `${line}\n`)
  }

  /** Reports why the job failed. */
  failed(code: string, message: string): void {
    if (this.#options.json) {
      this.#options.out(`${JSON.stringify({ event: 'failed', code, message })}\n`)
      return
    }
    this.#options.err(`${this.#erase()}holdfast: ${code}: ${message}\n`)
  }

  #erase(): string {
    return this.#options.terminal ? '\r\u001b[K' : ''
  }
}

/** The line of an event, where people want one. */
function describe(event: JobEvent): string | undefined {
  switch (event.event) {
    case 'started':
      return describeStart(event)
    case 'checkpoint':
      return undefined
    case 'checkpoint-failed':
      return `checkpoint failed (${event.failures} in a row): ${event.code}: ${event.reason}`
    case 'restarting':
      return `restart ${event.attempt} in ${event.delayMs} ms: ${event.code}: ${event.reason}`
    case 'collection-failed':
      return `old files could not be deleted, next time again: ${event.reason}`
    case 'ended':
      return `${event.outcome}: ${grouped(event.records)} records`
  }
}

function describeStart(event: Extract<JobEvent, { event: 'started' }>): string {
  const lines = event.skipped.map(
    ({ number, reason }) => `passed over checkpoint ${number}: ${reason}`,
  )
  if (event.undeclared.length > 0)
    lines.push(`kept, though not declared: ${event.undeclared.join(', ')}`)
  const where =
    event.checkpoint === 0 ? 'from the beginning' : `from checkpoint ${event.checkpoint}`
  lines.push(
    `job "${event.job}" ${where}, ${grouped(event.records)} records (owner ${event.epoch})`,
  )
  return lines.join('\n')
}

function describeCheckpoint(event: Extract<JobEvent, { event: 'checkpoint' }>): string {
  const { checkpoint, durationMs, sizeBytes, pauseMs } = event
  return `checkpoint ${checkpoint}: ${durationMs.toFixed(0)} ms, ${bytes(sizeBytes)}, pause ${pauseMs.toFixed(2)} ms`
}

function grouped(count: number): string {
  return count.toLocaleString('en-US')
}

function bytes(count: number): string {
  if (count < 1000) return `${count} B`
  return count < 1_000_000
    ? `${(count / 1000).toFixed(1)} kB`
    : `${(count / 1_000_000).toFixed(1)} MB`
}
