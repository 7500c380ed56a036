/** Reads the flights through the Parquet source and throws them away; prints the milliseconds it took. */
import { systemClock } from 'holdfast'
import { parquet } from 'holdfast/parquet'

const file = new URL('../data/flights-3m.parquet', import.meta.resolve('vega-datasets')).pathname
const source = parquet(file, { columns: ['date', 'delay', 'origin', 'destination'] })
const started = performance.now()
const { signal } = new AbortController()
await using reader = await source.open({ position: undefined, signal, clock: systemClock })
let records = 0
for (let batch = await reader.read(); batch !== undefined; batch = await reader.read()) {
  records += batch.records.length
  await systemClock.turn()
}
if (records !== 3_000_000) throw new Error(`${records} records`)
console.log(performance.now() - started)
