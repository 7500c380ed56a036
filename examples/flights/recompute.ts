/** The same two tables, computed straight from the Parquet file without Holdfast, to compare with. */
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'

/** Rows as JSON text by their key. */
export type Table = Map<string, string>

/** Computes both tables over the first `count` flights. */
export async function recompute(count: number): Promise<{ hours: Table; routes: Table }> {
  const path = new URL('../data/flights-3m.parquet', import.meta.resolve('vega-datasets')).pathname
  const file = await asyncBufferFromFile(path)
  const sums = { hours: new Map<string, number[]>(), routes: new Map<string, number[]>() }
  const add = (table: Map<string, number[]>, key: string, delay: number): void => {
    const [flights = 0, sum = 0, worst = -Infinity] = table.get(key) ?? []
    table.set(key, [flights + 1, sum + delay, Math.max(worst, delay)])
  }
  const metadata = await parquetMetadataAsync(file)
  let rowStart = 0
  for (const group of metadata.row_groups) {
    const rowEnd = Math.min(rowStart + Number(group.num_rows), count)
    const range = { file, metadata, compressors, rowStart, rowEnd }
    for (const row of rowEnd > rowStart ? await parquetReadObjects(range) : []) {
      const hour = `${(row.date as Date).toISOString().slice(0, 13)}:00:00.000Z`
      add(sums.hours, `${row.origin} ${hour}`, Number(row.delay))
      add(sums.routes, `${row.origin}-${row.destination}`, Number(row.delay))
    }
    rowStart = rowEnd
  }
  const hours = [...sums.hours].map(
    ([key, [flights = 0, sum = 0, worstDelay]]): [string, string] => {
      const [origin, hour] = key.split(' ')
      return [key, JSON.stringify({ origin, hour, flights, meanDelay: sum / flights, worstDelay })]
    },
  )
  const routes = [...sums.routes].map(([route, [flights = 0, sum = 0]]): [string, string] => {
    return [route, JSON.stringify({ route, flights, meanDelay: sum / flights })]
  })
  return { hours: new Map(hours), routes: new Map(routes) }
}
