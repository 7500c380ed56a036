/**
 * What a time to live costs a read and an update of a value: the same loop over a state with one and one without, in
 * turns, medians.
 *
 *   npm run build && node build/bench/ttl.js [--keys 100000] [--rounds 15] [--json]
 */

import { parseArgs } from 'node:util'
import { memoryBackend, type ValueState, valueState } from 'holdfast'
import { StateClock, subtaskRange } from 'holdfast/testing'
import { machine, quantiles } from './report.js'

const option = { type: 'string' } as const
const { values } = parseArgs({
  options: { keys: option, rounds: option, json: { type: 'boolean' } },
})
const keys = Number(values.keys ?? 100_000)
const rounds = Number(values.rounds ?? 15)
const GROUPS = 128

const clock = new StateClock()
clock.now = 1_700_000_000_000
const STATES = {
  none: valueState<number>(),
  processing: valueState<number>({ ttl: { time: '1h' } }),
  event: valueState<number>({ ttl: { time: '1h', clock: 'event' } }),
}
clock.timestamp = clock.now
const times: Record<string, number[]> = { none: [], processing: [], event: [] }
for (let round = 0; round <= rounds; round++) {
  for (const [name, descriptor] of Object.entries(STATES)) {
    const backend = await memoryBackend().open({
      operator: 'bench',
      range: subtaskRange(0, 1, GROUPS),
      states: { count: descriptor },
      clock,
      restore: async function* () {},
      turn: async () => undefined,
    })
    const count = backend.state('count') as ValueState<number>
    const started = performance.now()
    for (let pass = 0; pass < 5; pass++) {
      for (let key = 0; key < keys; key++) {
        backend.setCurrentKey(key, key % GROUPS, 'long')
        count.update((count.value() ?? 0) + 1)
      }
    }
    if (round > 0) times[name]?.push(((performance.now() - started) * 1e6) / (5 * keys))
  }
}
const nsPerReadAndUpdate = Object.fromEntries(
  Object.entries(times).map(([name, of]) => [name, quantiles(of)]),
)
const result = { bench: 'ttl', keys, rounds, nsPerReadAndUpdate, machine: machine() }
console.log(JSON.stringify(result, null, values.json ? 0 : 2))
