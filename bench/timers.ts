/**
 * Registering and firing timers: as many outstanding as given, each with a key and a random time of its own, then every
 * one fired in order. Each timer counts once, for both.
 *
 *   npm run build && node build/bench/timers.js [--timers 1000000] [--rounds 5] [--moments 0] [--text] [--json]
 *
 * `--moments n`: only n different times. `--text`: keys of text. No checkpoint is taken, as between two barriers.
 */
import { parseArgs } from 'node:util'
import { memoryBackend, type StateDescriptor, seededRandom } from 'holdfast'
import { StateClock, subtaskRange, timerQueue } from 'holdfast/testing'
import { machine, quantiles } from './report.js'

const option = { type: 'string' } as const
const flag = { type: 'boolean' } as const
const { values } = parseArgs({
  options: { timers: option, rounds: option, moments: option, text: flag, json: flag },
})
const count = Number(values.timers ?? 1_000_000)
const rounds = Number(values.rounds ?? 5)
const moments = Number(values.moments ?? 0)
const GROUPS = 128
const START = 1_700_000_000_000
const DAY = 86_400_000

const states: Record<string, StateDescriptor> = { timers: timerQueue() }
const backend = await memoryBackend().open({
  operator: 'bench',
  range: subtaskRange(0, 1, GROUPS),
  states,
  clock: new StateClock(),
  restore: async function* () {},
  turn: async () => undefined,
})
const queue = backend.timers('timers')
const random = seededRandom(1)
const whole = (below: number): number => Math.floor(random.next() * below)
const keys = Array.from({ length: count }, (_, i) => (values.text ? `key-${i}` : i))
const times = keys.map(() => START + (moments > 0 ? 1000 * whole(moments) : whole(DAY)))

const registered: number[] = []
const fired: number[] = []
const rates: number[] = []
for (let round = 0; round <= rounds; round++) {
  const started = performance.now()
  for (let i = 0; i < count; i++) {
    backend.setCurrentKey(keys[i] as number | string, i % GROUPS, values.text ? 'string' : 'long')
    queue.add(times[i] as number, undefined)
  }
  const between = performance.now()
  let last = 0
  let polled = 0
  for (let timer = queue.poll(START + DAY); timer !== undefined; timer = queue.poll(START + DAY)) {
    backend.setCurrentKey(timer.key, timer.keyGroup, values.text ? 'string' : 'long')
    if (timer.time < last) throw new Error('out of order')
    last = timer.time
    polled++
  }
  const ended = performance.now()
  if (polled !== count || queue.size !== 0) throw new Error(`${polled} timers fired`)
  // The first round is for the compiler.
  if (round === 0) continue
  registered.push((1e6 * (between - started)) / count)
  fired.push((1e6 * (ended - between)) / count)
  rates.push((1000 * count) / (ended - started))
}

const result = {
  bench: 'timers',
  timers: count,
  moments,
  rounds,
  registerNs: quantiles(registered),
  fireNs: quantiles(fired),
  timersPerSecond: Math.round(quantiles(rates).p50),
  machine: machine(),
}
console.log(JSON.stringify(result, null, values.json ? 0 : 2))
