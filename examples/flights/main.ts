/**
 * The main job, end to end: starts the flights job as a child process, ends it with SIGKILL again and again at
 * seeded positions, restarts it, and compares what it has written with a straight recomputation.
 *
 *   npm start                                 three million flights, 5 kills
 *   npm start -- --records 200000             a short run
 *   npm start -- --kills 8 --seed 7           other kills
 *
 * Exits with 0 if every row is right, 1 if one is not or the job failed, 2 for wrong use.
 */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { differences, mostDelayed, readRows } from './compare.js'
import { recompute } from './recompute.js'
import { killPositions, killsMax, supervise } from './supervisor.js'

const USAGE =
  'usage: npm start -- [--records N] [--kills N] [--seed S] [--interval TIME] [--dir FOLDER]'
const RECORDS_MAX = 3_000_000
const KILLS = 5
/** The checkpoint interval of a whole run; shorter runs take theirs in proportion, down to the least. */
const INTERVAL_MS = 200
const INTERVAL_LEAST_MS = 100

interface Arguments {
  readonly records: number
  readonly kills: number
  readonly seed: number
  readonly interval: string
  readonly folder: string
}

/** Wrong use of this program. */
class UsageError extends Error {}

function readArguments(): Arguments | 'help' {
  const values = parsedFlags()
  if (values.help) return 'help'
  const whole = (name: 'records' | 'kills' | 'seed', fallback: number, most: number): number => {
    const text = values[name]
    if (text === undefined) return fallback
    if (/^\d+$/.test(text) && Number(text) <= most) return Number(text)
    throw new UsageError(`--${name}: "${text}" is not a whole number from 0 to ${most}`)
  }
  const records = whole('records', RECORDS_MAX, RECORDS_MAX)
  const most = killsMax(records)
  const kills = whole('kills', Math.min(KILLS, most), 100)
  if (kills > most)
    throw new UsageError(
      `--kills: ${kills} are too many for ${grouped(records)} records, at most ${most}`,
    )
  const scaled = Math.max(INTERVAL_LEAST_MS, Math.round((INTERVAL_MS * records) / RECORDS_MAX))
  return {
    records,
    kills,
    seed: whole('seed', Date.now() % 1_000_000, 2 ** 32 - 1),
    interval: values.interval ?? `${scaled}ms`,
    folder: values.dir ?? 'flights-run',
  }
}

function parsedFlags() {
  const text = { type: 'string' } as const
  const help = { type: 'boolean', short: 'h' } as const
  try {
    const options = { records: text, kills: text, seed: text, interval: text, dir: text, help }
    return parseArgs({ options }).values
  } catch (error) {
    throw new UsageError((error as Error).message.split(/\.\s/)[0])
  }
}

async function main({ records, kills, seed, interval, folder }: Arguments): Promise<number> {
  const { seededRandom } = await import('holdfast')
  for (const part of ['hours', 'routes', 'checkpoints'])
    rmSync(join(folder, part), { recursive: true, force: true })
  const positions = killPositions(records, kills, seededRandom(seed))
  console.log(`${grouped(records)} flights, seed ${seed}, checkpoints every ${interval}`)
  console.log(kills === 0 ? 'no SIGKILL' : `SIGKILL from ${positions.map(grouped).join(', ')} on`)
  const log = (line: string): void => console.log(line)
  const run = await supervise({ folder, records, interval, positions, log })
  const hourRows = readRows(join(folder, 'hours'))
  const routeRows = readRows(join(folder, 'routes'))
  const wrong = await compare(records, hourRows, routeRows)
  console.log(`\n${grouped(hourRows.length)} hours, ${grouped(routeRows.length)} routes`)
  const table = mostDelayed(hourRows, 8)
  if (table.length === 1) table.push('(no airport has 1,000 flights)')
  console.log(`\n${table.join('\n')}\n`)
  for (const line of wrong) console.log(line)
  if (run.kills < kills)
    console.log(`only ${run.kills} of ${kills} kills came before the end: try another --seed`)
  const ok = wrong.length === 0 && run.kills === kills
  const summary = `${grouped(records)} records, ${run.kills} kills, ${run.checkpoints} checkpoints`
  console.log(`exactly-once: ${ok ? 'OK' : 'FAILED'} (${summary})`)
  return ok ? 0 : 1
}

async function compare(
  records: number,
  hourRows: readonly string[],
  routeRows: readonly string[],
): Promise<string[]> {
  const { hours, routes } = await recompute(records)
  const hourKey = (text: string): string => {
    const row = JSON.parse(text) as { origin: string; hour: string }
    return `${row.origin} ${row.hour}`
  }
  const routeKey = (text: string): string => (JSON.parse(text) as { route: string }).route
  return [
    ...differences(hourRows, hours, hourKey).map((line) => `hours: ${line}`),
    ...differences(routeRows, routes, routeKey).map((line) => `routes: ${line}`),
  ]
}

function grouped(count: number): string {
  return count.toLocaleString('en-US')
}

/** What went wrong, for people. */
function told(error: unknown): string {
  const { code, message } = error as { code?: string; message: string }
  const unbuilt = code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND'
  return unbuilt ? `the package is not built: run "npm run build" first (${message})` : message
}

// The child goes with this process (supervisor.ts), so nothing else is to be done.
process.on('SIGINT', () => process.exit(130))
process.on('SIGTERM', () => process.exit(143))
try {
  const read = readArguments()
  if (read === 'help') console.log(USAGE)
  process.exitCode = read === 'help' ? 0 : await main(read)
} catch (error) {
  const usage = error instanceof UsageError
  console.error(`flights: ${told(error)}${usage ? `\n${USAGE}` : ''}`)
  process.exitCode = usage ? 2 : 1
}
