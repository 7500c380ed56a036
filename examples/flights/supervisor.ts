/**
 * Runs the flights job as a child process of its own and ends it with SIGKILL when its reported progress
 * crosses the given positions, until it has ended by itself.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { JobEvent, Random } from 'holdfast'

/** How often the child reports its progress. */
const PROGRESS = '10ms'
/** Restarts in a row without a kill before it is given up. */
const FAILURES_MAX = 3

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

/** `count` positions, ascending, spread over the first 85 % so that each comes before the end. */
export function killPositions(records: number, count: number, random: Random): number[] {
  const span = (records * 0.85) / Math.max(1, count)
  return Array.from({ length: count }, (_, i) => Math.floor(span * (i + 0.2 + 0.8 * random.next())))
}

type ChildEvent =
  | JobEvent
  | { readonly event: 'progress'; readonly records: number }
  | { readonly event: 'failed'; readonly code: string; readonly message: string }

/** Runs the job to its end. Throws if it fails for a reason of its own. */
export async function supervise(options: SuperviseOptions): Promise<SuperviseResult> {
  let kills = 0
  let failures = 0
  const committed = new Set<number>()
  for (;;) {
    const child = startChild(options)
    const life = await follow(child, options, { position: options.positions[kills], committed })
    if (life.signal === 'SIGKILL' && life.advanced) {
      kills++
      failures = 0
      continue
    }
    if (life.code === 0) return { kills, checkpoints: committed.size }
    failures++
    if (life.fatal || failures >= FAILURES_MAX)
      throw new Error(`the job failed: ${life.failure ?? `exit code ${life.code}`}`)
  }
}

function startChild({ folder, records, interval }: SuperviseOptions): ChildProcess {
  const command = fileURLToPath(new URL('./cli/main.js', import.meta.resolve('holdfast')))
  const jobFile = fileURLToPath(new URL('./job.js', import.meta.url))
  const checkpoints = join(folder, 'checkpoints')
  const options = [
    '--checkpoints',
    checkpoints,
    '--interval',
    interval,
    '--progress',
    PROGRESS,
    '--json',
  ]
  return spawn(process.execPath, [command, 'run', jobFile, ...options], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, FLIGHTS_OUT: folder, FLIGHTS_RECORDS: String(records) },
  })
}

interface Life {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** Whether records were processed since the start: only then a kill counts. */
  readonly advanced: boolean
  readonly failure: string | undefined
  /** Another process has taken over: never to be restarted. */
  readonly fatal: boolean
}

interface Watch {
  readonly position: number | undefined
  readonly committed: Set<number>
}

async function follow(child: ChildProcess, options: SuperviseOptions, watch: Watch): Promise<Life> {
  let start = 0
  let records = 0
  let failure: string | undefined
  let fatal = false
  const exited = new Promise<[number | null, NodeJS.Signals | null]>((resolve) => {
    child.on('exit', (code, signal) => resolve([code, signal]))
  })
  const reachedPosition = (): boolean =>
    watch.position !== undefined && records >= watch.position && records > start
  for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
    const event = parseEvent(line)
    if (event === undefined) continue
    if (event.event === 'started') {
      start = event.records
      records = event.records
      options.log(resumeLine(event))
    }
    if (event.event === 'progress') records = Math.max(records, event.records)
    if (event.event === 'checkpoint') {
      watch.committed.add(event.checkpoint)
      records = Math.max(records, event.records)
    }
    if (event.event === 'failed') {
      failure = `${event.code}: ${event.message}`
      fatal = event.code === 'FENCED'
    }
    if (reachedPosition()) child.kill('SIGKILL')
  }
  const [code, signal] = await exited
  if (signal === 'SIGKILL') options.log(`  killed at ${records.toLocaleString('en-US')} records`)
  return { code, signal, advanced: records > start, failure, fatal }
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
