/**
 * What order costs: one ordered map of many entries beside a plain one, and one time list, on the memory backend. Each
 * number is million operations (or entries) per second, the best of some rounds.
 *
 *   npm run build && node build/bench/ordered.js [--entries 1000000] [--rounds 3]
 */
import { parseArgs } from 'node:util'
import {
  type MapState,
  mapState,
  memoryBackend,
  type OrderedMapState,
  orderedMapState,
  type TimeListState,
  timeListState,
} from 'holdfast'
import { StateClock, subtaskRange } from 'holdfast/testing'
import { machine } from './report.js'

const option = { type: 'string' } as const
const { values } = parseArgs({ options: { entries: option, rounds: option } })
const entries = Number(values.entries ?? 1_000_000)
const rounds = Number(values.rounds ?? 3)
const READS = 100_000
const RANGE = 100

const backend = await memoryBackend().open({
  operator: 'bench',
  range: subtaskRange(0, 1, 1),
  states: {
    map: mapState<number, number>(),
    ordered: orderedMapState<number, number>(),
    times: timeListState<number>(),
  },
  clock: new StateClock(),
  restore: async function* () {},
  turn: async () => undefined,
})
const map = backend.state('map') as MapState<number, number>
const ordered = backend.state('ordered') as OrderedMapState<number, number>
const times = backend.state('times') as TimeListState<number>
backend.setCurrentKey('k', 0, 'string')

/** Every number below `entries` once, in an order that looks random. */
const shuffled = Uint32Array.from({ length: entries }, (_, i) => i)
for (let i = entries - 1, seed = 1; i > 0; i--) {
  seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0
  const j = seed % (i + 1)
  const swapped = shuffled[i] as number
  shuffled[i] = shuffled[j] as number
  shuffled[j] = swapped
}

const best: Record<string, number> = {}
let sum = 0

/** Times `count` operations, done by `run`. */
function measure(name: string, count: number, run: () => void): void {
  const started = performance.now()
  run()
  const perSecond = count / (performance.now() - started) / 1000
  best[name] = Math.max(best[name] ?? 0, Number(perSecond.toFixed(3)))
}

function maps(name: string, state: MapState<number, number>): void {
  measure(`${name}: put in order`, entries, () => {
    for (let i = 0; i < entries; i++) state.put(i, i)
  })
  state.clear()
  measure(`${name}: put at random`, entries, () => {
    for (const i of shuffled) state.put(i, i)
  })
  measure(`${name}: put again at random`, entries, () => {
    for (const i of shuffled) state.put(i, i + 1)
  })
  measure(`${name}: get at random`, entries, () => {
    for (const i of shuffled) sum += state.get(i) ?? 0
  })
}

function ranges(): void {
  measure(`ordered map: entries of ranges of ${RANGE} at random`, READS * RANGE, () => {
    for (const gte of shuffled.subarray(0, READS)) {
      for (const [, value] of ordered.range({ gte, limit: RANGE })) sum += value
    }
  })
  measure('ordered map: first, last', READS * 2, () => {
    for (let i = 0; i < READS; i++) sum += (ordered.first()?.[1] ?? 0) + (ordered.last()?.[1] ?? 0)
  })
  measure('ordered map: remove at random', entries, () => {
    for (const i of shuffled) ordered.remove(i)
  })
}

function timeLists(): void {
  measure('time list: add in order', entries, () => {
    for (let i = 0; i < entries; i++) times.add(1_700_000_000_000 + i, i)
  })
  measure('time list: all entries', entries, () => {
    for (const [, value] of times.entries()) sum += value
  })
  measure('time list: remove the oldest 100 again and again', entries, () => {
    for (let i = 0; i < entries; i += 100) times.removeRange({ limit: 100 })
  })
  measure('time list: add at random', entries, () => {
    for (const i of shuffled) times.add(1_700_000_000_000 + i, i)
  })
  times.clear()
}

for (let round = 0; round < rounds; round++) {
  maps('map', map)
  maps('ordered map', ordered)
  ranges()
  timeLists()
  map.clear()
  ordered.clear()
}
const report = { entries, rounds, millionPerSecond: best, checked: sum > 0, machine: machine() }
process.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`)
