/** `holdfast run FILE`: loads a job, runs it, reports, and stops it gracefully when asked to. */
import type { HoldfastError } from '../base/errors.js'
import { asHoldfastError } from '../runtime/restart.js'
import type { RunOptions } from '../runtime/settings.js'
import { type StartOptions, start } from '../start.js'
import { EXIT, exitCodeOf } from './exit-codes.js'
import { loadJob } from './load-job.js'
import type { Output } from './output.js'
import type { Reporter } from './reporter.js'

/** Options that every command has. */
export interface CommandFlags {
  readonly checkpoints?: string
  readonly json?: true
  readonly stack?: true
}

/** The options of the command, read. What is not given is left to the defaults of `RunOptions`. */
export interface RunFlags
  extends CommandFlags,
    Pick<
      RunOptions,
      | 'parallelism'
      | 'maxParallelism'
      | 'from'
      | 'retained'
      | 'allowDuplicates'
      | 'onBadRecord'
      | 'drop'
      | 'development'
    > {
  /** Milliseconds. */
  readonly interval?: number
  readonly restarts?: number
  /** Milliseconds. */
  readonly progress?: number
}

/** What a command works with. */
export interface CommandContext {
  readonly reporter: Reporter
  readonly output: Output
}

/** Milliseconds between two progress lines: on a terminal, else. */
const TERMINAL_PROGRESS_MS = 200
const PLAIN_PROGRESS_MS = 2000

/** Runs the command; resolves to the exit code. */
export function runCommand(
  file: string,
  flags: RunFlags,
  context: CommandContext,
): Promise<number> {
  return guarded(flags, context, () => runJobOf(file, flags, context))
}

/** Does what a command does, and reports what makes it fail; resolves to the exit code. */
export async function guarded(
  flags: CommandFlags,
  context: CommandContext,
  act: () => Promise<void>,
): Promise<number> {
  // What the job itself prints must not stand between the lines of JSON.
  if (flags.json) Object.assign(console, { log: console.error, info: console.error })
  try {
    await act()
    return EXIT.ok
  } catch (thrown) {
    const error = asHoldfastError(thrown)
    const shown = flags.stack === true || error.code === 'INTERNAL'
    context.reporter.failed(error, shown || !hasMore(error) ? '' : ' (--stack shows where)')
    if (shown) context.output.err(`${stackOf(error)}\n`)
    return exitCodeOf(error)
  }
}

async function runJobOf(file: string, flags: RunFlags, context: CommandContext): Promise<void> {
  const { reporter, output } = context
  const job = await loadJob(file)
  const stopping = new AbortController()
  const running = start(job, {
    ...startOptions(flags),
    checkpoints: flags.checkpoints ?? `holdfast-checkpoints/${job.graph.name}`,
    onEvent: (event) => reporter.event(event),
    signal: stopping.signal,
  })
  const stop = (reason: string): void => {
    reporter.stopping(reason)
    stopping.abort()
  }
  output.onGone((stream) => stop(`nobody reads ${stream} any more`))
  const onSignal = (signal: NodeJS.Signals): void => {
    if (stopping.signal.aborted) {
      reporter.interrupted()
      process.exit(EXIT.interrupted)
    }
    stop(signal)
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  const usual = reporter.renewing ? TERMINAL_PROGRESS_MS : PLAIN_PROGRESS_MS
  const ticker = setInterval(() => reporter.progress(running.records), flags.progress ?? usual)
  try {
    await running.done
  } finally {
    clearInterval(ticker)
    process.off('SIGINT', onSignal)
    process.off('SIGTERM', onSignal)
  }
}

function startOptions(flags: RunFlags): Omit<StartOptions, 'checkpoints'> {
  const { checkpoints, restarts, progress, json, stack, ...options } = flags
  return restarts === undefined ? options : { ...options, restart: { attempts: restarts } }
}

/** Whether the stack says more than the message: an error of the program, not of its use. */
function hasMore({ code, cause }: HoldfastError): boolean {
  const ofProgram = code === 'OPERATOR_FAILED' || code === 'INVALID_ARGUMENT'
  return ofProgram && cause instanceof Error && !('code' in cause)
}

function stackOf(error: HoldfastError): string {
  const cause = error.cause instanceof Error ? error.cause : error
  return cause.stack ?? ''
}
