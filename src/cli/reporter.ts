/**
 * Telling people and scripts how a job goes. With `--json` every event is a line of JSON on standard output; else
 * one line that renews itself on a terminal, or plain lines from time to time, on standard error. What made
 * the command fail is always the last line of standard error.
 *
 * Invariant: progress is told only between a start and what follows it, so events come in a sensible order.
 */
import type { HoldfastError } from '../base/errors.js'
import type { JobEvent } from '../runtime/events.js'
import { describeCheckpoint, describeEvent, grouped } from './describe.js'

/** Where a reporter writes, and when. */
export interface ReporterOptions {
  readonly json: boolean
  /** Standard output; JSON goes here. */
  readonly out: (text: string) => void
  /** Standard error; what people read goes here. */
  readonly err: (text: string) => void
  /** Whether standard error is a terminal that can renew a line. */
  readonly terminal: boolean
  /** Its width in characters; longer lines are not renewed but pile up. */
  readonly columns: () => number
  /** Milliseconds, monotonic. */
  readonly now: () => number
}

/** Reports one job. */
export class Reporter {
  readonly #options: ReporterOptions
  #job = ''
  /** Whether an attempt is at work. */
  #running = false
  /** Whether the terminal's last line is one that renews itself. */
  #open = false
  #last: string | undefined
  /** Number of the newest checkpoint. */
  #checkpoint = 0
  #committed = 0
  #records = 0
  #sinceMs = 0

  constructor(options: ReporterOptions) {
    this.#options = options
  }

  /** Whether progress is a line that renews itself. */
  get renewing(): boolean {
    return this.#options.terminal && !this.#options.json
  }

  /** Takes an event of the job. */
  event(event: JobEvent): void {
    this.#note(event)
    if (this.#options.json) {
      this.#json(event)
      return
    }
    for (const line of describeEvent(event)) this.#line(line)
    if (event.event === 'ended') this.#line(this.#end(event))
  }

  /** Called from time to time with the records processed since the beginning of the input. */
  progress(records: number): void {
    if (!this.#running) return
    const now = this.#options.now()
    const elapsedMs = Math.max(1, now - this.#sinceMs)
    const recordsPerSecond = Math.round(((records - this.#records) * 1000) / elapsedMs)
    this.#sinceMs = now
    this.#records = records
    if (this.#options.json) {
      this.#json({ event: 'progress', records, recordsPerSecond })
      return
    }
    const speed = `${grouped(records)} records, ${grouped(recordsPerSecond)}/s`
    const line = `${speed}, ${this.#last ?? 'no checkpoint yet'}`
    if (this.renewing) this.#renew(line)
    else this.#line(line)
  }

  /** Says, on a terminal only, that something is going on which takes a while. */
  working(what: string): void {
    if (this.renewing) this.#renew(what)
  }

  /** Tells what a command has come to: an event for scripts, lines for people. */
  tell(event: object, lines: readonly string[]): void {
    if (this.#options.json) this.#json(event)
    else for (const line of lines) this.#line(line)
  }

  /** The job has been asked to stop: by a signal, or because nobody listens any more. */
  stopping(reason: string): void {
    if (this.#options.json) this.#json({ event: 'stopping', reason })
    this.#line(`${reason}: stopping with a last checkpoint; a second signal ends it at once`)
  }

  /** The process ends before its job has. */
  interrupted(): void {
    const from = this.#checkpoint === 0 ? 'the beginning' : `checkpoint ${this.#checkpoint}`
    if (this.#options.json) this.#json({ event: 'interrupted', checkpoint: this.#checkpoint })
    this.#line(`ended at once; the next run goes on from ${from}`)
  }

  /**
   * Says why the command failed.
   * @param hint for people, at the end of the line
   */
  failed(error: Pick<HoldfastError, 'code' | 'message'>, hint = ''): void {
    const { code, message } = error
    this.#running = false
    if (this.#options.json) this.#json({ event: 'failed', code, message })
    // A report of what does not fit is for reading: a line for each thing, indented.
    const text = code === 'INCOMPATIBLE_STATE' ? message : oneLine(message)
    this.#line(`holdfast: ${code}: ${text}${hint}`)
  }

  #note(event: JobEvent): void {
    this.#running = event.event === 'started' || (this.#running && keepsRunning(event))
    if (event.event === 'started') {
      this.#job = event.job
      this.#records = event.records
      this.#sinceMs = this.#options.now()
      this.#checkpoint = event.checkpoint
    }
    if (event.event === 'checkpoint') {
      this.#last = describeCheckpoint(event)
      this.#checkpoint = event.checkpoint
      this.#committed++
    }
  }

  #end({ outcome, records }: Extract<JobEvent, { event: 'ended' }>): string {
    const at = `${grouped(records)} records, checkpoint ${this.#checkpoint}`
    if (outcome === 'stopped')
      return `job "${this.#job}" stopped at ${at}; the next run goes on from there`
    if (this.#committed > 0) return `job "${this.#job}" finished: ${at}`
    return `job "${this.#job}" had finished before: ${at}; --from none begins again`
  }

  #json(event: object): void {
    this.#options.out(`${JSON.stringify(event)}\n`)
  }

  #line(line: string): void {
    this.#options.err(`${this.#erase()}${line}\n`)
    this.#open = false
  }

  #renew(line: string): void {
    const width = Math.max(20, this.#options.columns() - 1)
    const fitting = line.length > width ? `${line.slice(0, width - 1)}…` : line
    this.#options.err(`${this.#erase()}${fitting}`)
    this.#open = true
  }

  #erase(): string {
    return this.#open ? '\r\u001b[K' : ''
  }
}

function keepsRunning({ event }: JobEvent): boolean {
  return event !== 'restarting' && event !== 'ended'
}

/** The message of an error may list several things, a line each. */
function oneLine(message: string): string {
  return message.replaceAll(/:\s*\n\s*/g, ': ').replaceAll(/\s*\n\s*/g, '; ')
}
