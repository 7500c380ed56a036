/**
 * The main job: three million US flights, read once, into two tables.
 *
 * - `hours`: per origin airport and hour, the flights, their mean and worst delay; a row is written when the
 *   hour of that airport is over, or the input ends.
 * - `routes`: per route, the flights and their mean delay; written when the input ends.
 *
 * Run by main.ts, or by hand: FLIGHTS_OUT=out npx holdfast run build/examples/flights/job.js
 */
import { job, jsonLines, type KeyedContext, take, valueState } from 'holdfast'
import { parquet } from 'holdfast/parquet'

/** A row of the input. Delays are in minutes, the date in ms since 1970. */
interface Flight {
  readonly date: number
  readonly delay: number
  readonly origin: string
  readonly destination: string
}

/** The open hour of an airport. */
interface Hour {
  readonly hour: number
  readonly flights: number
  readonly delay: number
  readonly worst: number
}

/** A row of `hours`. */
interface HourRow {
  readonly origin: string
  readonly hour: string
  readonly flights: number
  readonly meanDelay: number
  readonly worstDelay: number
}

/** A row of `routes`. */
interface RouteRow {
  readonly route: string
  readonly flights: number
  readonly meanDelay: number
}

const HOUR_MS = 3_600_000
const out = process.env.FLIGHTS_OUT ?? 'flights-run'
const records = Number(process.env.FLIGHTS_RECORDS ?? 3_000_000)
const file = new URL('../data/flights-3m.parquet', import.meta.resolve('vega-datasets')).pathname

const columns = ['date', 'delay', 'origin', 'destination']
const flights = job('flights').from(take(parquet<Flight>(file, { columns }), records))

flights
  .keyBy((flight) => flight.origin)
  .process('hours', {
    state: { open: valueState<Hour>() },
    onRecord(flight, { open }, ctx: KeyedContext<string, HourRow>) {
      const hour = Math.floor(flight.date / HOUR_MS)
      const before = open.value()
      if (before !== undefined && before.hour !== hour) ctx.emit(hourRow(ctx.key, before))
      open.update(
        before?.hour === hour ? withFlight(before, flight.delay) : firstFlight(hour, flight.delay),
      )
    },
    onEnd({ open }, ctx) {
      const last = open.value()
      if (last !== undefined) ctx.emit(hourRow(ctx.key, last))
    },
  })
  .to('hours-out', jsonLines(`${out}/hours`))

flights
  .keyBy((flight) => `${flight.origin}-${flight.destination}`)
  .process('routes', {
    state: { total: valueState<{ readonly flights: number; readonly delay: number }>() },
    onRecord(flight, { total }) {
      const before = total.value()
      total.update({
        flights: (before?.flights ?? 0) + 1,
        delay: (before?.delay ?? 0) + flight.delay,
      })
    },
    onEnd({ total }, ctx: KeyedContext<string, RouteRow>) {
      const all = total.value()
      if (all === undefined) return
      ctx.emit({ route: ctx.key, flights: all.flights, meanDelay: all.delay / all.flights })
    },
  })
  .to('routes-out', jsonLines(`${out}/routes`))

export default flights

function firstFlight(hour: number, delay: number): Hour {
  return { hour, flights: 1, delay, worst: delay }
}

function withFlight(open: Hour, delay: number): Hour {
  return {
    hour: open.hour,
    flights: open.flights + 1,
    delay: open.delay + delay,
    worst: Math.max(open.worst, delay),
  }
}

function hourRow(origin: string, { hour, flights, delay, worst }: Hour): HourRow {
  const start = new Date(hour * HOUR_MS).toISOString()
  return { origin, hour: start, flights, meanDelay: delay / flights, worstDelay: worst }
}
