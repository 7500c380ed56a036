/**
 * How long a snapshot holds the loop, with 1,000,000 dirty int keys, and what writing its delta in the background
 * costs the foreground.
 *
 *   npm run build && node build/bench/snapshot-pause.js [--keys 1000000] [--rounds 40] [--json]
 */

import { parseArgs } from 'node:util'
import { memoryBackend, type ValueState, valueState } from 'holdfast'
import { RowEncoder, StateClock, subtaskRange, workerRunBuilder } from 'holdfast/testing'
import { machine, quantiles } from './report.js'

const option = { type: 'string' } as const
const { values } = parseArgs({
  options: { keys: option, rounds: option, json: { type: 'boolean' } },
})
const keys = Number(values.keys ?? 1_000_000)
const rounds = Number(values.rounds ?? 40)
const GROUPS = 128
/** Entries of one slice of the writer, and keys of one foreground batch. */
const SLICE_MS = 0.8
const BATCH = 1000

const backend = await memoryBackend().open({
  operator: 'bench',
  range: subtaskRange(0, 1, GROUPS),
  states: { count: valueState<number>() },
  clock: new StateClock(),
  restore: async function* () {},
  turn: async () => undefined,
})
const count = backend.state('count') as ValueState<number>
const update = (key: number): void => {
  backend.setCurrentKey(key, key % GROUPS, 'long')
  count.update((count.value() ?? 0) + 1)
}

const pauses: number[] = []
const slices: number[] = []
const kept: number[] = []
await using builder = workerRunBuilder()
for (let round = 0; round < rounds; round++) {
  const alone = foreground(0, keys)
  for (let key = 0; key < keys; key++) update(key)
  const started = performance.now()
  const snapshot = backend.snapshot()
  pauses.push(performance.now() - started)
  const build = builder.begin()
  const encoder = new RowEncoder((batch) => build.add(batch))
  let next = 0
  let foregroundMs = 0
  for (let done = false; !done; ) {
    const slice = performance.now()
    const deadline = slice + SLICE_MS
    let asked = 0
    done = snapshot.write(encoder, () => ++asked % 32 === 0 && performance.now() >= deadline)
    slices.push(performance.now() - slice)
    foregroundMs += foreground(next, BATCH)
    next = (next + BATCH) % keys
    await new Promise((resolve) => setImmediate(resolve))
  }
  encoder.flush()
  const writing = performance.now() - started
  await build.finish([])
  while (!snapshot.settle(true, () => false)) await Promise.resolve()
  kept.push(1 - (writing - foregroundMs) / writing)
  if (round === 0) pauses.length = slices.length = kept.length = 0
  void alone
}

function foreground(first: number, many: number): number {
  const start = performance.now()
  for (let i = 0; i < many; i++) update((first + i) % keys)
  return performance.now() - start
}

const result = {
  bench: 'snapshot-pause',
  keys,
  rounds: rounds - 1,
  pauseMs: quantiles(pauses),
  writerSliceMs: quantiles(slices),
  foregroundShareWhileWriting: quantiles(kept),
  machine: machine(),
}
console.log(JSON.stringify(result, null, values.json ? 0 : 2))
