/** Where operator state cannot be, and what of it stays when the program changes. */
import { describe, expect, it } from 'vitest'
import {
  broadcastState,
  collect,
  fromArray,
  type Job,
  job,
  memoryStorage,
  splitListState,
  unionListState,
  valueState,
} from '../../src/index.js'
import type { CheckpointStorage } from '../../src/storage/checkpoint-storage.js'
import { manualClock } from '../../src/testing/manual-clock.js'
import { scriptedSource } from '../../src/testing/scripted-source.js'
import { INTERVAL_MS, run } from './counting-job.js'

/** What each subtask is given when the job starts: a line of `index: name=elements`. */
async function playDropping(
  storage: CheckpointStorage,
  names: readonly string[],
  parallelism: number,
): Promise<{ readonly opened: readonly string[]; readonly undeclared: readonly string[] }> {
  const opened: string[] = []
  const undeclared: string[] = []
  const states = names.map((name) => [name, splitListState<number>()] as const)
  const dropping = job('dropping')
    .from(scriptedSource<number>([[1, 2, 3, 4], 'idle']))
    .process('step', {
      operatorState: Object.fromEntries(states),
      onOpen(lists, { subtask }) {
        const all = Object.entries(lists).map(([name, list]) => `${name}=${list.get().join()}`)
        opened.push(`${subtask}: ${all.join(' ')}`)
      },
      onRecord(value, lists) {
        for (const list of Object.values(lists)) list.add(value)
      },
    })
    .to(collect<unknown>())
  const clock = manualClock({ autoAdvance: INTERVAL_MS / 2 })
  const running = run(dropping, storage, {
    clock,
    parallelism,
    onEvent: (event) => void (event.event === 'started' && undeclared.push(...event.undeclared)),
  })
  while (running.records < 4) await clock.turn()
  running.stop()
  expect(await running.done).toBe('stopped')
  return { opened, undeclared }
}

describe('operator state and a program that changes', () => {
  it('is kept if the program drops it, and its rescale made good when it is back', async () => {
    const storage = memoryStorage()
    expect(await playDropping(storage, ['a', 'b'], 2)).toEqual({
      opened: ['0: a= b=', '1: a= b='],
      undeclared: [],
    })
    expect(await playDropping(storage, ['a'], 4)).toEqual({
      opened: ['0: a=1', '1: a=3', '2: a=2', '3: a=4'],
      undeclared: ['step/b'],
    })
    expect(await playDropping(storage, ['b', 'a'], 4)).toEqual({
      opened: ['0: b=1 a=1', '1: b=3 a=3', '2: b=2 a=2', '3: b=4 a=4'],
      undeclared: [],
    })
  })

  it('is not gone on with as state of another kind', async () => {
    const storage = memoryStorage()
    const build = (descriptor: ReturnType<typeof splitListState<number>>): Job =>
      job('kinds')
        .from(fromArray([1]))
        .process('step', {
          operatorState: { list: descriptor },
          onRecord: (value: number, { list }) => list.add(value),
        })
        .to(collect<number>())
    expect(await run(build(splitListState()), storage).done).toBe('finished')
    await expect(run(build(unionListState()), storage).done).rejects.toMatchObject({
      code: 'INCOMPATIBLE_STATE',
      message: expect.stringContaining('its kind is split in the checkpoint, union in the program'),
    })
  })
})

describe('broadcast state', () => {
  it('can be changed in onBroadcast alone', async () => {
    const leaked: { put(key: string, value: number): void }[] = []
    const broken = (where: 'onRecord' | 'onOpen' | 'later'): Job => {
      const all = job('guarded').from(fromArray([1]))
      return all
        .process('step', {
          operatorState: { rules: broadcastState<string, number>() },
          broadcast: all,
          onBroadcast(value: number, { rules }, { emit }) {
            rules.put('first', value)
            leaked.push(rules)
            emit(value)
          },
          onOpen({ rules }) {
            if (where === 'onOpen') (rules as unknown as Map<string, number>).clear()
          },
          onRecord(_, { rules }) {
            if (where === 'onRecord')
              (rules as unknown as { put(k: string, v: number): void }).put('k', 1)
          },
        })
        .map((value) => {
          leaked.at(-1)?.put('leaked', Number(value))
          return value
        })
        .to(collect<number>())
    }
    for (const where of ['onRecord', 'onOpen', 'later'] as const) {
      await expect(run(broken(where), memoryStorage()).done).rejects.toMatchObject({
        code: expect.stringMatching(/INVALID_STATE|OPERATOR_FAILED/),
        message: expect.stringContaining('"rules" can be changed only in onBroadcast'),
      })
    }
  })
})

describe('operator state that a step cannot have', () => {
  it('is refused before anything starts', () => {
    const all = job('refused').from(fromArray([1]))
    const other = job('other').from(fromArray([1]))
    const onRecord = () => undefined
    const onBroadcast = () => undefined
    const starts = (built: Job): unknown => run(built, memoryStorage())
    const invalid = (message: string) =>
      expect.objectContaining({
        code: 'INVALID_ARGUMENT',
        message: expect.stringContaining(message),
      })
    expect(() => all.process('a', { broadcast: other, onBroadcast, onRecord })).toThrow(
      invalid('another job'),
    )
    expect(() => all.process('a', { broadcast: all, onRecord })).toThrow(invalid('go together'))
    expect(() => all.process('a', { onBroadcast, onRecord })).toThrow(invalid('go together'))
    const sink = collect<unknown>()
    const bad = (build: (stream: typeof all) => { to(sink: unknown): Job }): unknown =>
      starts(build(job('refused').from(fromArray([1]))).to(sink))
    expect(() =>
      bad((s) => s.process('a', { operatorState: { m: broadcastState() }, onRecord })),
    ).toThrow(invalid('needs a stream to come from'))
    expect(() =>
      bad((s) => s.process('a', { operatorState: { v: valueState() as never }, onRecord })),
    ).toThrow(invalid('keyed state is declared in `state`'))
    const keyed = (state: object, operatorState: object) =>
      bad((s) => s.keyBy((one) => one).process('a', { state, operatorState, onRecord } as never))
    expect(() => keyed({ v: splitListState() }, {})).toThrow(invalid('declared in `operatorState`'))
    expect(() => keyed({ v: valueState() }, { v: splitListState() })).toThrow(
      invalid('two states cannot have one name'),
    )
    expect(() => keyed({}, { 'a b': splitListState() })).toThrow(invalid("a state's name"))
  })
})
