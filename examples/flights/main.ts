/**
 * The main job, end to end: starts the flights job as a child process, ends it with SIGKILL again and again at
 * seeded positions, restarts it, and compares what it has written with a straight recomputation.
 *
 *   npm start                                 three million flights, 5 kills
 *   npm start -- --records 200000             a short run
 *   npm start -- --kills 8 --seed 7           other kills
 */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type HoldfastError, seededRandom } from 'holdfast'
import { differences, mostDelayed, readRows } from './compare.js'
import { recompute } from './recompute.js'
import { killPositions, supervise } from './supervisor.js'

const USAGE =
  'usage: npm start -- [--records N] [--kills N] [--seed S] [--interval DURATION] [--dir FOLDER]'
const RECORDS_MAX = 3_000_000
/** The checkpoint interval of a whole run; shorter runs take theirs in proportion, down to the least. */
const INTERVAL_MS = 200
const INTERVAL_LEAST_MS = 20

interface Arguments {
  readonly records: number
  readonly kills: number
  readonly seed: number
  readonly interval: string
  readonly folder: string
}

function readArguments(): Arguments {
  const options = { type: 'string' } as const
  const { values } = parseArgs({
    options: { records: options, kills: options, seed: options, interval: options, dir: options },
  })
  const whole = (name: 'records' | 'kills' | 'seed', fallback: number, most: number): number => {
    const value = values[name] === undefined ? fallback : Number(values[name])
    if (Number.isSafeInteger(value) && value >= 0 && value <= most) return value
    throw new Error(`--${name} ${values[name]} is not a whole number from 0 to ${most}`)
  }
  const records = whole('records', RECORDS_MAX, RECORDS_MAX)
  const scaled = Math.max(INTERVAL_LEAST_MS, Math.round((INTERVAL_MS * records) / RECORDS_MAX))
  return {
    records,
    kills: whole('kills', 5, 100),
    seed: whole('seed', Date.now() % 1_000_000, 2 ** 32 - 1),
    interval: values.interval ?? `${scaled}ms`,
    folder: values.dir ?? 'flights-run',
  }
}

async function main(): Promise<number> {
  const { records, kills, seed, interval, folder } = readArguments()
  for (const part of ['hours', 'routes', 'checkpoints'])
    rmSync(join(folder, part), { recursive: true, force: true })
  const positions = killPositions(records, kills, seededRandom(seed))
  console.log(
    `${records.toLocaleString('en-US')} flights, seed ${seed}, checkpoints every ${interval}`,
  )
  console.log(
    `SIGKILL at ${positions.map((one) => one.toLocaleString('en-US')).join(', ') || 'no position'}`,
  )
  const run = await supervise({
    folder,
    records,
    interval,
    positions,
    log: (line) => console.log(line),
  })
  const { hours, routes } = await recompute(records)
  const hourRows = readRows(join(folder, 'hours'))
  const routeRows = readRows(join(folder, 'routes'))
  const hourKey = (text: string): string => {
    const row = JSON.parse(text) as { origin: string; hour: string }
    return `${row.origin} ${row.hour}`
  }
  const wrong = [
    ...differences(hourRows, hours, hourKey).map((line) => `hours: ${line}`),
    ...differences(routeRows, routes, (text) => (JSON.parse(text) as { route: string }).route).map(
      (line) => `routes: ${line}`,
    ),
  ]
  console.log(
    `\n${hourRows.length.toLocaleString('en-US')} hours, ${routeRows.length.toLocaleString('en-US')} routes`,
  )
  console.log(`\n${mostDelayed(hourRows, 8).join('\n')}\n`)
  for (const line of wrong) console.log(line)
  const summary = `${records.toLocaleString('en-US')} records, ${run.kills} kills, ${run.checkpoints} checkpoints`
  const ok = wrong.length === 0 && run.kills === kills
  if (run.kills < kills)
    console.log(`only ${run.kills} of ${kills} kills came before the end: try another --seed`)
  console.log(`exactly-once: ${ok ? 'OK' : 'FAILED'} (${summary})`)
  return ok ? 0 : 1
}

try {
  process.exitCode = await main()
} catch (error) {
  const code = (error as Partial<HoldfastError>).code
  console.error(
    `flights: ${code === undefined ? '' : `${code}: `}${(error as Error).message}\n${USAGE}`,
  )
  process.exitCode = 2
}
