import { describe, expect, it } from 'vitest'
import {
  collect,
  fromArray,
  type Job,
  job,
  type KeyedContext,
  memoryBackend,
  memoryStorage,
  valueState,
} from '../../src/index.js'
import { keyGroupOf } from '../../src/keygroup/hash.js'
import { inlineRunBuilder } from '../../src/run/run-builder.js'
import { type RunJobOptions, type RunningJob, runJob } from '../../src/runtime/run-job.js'
import { type ManualClock, manualClock } from '../../src/testing/manual-clock.js'
import { type ScriptStep, scriptedSource } from '../../src/testing/scripted-source.js'

interface Visit {
  readonly key: string
  readonly at: number
}

const visit = (key: string, at: number): Visit => ({ key, at })

function start(declared: Job, options: RunJobOptions = {}): RunningJob {
  const components = { backend: memoryBackend(), storage: memoryStorage() }
  const clock = manualClock()
  return runJob(declared, components, {
    clock,
    builder: inlineRunBuilder(),
    restart: { attempts: 0 },
    ...options,
  })
}

/** Runs a bounded job over batches of visits whose step registers and fires as told. */
async function play(
  batches: readonly (readonly Visit[])[],
  functions: {
    onRecord(one: Visit, context: KeyedContext<string, string>): void
    onTimer?(time: number, context: KeyedContext<string, string>): void
  },
  options: RunJobOptions & { outOfOrder?: number } = {},
): Promise<readonly string[]> {
  const out = collect<string>()
  const { onTimer } = functions
  const declared = job('play')
    .from(scriptedSource(batches))
    .withTimestamps(({ at }) => at, { outOfOrder: options.outOfOrder ?? 0 })
    .keyBy(({ key }) => key)
    .process<Record<never, never>, string>('step', {
      state: {},
      onRecord: (one, _, context) => functions.onRecord(one, context),
      ...(onTimer && { onTimer: ({ time }, _, context) => onTimer(time, context) }),
    })
    .to(out)
  await start(declared, options).done
  return out.committed
}

describe('event time', () => {
  it('follows the newest timestamp, less the disorder allowed and a millisecond', async () => {
    const seen = await play(
      [[visit('a', 100), visit('a', 90)], [visit('a', 50)], [visit('a', 120)]],
      {
        onRecord: ({ at }, { timers, timestamp, emit }) =>
          emit(`${at} ${timestamp} ${timers.currentWatermark()}`),
      },
      { outOfOrder: 10 },
    )
    expect(seen).toEqual(['100 100 -Infinity', '90 90 -Infinity', '50 50 89', '120 120 89'])
  })

  it('goes with records through map, filter and flatMap, and with what a keyed step emits', async () => {
    const out = collect<string>()
    const declared = job('through')
      .from(fromArray([1, 2, 3, 4, 5, 6]))
      .withTimestamps((n) => n * 10)
      .map((n) => n)
      .filter((n) => n % 2 === 0)
      .flatMap((n) => Array.from({ length: n / 2 }, () => n))
      .keyBy((n) => n)
      .process<Record<never, never>, number>('first', {
        state: {},
        onRecord(n, _, { emit, timers, timestamp }) {
          emit(n)
          emit(-n)
          timers.registerEventTimeTimer((timestamp ?? 0) + 1)
        },
        onTimer: ({ time }, _, { emit, timestamp }) => emit(time === timestamp ? 1000 : 0),
      })
      .filter((n) => n < 0 || n === 1000)
      .keyBy(() => 0)
      .process<Record<never, never>, string>('second', {
        state: {},
        onRecord: (n, _, { emit, timestamp }) => emit(`${n}@${timestamp}`),
      })
      .to(out)
    await start(declared).done
    expect(out.committed).toEqual([
      ...['-2@20', '-4@40', '-4@40', '-6@60', '-6@60', '-6@60'],
      ...['1000@21', '1000@41', '1000@61'],
    ])
  })

  it('is refused if it is no whole number, with the step named', async () => {
    for (const bad of [Number.NaN, 1.5, Number.POSITIVE_INFINITY, 2 ** 53, '5', undefined]) {
      const declared = job('bad')
        .from(fromArray([1]))
        .withTimestamps(() => bad as number)
        .to(collect())
      await expect(start(declared).done).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
        message: expect.stringContaining('withTimestamps'),
      })
    }
  })

  it('reaches the end with the input: every event-time timer fires before onEnd', async () => {
    const out = collect<string>()
    const declared = job('end')
      .from(fromArray([1, 2]))
      .keyBy(() => 'k')
      .process('step', {
        state: { seen: valueState<number>() },
        onRecord(n, { seen }, { timers }) {
          seen.update(n)
          timers.registerEventTimeTimer(Number.MAX_SAFE_INTEGER - n)
          timers.registerProcessingTimeTimer(Number.MAX_SAFE_INTEGER)
        },
        onTimer: ({ time, domain }, _, { emit, timers }) =>
          emit(`${domain} ${Number.MAX_SAFE_INTEGER - time} ${timers.currentWatermark()}`),
        onEnd: (_, { emit, timestamp }) => emit(`end ${timestamp}`),
      })
      .to(out)
    await start(declared).done
    expect(out.committed).toEqual(['event 2 Infinity', 'event 1 Infinity', 'end undefined'])
  })
})

describe('an event-time timer', () => {
  it('fires once, when the watermark has reached its time, in order of time over all keys', async () => {
    const fired = await play(
      [[visit('b', 30), visit('a', 30), visit('b', 10)], [visit('c', 32)], [visit('c', 99)]],
      {
        onRecord({ key, at }, { timers, emit }) {
          emit(`record ${at}`)
          for (const time of at < 50 ? [at, at, 31, 200] : [at]) timers.registerEventTimeTimer(time)
          if (key === 'a') timers.deleteEventTimeTimer(200)
          timers.deleteEventTimeTimer(777)
        },
        onTimer: (time, { key, emit }) => emit(`${key} ${time}`),
      },
    )
    expect(fired.filter((one) => !one.startsWith('record'))).toEqual([
      'b 10',
      ...['a 30', 'b 30'].sort(byGroup),
      ...['a 31', 'b 31', 'c 31'].sort(byGroup),
      'c 32',
      'c 99',
      ...['b 200', 'c 200'].sort(byGroup),
    ])
    expect(fired.indexOf('b 10')).toBe(3)
    expect(fired.indexOf('c 99')).toBeGreaterThan(fired.indexOf('record 99'))
  })

  it('registered by onTimer for a time that has passed fires in the same pass, and onTimer can take others back', async () => {
    const fired = await play([[visit('a', 5)], [visit('a', 100)]], {
      onRecord: ({ at }, { timers }) => {
        if (at === 5) for (const time of [10, 20, 30]) timers.registerEventTimeTimer(time)
      },
      onTimer(time, { timers, emit }) {
        emit(String(time))
        if (time === 10) timers.deleteEventTimeTimer(20)
        if (time === 10 || time === 12) timers.registerEventTimeTimer(time + 2)
        if (time === 14) timers.registerEventTimeTimer(1)
      },
    })
    expect(fired).toEqual(['10', '12', '14', '1', '30'])
  })

  it('registered for a time that has passed fires after the batch', async () => {
    const fired = await play([[visit('a', 100)], [visit('a', 50)], [visit('a', 60)]], {
      onRecord({ at }, { timers, emit }) {
        emit(`record ${at}`)
        timers.registerEventTimeTimer(at - 1)
      },
      onTimer: (time, { emit }) => emit(String(time)),
    })
    expect(fired).toEqual(['record 100', '99', 'record 50', '49', 'record 60', '59'])
  })

  it('needs a whole number and an onTimer; nothing is registered otherwise', async () => {
    for (const bad of [Number.NaN, 0.5, Number.POSITIVE_INFINITY, '7' as unknown as number]) {
      const run = play([[visit('a', 1)]], {
        onRecord: (_, { timers }) => timers.registerProcessingTimeTimer(bad),
        onTimer: () => undefined,
      })
      await expect(run).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    }
    const run = play([[visit('a', 1)]], {
      onRecord: (_, { timers }) => timers.registerEventTimeTimer(1),
    })
    await expect(run).rejects.toMatchObject({
      code: 'INVALID_STATE',
      message: expect.stringContaining('"step"'),
    })
  })

  it('fires in the same order at any parallelism', async () => {
    const visits = Array.from({ length: 200 }, (_, i) => visit(`k${i % 23}`, (i * 37) % 50))
    const outputs = []
    for (const parallelism of [1, 2, 3, 7]) {
      outputs.push(
        await play(
          [visits.slice(0, 120), visits.slice(120)],
          {
            onRecord: ({ at }, { timers }) => timers.registerEventTimeTimer(at + 20),
            onTimer: (time, { key, emit, timers }) => {
              emit(`${key} ${time}`)
              if (time % 3 === 0) timers.registerEventTimeTimer(time + 1)
            },
          },
          { parallelism },
        ),
      )
    }
    for (const output of outputs) expect(output).toEqual(outputs[0])
    expect(outputs[0]?.length).toBeGreaterThan(200)
  })

  it('is one of thousands due at once, all of which fire, with checkpoints between them', async () => {
    const out = collect<string>()
    const clock = manualClock()
    const checkpoints: number[] = []
    const declared = job('many')
      .from(
        scriptedSource([
          Array.from({ length: 5000 }, (_, i) => visit(`k${i}`, 1)),
          [visit('z', 99)],
        ]),
      )
      .withTimestamps(({ at }) => at)
      .keyBy(({ key }) => key)
      .process<Record<never, never>, string>('step', {
        state: {},
        onRecord: (_, __, { timers, timestamp }) =>
          timers.registerEventTimeTimer((timestamp ?? 0) + 1),
        onTimer: (_, __, { key, emit }) => {
          emit(String(key))
          void clock.advance(1)
        },
      })
      .to(out)
    const running = start(declared, {
      clock,
      interval: 500,
      onEvent: (event) => {
        if (event.event === 'checkpoint') checkpoints.push(out.committed.length)
      },
    })
    expect(await running.done).toBe('finished')
    expect(new Set(out.committed).size).toBe(5001)
    expect(out.committed.length).toBe(5001)
    expect(checkpoints.some((count) => count > 0 && count < 5000)).toBe(true)
  })
})

/** By the key group of the first letter: what decides between equal times. */
function byGroup(a: string, b: string): number {
  return keyGroupOf(a.charAt(0), 'string', 128) - keyGroupOf(b.charAt(0), 'string', 128)
}

describe('a processing-time timer', () => {
  interface Idle {
    readonly running: RunningJob
    readonly clock: ManualClock
    readonly fired: string[]
  }

  /** A job whose source gives one batch and then nothing. */
  function idle(
    times: readonly number[],
    startMs = 1000,
    again?: (time: number) => number | undefined,
  ): Idle {
    const clock = manualClock({ startMs })
    const fired: string[] = []
    const script: ScriptStep<number>[] = [times, 'idle']
    const declared = job('idle')
      .from(scriptedSource(script))
      .keyBy((time) => time)
      .process<Record<never, never>, never>('step', {
        state: {},
        onRecord: (time, _, { timers }) => timers.registerProcessingTimeTimer(time),
        onTimer({ time, domain }, _, { timers, timestamp }) {
          fired.push(`${domain} ${time} at ${timers.currentProcessingTime()} ${timestamp}`)
          const next = again?.(time)
          if (next !== undefined) timers.registerProcessingTimeTimer(next)
        },
      })
      .to(collect())
    return { running: start(declared, { clock, interval: '1h' }), clock, fired }
  }

  const settle = async (clock: ManualClock): Promise<void> => {
    for (let turn = 0; turn < 30; turn++) await clock.turn()
  }

  it('fires while the source is idle, when its time has come and not before', async () => {
    const { running, clock, fired } = idle([5000, 3000, 900, 3000])
    await settle(clock)
    expect(fired).toEqual(['processing 900 at 1000 undefined'])
    await clock.advance(1999)
    await settle(clock)
    expect(fired).toHaveLength(1)
    await clock.advance(1)
    await settle(clock)
    expect(fired.slice(1)).toEqual(['processing 3000 at 3000 undefined'])
    await clock.advance(10_000)
    await settle(clock)
    expect(fired.slice(2)).toEqual(['processing 5000 at 5000 undefined'])
    running.stop()
    expect(await running.done).toBe('stopped')
    expect(clock.sleepers).toBe(0)
  })

  it('registered by onTimer fires in the same pass if it is due, else wakes the loop again', async () => {
    const { running, clock, fired } = idle([2000], 1000, (time) =>
      time === 2000 ? 1500 : time === 1500 ? 2600 : undefined,
    )
    await settle(clock)
    await clock.advance(1000)
    await settle(clock)
    expect(fired.map((one) => one.split(' at ')[0])).toEqual(['processing 2000', 'processing 1500'])
    await clock.advance(600)
    await settle(clock)
    expect(fired).toHaveLength(3)
    running.stop()
    await running.done
  })
})
