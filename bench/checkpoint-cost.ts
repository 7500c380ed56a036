/**
 * What checkpoints cost the main job: records/s with one every 2 s against none, interleaved, and what share
 * of the time reading the Parquet file takes (the same source, its records thrown away).
 *
 *   npm run build && node build/bench/checkpoint-cost.js [--rounds 5] [--interval 2s] [--json]
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { machine, quantiles } from './report.js'

const option = { type: 'string' } as const
const { values } = parseArgs({
  options: { rounds: option, interval: option, json: { type: 'boolean' } },
})
const rounds = Number(values.rounds ?? 5)
const RECORDS = 3_000_000
const cases = { none: '1h', checkpoints: values.interval ?? '2s', often: '200ms' } as const
const rates: Record<keyof typeof cases | 'read', number[]> = {
  none: [],
  checkpoints: [],
  often: [],
  read: [],
}
const pauses: number[] = []

/** One run in a process of its own, its start included: the time is from `spawn` to exit. */
function run(name: keyof typeof cases): void {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-bench-'))
  const command = fileURLToPath(new URL('./cli/main.js', import.meta.resolve('holdfast')))
  const job = fileURLToPath(new URL('../examples/flights/job.js', import.meta.url))
  const flags = ['--checkpoints', join(folder, 'checkpoints'), '--interval', cases[name], '--json']
  const started = performance.now()
  const child = spawnSync(process.execPath, [command, 'run', job, ...flags], {
    env: { ...process.env, FLIGHTS_OUT: folder },
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  })
  const ms = performance.now() - started
  rmSync(folder, { recursive: true })
  if (child.status !== 0) throw new Error(`${name}: ${child.stderr}`)
  const lines = child.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  rates[name].push(RECORDS / (ms / 1000))
  for (const line of lines)
    if (line['event'] === 'checkpoint' && name !== 'none') pauses.push(Number(line['pauseMs']))
}

function read(): void {
  const child = spawnSync(
    process.execPath,
    [fileURLToPath(new URL('./read-flights.js', import.meta.url))],
    { encoding: 'utf8' },
  )
  if (child.status !== 0) throw new Error(`read: ${child.stderr}`)
  rates.read.push(RECORDS / (Number(child.stdout) / 1000))
}

for (let round = 0; round < rounds; round++) {
  run('none')
  run('checkpoints')
  run('often')
  read()
}
const median = (name: keyof typeof rates): number => quantiles(rates[name]).p50
const result = {
  bench: 'checkpoint-cost',
  rounds,
  recordsPerSecond: {
    noCheckpoints: Math.round(median('none')),
    [`every ${cases.checkpoints}`]: Math.round(median('checkpoints')),
    'every 200ms': Math.round(median('often')),
    readingOnly: Math.round(median('read')),
  },
  kept: Number((median('checkpoints') / median('none')).toFixed(3)),
  keptAt200ms: Number((median('often') / median('none')).toFixed(3)),
  readingShare: Number((median('none') / median('read')).toFixed(3)),
  pauseMs: quantiles(pauses),
  machine: machine(),
}
console.log(JSON.stringify(result, null, values.json ? 0 : 2))
