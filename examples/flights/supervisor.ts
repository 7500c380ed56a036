/**
 * Runs the flights job as a child process of its own and ends it with SIGKILL when its reported progress
 * crosses the given positions, until it has ended by itself. No child outlives this process.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { JobEvent, Random } from 'holdfast'

/** How often the child reports its progress. */
const PROGRESS = '10ms'
/** Failures in a row before it is given up. */
const FAILURES_MAX = 3
/** Exit codes of `holdfast run` after which another try may help: the program failed, a disk failed. */
const PASSING = [1, 6]
/** The part of the input over which kills are spread. */
const KILL_SPAN = 0.7
/**
 * A kill waits for a checkpoint of the child that is killed, so that the next one goes on from a newer place; but
 * not beyond this part of the input, or it could come too late.
 */
const KILL_LATEST = 0.85
/** Records that a kill needs on average: a child must get going, and must not be at the end before its kill. */
const RECORDS_PER_KILL = 20_000

/** What to run, and where to end it. */
export interface SuperviseOptions {
  readonly folder: string
  readonly records: number
  readonly interval: string
  /** Record positions, ascending. */
  readonly positions: readonly number[]
  readonly log: (line: string) => void
}

/** What happened. */
export interface SuperviseResult {
  readonly kills: number
  /** Checkpoints that the children reported as committed. */
  readonly checkpoints: number
}

/** The number of kills that fit into so many records. */
export function killsMax(records: number): number {
  return Math.floor(records / RECORDS_PER_KILL)
}

/** `count` positions, ascending, spread over so much of the input that each comes before the end. */
export function killPositions(records: number, count: number, random: Random): number[] {
  const span = (records * KILL_SPAN) / Math.max(1, count)
  return Array.from({ length: count }, (_, i) => Math.floor(span * (i + 0.2 + 0.8 * random.next())))
}

/** What the child writes, as far as it matters here; why it failed is on standard error. */
type ChildEvent = JobEvent | { readonly event: 'progress'; readonly records: number }

/** Runs the job to its end. Throws if it fails for a reason of its own. */
export async function supervise(options: SuperviseOptions): Promise<SuperviseResult> {
  let kills = 0
  let failures = 0
  const committed = new Set<number>()
  for (;;) {
    const child = startChild(options)
    const life = await follow(child, options, { position: options.positions[kills], committed })
    if (life.killed) {
      kills++
      failures = 0
      continue
    }
    if (life.finished) return { kills, checkpoints: committed.size }
    failures++
    const passing = life.code === null || PASSING.includes(life.code)
    if (!passing || failures >= FAILURES_MAX) throw new Error(`the job failed: ${life.how}`)
  }
}

function startChild({ folder, records, interval }: SuperviseOptions): ChildProcess {
  const command = fileURLToPath(new URL('./cli/main.js', import.meta.resolve('holdfast')))
  const jobFile = fileURLToPath(new URL('./job.js', import.meta.url))
  const options = ['--checkpoints', join(folder, 'checkpoints'), '--interval', interval]
  const reports = ['--progress', PROGRESS, '--json']
  const child = spawn(process.execPath, [command, 'run', jobFile, ...options, ...reports], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, FLIGHTS_OUT: folder, FLIGHTS_RECORDS: String(records) },
  })
  const end = (): void => void child.kill('SIGKILL')
  process.on('exit', end)
  child.on('exit', () => process.off('exit', end))
  return child
}

interface Life {
  readonly code: number | null
  /** Whether it ended by the SIGKILL sent here, and not just before it. */
  readonly killed: boolean
  readonly finished: boolean
  /** How it ended, for people. */
  readonly how: string
}

interface Watch {
  /** Where to kill it; `undefined`: nowhere. */
  readonly position: number | undefined
  readonly committed: Set<number>
}

/** Follows one child from its start to its end. */
async function follow(child: ChildProcess, options: SuperviseOptions, watch: Watch): Promise<Life> {
  const latest = options.records * KILL_LATEST
  let start = 0
  let records = 0
  let checkpoints = 0
  let finished = false
  const exited = new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', (code, signal) => resolve([code, signal]))
  })
  for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
    const event = parseEvent(line)
    if (event === undefined) continue
    if (event.event === 'started') {
      start = event.records
      options.log(resumeLine(event))
    }
    if (event.event === 'checkpoint') {
      watch.committed.add(event.checkpoint)
      checkpoints++
    }
    if (event.event === 'ended') finished = event.outcome === 'finished'
    if ('records' in event) records = Math.max(records, event.records)
    const reached = records >= (watch.position ?? Infinity) && records > start
    if (reached && (checkpoints > 0 || records >= latest)) child.kill('SIGKILL')
  }
  const [code, signal] = await exited
  const killed = signal === 'SIGKILL' && watch.position !== undefined && records >= watch.position
  if (killed) options.log(`  killed at ${records.toLocaleString('en-US')} records`)
  const how = code === null ? `ended by ${signal}` : `exit code ${code}, see above`
  return { code, killed, finished: code === 0 && finished, how }
}

/** The last line of a killed process may be cut off. */
function parseEvent(line: string): ChildEvent | undefined {
  try {
    return JSON.parse(line) as ChildEvent
  } catch {
    return undefined
  }
}

function resumeLine({ checkpoint, records }: Extract<JobEvent, { event: 'started' }>): string {
  if (checkpoint === 0) return 'started from the beginning'
  return `resumed from checkpoint ${checkpoint} at ${records.toLocaleString('en-US')} records`
}
