/** `holdfast run FILE`: loads a job, runs it, reports, and stops it gracefully on SIGINT and SIGTERM. */
import { InvalidArgumentError } from 'commander'
import { durationMs } from '../base/duration.js'
import { HoldfastError } from '../base/errors.js'
import type { StartFrom } from '../checkpoint/restore-plan.js'
import { asHoldfastError } from '../runtime/restart.js'
import type { RunningJob } from '../runtime/run-job.js'
import type { BadRecordPolicy } from '../runtime/source.js'
import { type StartOptions, start } from '../start.js'
import { EXIT, exitCodeOf } from './exit-codes.js'
import { loadJob } from './load-job.js'
import { Reporter } from './reporter.js'

/** The options of the command, as commander hands them over. */
export interface RunFlags {
  readonly checkpoints?: string
  readonly interval: string
  readonly parallelism: number
  readonly maxParallelism?: number
  readonly from: StartFrom
  readonly retained: number
  readonly restarts: number
  readonly allowDuplicates?: true
  readonly onBadRecord: BadRecordPolicy
  readonly progress?: string
  readonly json?: true
  readonly stack?: true
}

/** Milliseconds between two progress lines: on a terminal, else. */
const TERMINAL_PROGRESS_MS = 200
const PLAIN_PROGRESS_MS = 2000

/** Runs the command; resolves to the exit code. */
export async function runCommand(file: string, flags: RunFlags): Promise<number> {
  const terminal = process.stderr.isTTY === true
  const reporter = new Reporter({
    json: flags.json === true,
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    terminal,
    now: () => performance.now(),
  })
  try {
    const everyMs = durationMs(
      flags.progress ?? (terminal ? TERMINAL_PROGRESS_MS : PLAIN_PROGRESS_MS),
      '--progress',
    )
    const job = await loadJob(file)
    const checkpoints = flags.checkpoints ?? `holdfast-checkpoints/${job.graph.name}`
    await watched(start(job, startOptions(flags, checkpoints, reporter)), reporter, everyMs)
    return EXIT.ok
  } catch (thrown) {
    const error = asHoldfastError(thrown)
    reporter.failed(error.code, error.message)
    const cause = error.cause instanceof Error ? error.cause : error
    if (flags.stack || error.code === 'INTERNAL') process.stderr.write(`${cause.stack ?? ''}\n`)
    return exitCodeOf(error)
  }
}

function startOptions(flags: RunFlags, checkpoints: string, reporter: Reporter): StartOptions {
  const { interval, parallelism, maxParallelism, from, retained, onBadRecord } = flags
  return {
    checkpoints,
    interval,
    parallelism,
    ...(maxParallelism === undefined ? {} : { maxParallelism }),
    from,
    retained,
    restart: { attempts: flags.restarts },
    allowDuplicates: flags.allowDuplicates === true,
    onBadRecord,
    onEvent: (event) => reporter.event(event),
  }
}

/** Waits for the job's end, with progress and signals. A second signal ends the process at once. */
async function watched(running: RunningJob, reporter: Reporter, everyMs: number): Promise<void> {
  const ticker = setInterval(() => reporter.progress(running.records), Math.max(1, everyMs))
  let asked = false
  const onSignal = (): void => {
    if (asked) process.exit(130)
    asked = true
    running.stop()
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  try {
    await running.done
  } finally {
    clearInterval(ticker)
    process.off('SIGINT', onSignal)
    process.off('SIGTERM', onSignal)
  }
}

/** A whole number from 1 on, for commander. */
export function parseCount(text: string): number {
  const count = Number(text)
  if (Number.isSafeInteger(count) && count >= 0 && text.trim() !== '') return count
  throw new InvalidArgumentError('It must be a whole number.')
}

/** `latest`, `none` or a number, for commander. */
export function parseFrom(text: string): StartFrom {
  if (text === 'latest' || text === 'none') return text
  const number = Number(text)
  if (Number.isSafeInteger(number) && number >= 1) return number
  throw new InvalidArgumentError('It must be latest, none or the number of a checkpoint.')
}

/** `fail`, `skip` or `dead-letter=FILE`, for commander. */
export function parseBadRecord(text: string): BadRecordPolicy {
  if (text === 'fail' || text === 'skip') return text
  const file = /^dead-letter=(.+)$/.exec(text)?.[1]
  if (file !== undefined) return { deadLetter: file }
  throw new InvalidArgumentError('It must be fail, skip or dead-letter=FILE.')
}

/** A duration, checked but kept as text, for commander. */
export function parseDuration(text: string): string {
  try {
    durationMs(text, 'it')
    return text
  } catch (error) {
    throw new InvalidArgumentError(error instanceof HoldfastError ? error.message : String(error))
  }
}
