/**
 * Registering and firing timers: as many outstanding as given, each with a key and a random time of its own, then every
 * one fired in order. Each timer counts once, for both.
 *
 *   npm run build && node build/bench/timers.js [--timers 1000000] [--rounds 5] [--moments 0] [--order random]
 *     [--range 86400000] [--flow] [--text] [--json]
 *
 * `--moments n`: only n different times. `--order up|down`: registered in order of time, or against it. `--range ms`:
 * what the times are spread over. `--flow`: from then on each timer that fires registers the next one, as many again;
 * register is the filling then, fire is one of both. `--text`: keys of text. No checkpoint is taken, as between two
 * barriers. Times are of the process's CPU, user and system: others on the machine count less.
 */
import { parseArgs } from 'node:util'
import { memoryBackend, type StateDescriptor, seededRandom } from 'holdfast'
import { StateClock, subtaskRange, timerQueue } from 'holdfast/testing'
import { machine, quantiles } from './report.js'

const option = { type: 'string' } as const
const flag = { type: 'boolean' } as const
const { values } = parseArgs({
  options: {
    timers: option,
    rounds: option,
    moments: option,
    order: option,
    range: option,
    flow: flag,
    text: flag,
    json: flag,
  },
})
const count = Number(values.timers ?? 1_000_000)
const rounds = Number(values.rounds ?? 5)
const moments = Number(values.moments ?? 0)
const GROUPS = 128
const START = 1_700_000_000_000
const range = Number(values.range ?? 86_400_000)

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
const times = keys.map(() => START + (moments > 0 ? 1000 * whole(moments) : whole(range)))
if (values.order === 'up') times.sort((a, b) => a - b)
if (values.order === 'down') times.sort((a, b) => b - a)

const registered: number[] = []
const fired: number[] = []
const rates: number[] = []
const now = (): number => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}
for (let round = 0; round <= rounds; round++) {
  const started = now()
  for (let i = 0; i < count; i++) {
    backend.setCurrentKey(keys[i] as number | string, i % GROUPS, values.text ? 'string' : 'long')
    queue.add(times[i] as number, undefined)
  }
  const between = now()
  let last = 0
  let polled = 0
  let left = values.flow ? count : 0
  for (;;) {
    const timer = queue.poll(Number.POSITIVE_INFINITY)
    if (timer === undefined) break
    backend.setCurrentKey(timer.key, timer.keyGroup, values.text ? 'string' : 'long')
    if (timer.time < last) throw new Error('out of order')
    last = timer.time
    polled++
    if (left > 0) {
      left--
      queue.add(timer.time + 1 + (times[left] as number) - START, undefined)
    }
  }
  const ended = now()
  if (polled !== (values.flow ? 2 : 1) * count || queue.size !== 0)
    throw new Error(`${polled} timers fired`)
  // The first round is for the compiler.
  if (round === 0) continue
  registered.push((1e6 * (between - started)) / count)
  fired.push((1e6 * (ended - between)) / polled)
  rates.push((1000 * polled) / (ended - started))
}

const result = {
  bench: 'timers',
  timers: count,
  moments,
  order: values.order ?? 'random',
  range,
  flow: values.flow === true,
  rounds,
  registerNs: quantiles(registered),
  fireNs: quantiles(fired),
  timersPerSecond: Math.round(quantiles(rates).p50),
  machine: machine(),
}
console.log(JSON.stringify(result, null, values.json ? 0 : 2))
