/** Jobs whose steps have operator state: through crashes and stops, at one parallelism after another. */
import { describe, expect, it } from 'vitest'
import {
  broadcastState,
  collect,
  fromArray,
  type Job,
  job,
  type ListState,
  type MapState,
  memoryStorage,
  type Source,
  splitListState,
  unionListState,
  valueState,
} from '../../src/index.js'
import { manualClock } from '../../src/testing/manual-clock.js'
import { type ScriptStep, scriptedSource } from '../../src/testing/scripted-source.js'
import { INTERVAL_MS, run } from './counting-job.js'

type Input =
  | { readonly kind: 'rule'; readonly name: string; readonly factor: number | undefined }
  | { readonly kind: 'record'; readonly key: string; readonly value: number }

interface Output {
  readonly from: string
  readonly values: readonly unknown[]
}

function rule(name: string, factor?: number): Input {
  return { kind: 'rule', name, factor }
}

function record(value: number): Input {
  return { kind: 'record', key: `key ${value % 5}`, value }
}

function scripted(script: readonly ScriptStep<Input>[]) {
  const clock = manualClock({ autoAdvance: INTERVAL_MS / 2 })
  return { source: scriptedSource(script, { clock, intervalMs: INTERVAL_MS }), clock }
}

/**
 * A keyed step multiplies what it gets by factors that come on the broadcast side; a plain step keeps all it gets in a
 * split list, and one position per partition in a union list.
 */
function rulesJob(source: Source<Input>, sink: ReturnType<typeof collect<Output>>): Job {
  const all = job('rules').from(source)
  const rules = all.flatMap((one) => (one.kind === 'rule' ? [one] : []))
  const records = all.flatMap((one) => (one.kind === 'record' ? [one] : []))
  records
    .keyBy(({ key }) => key)
    .process('priced', {
      state: { sum: valueState<number>() },
      operatorState: {
        factors: broadcastState<string, number>(),
        met: splitListState<number>(),
      },
      broadcast: rules,
      onBroadcast({ name, factor }, { factors }) {
        factors.put(name, factor)
      },
      onRecord({ value }, { sum }, { operatorState: { factors, met }, emit }) {
        let product = value
        for (const [, factor] of factors.entries()) product *= factor
        sum.update((sum.value() ?? 0) + product)
        met.add(value)
        emit({ from: 'priced', values: [value, product] })
      },
      onEnd({ sum }, { key, emit }) {
        emit({ from: 'sums', values: [key, sum.value()] })
      },
    })
    .to('priced-sink', sink)
  return records
    .process('buffer', {
      operatorState: {
        kept: splitListState<number>(),
        positions: unionListState<{ partition: number; opened: number }>(),
      },
      onOpen({ positions }, { subtask, parallelism }) {
        const found = positions.get()
        const all = found.length > 0 ? found : [0, 1, 2, 3, 4].map(unopened)
        positions.update(
          all
            .filter(({ partition }) => partition % parallelism === subtask)
            .map(({ partition, opened }) => ({ partition, opened: opened + 1 })),
        )
      },
      onRecord({ value }, { kept }) {
        kept.add(value)
      },
      onEnd({ kept, positions }, { subtask, parallelism, emit }) {
        emit({ from: `kept ${subtask}/${parallelism}`, values: [...kept.get()] })
        for (const { partition, opened } of positions.get()) {
          emit({ from: 'positions', values: [partition, opened] })
        }
      },
    })
    .to('kept-sink', sink)
}

function unopened(partition: number) {
  return { partition, opened: 0 }
}

function valuesOf(output: readonly Output[], from: string): readonly unknown[][] {
  return output.filter((one) => one.from.startsWith(from)).map(({ values }) => [...values])
}

describe('a job with operator state', () => {
  it('ends what feeds the broadcast side of a step before the step itself', async () => {
    for (const keyed of [true, false]) {
      const sink = collect<unknown>()
      const all = job('ends').from(fromArray([1, 2, 3]))
      const count = {
        operatorState: { seen: splitListState<number>() },
        onRecord: (value: number, { seen }: { seen: ListState<number> }) => seen.add(value),
        onEnd: (
          { seen }: { seen: ListState<number> },
          { emit }: { emit: (record: number) => void },
        ) => emit(seen.get().length),
      }
      const counts = all.process('count', count)
      const last = {
        operatorState: { counted: broadcastState<string, number>() },
        broadcast: counts,
        onBroadcast(value: number, { counted }: { counted: MapState<string, number> }) {
          counted.put('all', value)
        },
      }
      const onRecord = () => undefined
      const ended = keyed
        ? all
            .keyBy(() => 'k')
            .process('last', {
              ...last,
              state: { any: valueState<boolean>() },
              onRecord: (_, { any }) => any.update(true),
              onEnd: (_, { operatorState, emit }) => emit(operatorState.counted.get('all')),
            })
        : all.process('last', {
            ...last,
            onRecord,
            onEnd: ({ counted }, { emit }) => emit(counted.get('all')),
          })
      expect(await run(ended.to(sink), memoryStorage()).done).toBe('finished')
      expect(sink.committed).toEqual([3])
    }
  })

  it('goes on with all of it at any parallelism, after crashes and stops', async () => {
    const values = Array.from({ length: 12 }, (_, i) => i + 1)
    for (const way of [
      [2, 1, 3],
      [1, 3, 2],
      [3, 5, 1],
      [4, 4, 4],
    ]) {
      const storage = memoryStorage()
      const sink = collect<Output>()
      const script: ScriptStep<Input>[] = [
        [rule('double', 2)],
        values.slice(0, 4).map(record),
        'barrier',
        [rule('lost', 1000), ...values.slice(4).map(record)],
        'crash',
      ]
      const { source, clock } = scripted(script)
      const options = { clock, onEvent: source.onEvent, restart: { attempts: 0 } }
      const start = (parallelism: number) =>
        run(rulesJob(source, sink), storage, { ...options, parallelism })
      await expect(start(way[0] as number).done).rejects.toMatchObject({ retryable: true })
      script.splice(
        3,
        2,
        [rule('triple', 3), ...values.slice(4, 8).map(record)],
        'barrier',
        'crash',
      )
      await expect(start(way[1] as number).done).rejects.toMatchObject({ retryable: true })
      script.splice(6, 0, [rule('double'), ...values.slice(8).map(record)], 'barrier')
      expect(await start(way[2] as number).done).toBe('finished')
      const { committed } = sink
      const expected = values.map((value) => [value, value * (value < 5 ? 2 : value < 9 ? 6 : 3)])
      expect(valuesOf(committed, 'priced')).toEqual(expected)
      const kept = valuesOf(committed, 'kept')
      expect(kept).toHaveLength(way[2] as number)
      expect(kept.flat().toSorted((a, b) => Number(a) - Number(b))).toEqual(values)
      const sizes = kept.map((list) => list.length)
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(2)
      const positions = valuesOf(committed, 'positions')
      expect(positions.toSorted()).toEqual([0, 1, 2, 3, 4].map((partition) => [partition, 3]))
    }
  })
})
