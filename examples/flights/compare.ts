/** Compares what the job's sinks show, row by row, with what should be there. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Table } from './recompute.js'

/** Differences listed at most. */
const LISTED_MAX = 20

/** The visible rows of a sink's folder. */
export function readRows(folder: string): string[] {
  const parts = readdirSync(folder).filter((name) => name.endsWith('.jsonl'))
  return parts
    .sort()
    .flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n').filter(Boolean))
}

/** Every difference: a row missing, there twice, or not as expected. Empty if the table is right. */
export function differences(
  rows: readonly string[],
  expected: Table,
  keyOf: (row: string) => string,
): string[] {
  const found: string[] = []
  const missing = new Map(expected)
  const seen = new Set<string>()
  for (const row of rows) {
    const key = keyOf(row)
    if (seen.has(key)) found.push(`twice: ${row}`)
    else if (expected.get(key) !== row)
      found.push(`wrong: ${row}, expected ${expected.get(key) ?? 'no such row'}`)
    seen.add(key)
    missing.delete(key)
  }
  for (const row of missing.values()) found.push(`missing: ${row}`)
  const more = found.length - LISTED_MAX
  return more > 0 ? [...found.slice(0, LISTED_MAX), `… and ${more} more`] : found
}

/** The most delayed airports with at least 1,000 flights, as lines of a small table. */
export function mostDelayed(hourRows: readonly string[], count: number): string[] {
  const airports = new Map<string, { flights: number; delay: number; worst: number }>()
  for (const text of hourRows) {
    const row = JSON.parse(text) as {
      origin: string
      flights: number
      meanDelay: number
      worstDelay: number
    }
    const before = airports.get(row.origin) ?? { flights: 0, delay: 0, worst: -Infinity }
    airports.set(row.origin, {
      flights: before.flights + row.flights,
      delay: before.delay + row.meanDelay * row.flights,
      worst: Math.max(before.worst, row.worstDelay),
    })
  }
  const large = [...airports].filter(([, { flights }]) => flights >= 1000)
  large.sort(([, a], [, b]) => b.delay / b.flights - a.delay / a.flights)
  const lines = large.slice(0, count).map(([airport, { flights, delay, worst }]) => {
    const mean = (delay / flights).toFixed(1).padStart(10)
    return `${airport.padEnd(8)}${flights.toLocaleString('en-US').padStart(9)}${mean}${String(worst).padStart(8)}`
  })
  return ['airport   flights  mean min   worst', ...lines]
}
