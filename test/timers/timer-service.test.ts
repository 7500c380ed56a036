import { describe, expect, it } from 'vitest'
import { type Clock, systemClock } from '../../src/base/clock.js'
import {
  collect,
  job,
  listState,
  memoryBackend,
  memoryStorage,
  openState,
  type Source,
  valueState,
} from '../../src/index.js'
import { inlineRunBuilder } from '../../src/run/run-builder.js'
import { runJob } from '../../src/runtime/run-job.js'
import { type ManualClock, manualClock } from '../../src/testing/manual-clock.js'

const state = { last: valueState<string>(), seen: listState<string>() }

/** Which times of an embedded store are moved to, and how timers for them are made. */
const DOMAINS = ['event', 'processing'] as const

/** A store whose timers tell what they see: key, time, and what the timers of their key before them left. */
async function play(domain: 'event' | 'processing') {
  const clock = manualClock()
  const fired: string[] = []
  const hooks: { onTimer?: (time: number) => void } = {}
  const store = await openState({
    name: 'play',
    checkpoints: memoryStorage(),
    state,
    clock,
    onTimer: ({ time }, { last, seen }, { key }) => {
      fired.push(`${key} ${time} after ${last.value()}`)
      last.update(`${key} ${time}`)
      seen.add(`${time}`)
      hooks.onTimer?.(time)
    },
  })
  const event = domain === 'event'
  const register = (key: string, ...times: number[]): void => {
    store.setCurrentKey(key)
    for (const time of times) {
      if (event) store.timers.registerEventTimeTimer(time)
      else store.timers.registerProcessingTimeTimer(time)
    }
  }
  const remove = (key: string, time: number): void => {
    store.setCurrentKey(key)
    if (event) store.timers.deleteEventTimeTimer(time)
    else store.timers.deleteProcessingTimeTimer(time)
  }
  /** Moves time on; what has fired by then and was not told yet. */
  const moveTo = async (time: number): Promise<string[]> => {
    if (event) store.advanceWatermark(time)
    else {
      await clock.advance(time - clock.now())
      store.advanceTime()
    }
    return fired.splice(0)
  }
  return { store, hooks, register, remove, moveTo }
}

describe.each(DOMAINS)('a timer of %s time', (domain) => {
  it('fires with its own key current, and the states of that key, whatever key was current before', async () => {
    const { store, register, moveTo } = await play(domain)
    for (const key of ['a', 'b', 'c']) {
      register(key, 10)
      store.state.last.update(`set by ${key}`)
    }
    store.setCurrentKey('bystander')
    expect((await moveTo(10)).toSorted()).toEqual(
      ['a', 'b', 'c'].map((key) => `${key} 10 after set by ${key}`),
    )
    store.setCurrentKey('bystander')
    expect(store.state.last.value()).toBeUndefined()
    for (const key of ['a', 'b', 'c']) {
      store.setCurrentKey(key)
      expect([...store.state.seen.get()]).toEqual(['10'])
    }
  })

  it('fires after the others of its key that are due before it, and sees what they did', async () => {
    const { register, moveTo } = await play(domain)
    register('k', 30, 10, 40, 20)
    expect(await moveTo(30)).toEqual(['k 10 after undefined', 'k 20 after k 10', 'k 30 after k 20'])
    expect(await moveTo(99)).toEqual(['k 40 after k 30'])
  })

  it('that was deleted does not fire, but those of other keys, other times and registered anew do', async () => {
    const { register, remove, moveTo } = await play(domain)
    register('a', 10, 20, 30)
    register('b', 10)
    remove('a', 10)
    remove('a', 30)
    remove('b', 20)
    register('a', 30)
    expect((await moveTo(10)).map((one) => one.slice(0, 4))).toEqual(['b 10'])
    expect((await moveTo(99)).map((one) => one.slice(0, 4))).toEqual(['a 20', 'a 30'])
    remove('a', 30)
    expect(await moveTo(100)).toEqual([])
  })

  it('does not fire while time moves and has not reached it, nor again when it has passed', async () => {
    const { register, moveTo } = await play(domain)
    expect(await moveTo(4)).toEqual([])
    register('k', 10)
    expect(await moveTo(9)).toEqual([])
    expect(await moveTo(10)).toHaveLength(1)
    expect(await moveTo(10)).toEqual([])
    expect(await moveTo(11)).toEqual([])
  })

  it('that is due and deleted by one before it does not fire; one registered for now does', async () => {
    const { store, hooks, register, moveTo } = await play(domain)
    const { timers } = store
    const event = domain === 'event'
    hooks.onTimer = (time) => {
      if (time !== 10) return
      if (event) timers.deleteEventTimeTimer(20)
      else timers.deleteProcessingTimeTimer(20)
      if (event) timers.registerEventTimeTimer(5)
      else timers.registerProcessingTimeTimer(5)
    }
    register('k', 10, 20, 30)
    expect((await moveTo(30)).map((one) => one.slice(2, 4).trim())).toEqual(['10', '5', '30'])
  })
})

describe('the timer service', () => {
  it('tells watermark and processing time as they are, neither ever going back', async () => {
    let now = 500
    const clock: Clock = { ...systemClock, now: () => now }
    const checkpoints = memoryStorage()
    const onTimer = (): void => undefined
    await using store = await openState({ name: 'times', checkpoints, state, clock, onTimer })
    const times = (): number[] => [
      store.timers.currentWatermark(),
      store.timers.currentProcessingTime(),
    ]
    expect(times()).toEqual([Number.NEGATIVE_INFINITY, 500])
    store.advanceWatermark(-7)
    now = 520
    store.advanceTime()
    expect(times()).toEqual([-7, 520])
    store.advanceWatermark(-8)
    now = 510
    store.advanceTime()
    expect(times()).toEqual([-7, 520])
  })
})

/** A source that gives a batch whenever it is told to. */
function pushed(): { source: Source<number>; push(times: readonly number[]): void } {
  const batches: (readonly number[])[] = []
  let wake = (): void => undefined
  const source: Source<number> = {
    name: 'pushed',
    open: async ({ signal }) => {
      let position = 0
      return {
        async read() {
          while (batches.length === 0) {
            await new Promise<void>((resolve) => {
              wake = resolve
              signal.addEventListener('abort', () => resolve())
            })
            signal.throwIfAborted()
          }
          return { records: batches.shift() ?? [], position: ++position }
        },
        async [Symbol.asyncDispose]() {},
      }
    },
  }
  const push = (times: readonly number[]): void => {
    batches.push(times)
    wake()
  }
  return { source, push }
}

/** A job that waits for processing-time timers, on a clock that tells until when it sleeps for them. */
function waiting(again?: (time: number) => readonly number[]) {
  const clock = manualClock()
  const wakeUps: number[] = []
  const fired: number[] = []
  const watched: ManualClock = {
    now: () => clock.now(),
    monotonic: () => clock.monotonic(),
    turn: () => clock.turn(),
    advance: (ms) => clock.advance(ms),
    get sleepers() {
      return clock.sleepers
    },
    async sleep(ms, signal) {
      const until = clock.now() + ms
      wakeUps.push(until)
      await clock.sleep(ms, signal).finally(() => wakeUps.splice(wakeUps.indexOf(until), 1))
    },
  }
  const { source, push } = pushed()
  const declared = job('waiting')
    .from(source)
    .keyBy((time) => time)
    .process<Record<never, never>, never>('wait', {
      state: {},
      onRecord: (time, _, { timers }) => timers.registerProcessingTimeTimer(time),
      onTimer({ time }, _, { timers }) {
        fired.push(time)
        for (const one of again?.(time) ?? []) timers.registerProcessingTimeTimer(one)
      },
    })
    .to(collect())
  const components = { backend: memoryBackend(), storage: memoryStorage() }
  const options = { clock: watched, builder: inlineRunBuilder(), interval: '1h' } as const
  const running = runJob(declared, components, options)
  /** Lets the job go to sleep; until when it sleeps for timers, in ms. */
  const settle = async (): Promise<readonly number[]> => {
    for (let turn = 0; turn < 30; turn++) await clock.turn()
    return wakeUps.filter((until) => until < 1_000_000)
  }
  const end = async (): Promise<void> => {
    running.stop()
    await running.done
  }
  return { clock, push, settle, fired, end }
}

describe('a job that waits for timers', () => {
  it('sleeps until the earliest of them only, then until the next, and not at all when all have fired', async () => {
    const { clock, push, settle, fired, end } = waiting()
    expect(await settle()).toEqual([])
    push([300, 100, 200, 100])
    expect(await settle()).toEqual([100])
    await clock.advance(100)
    expect(await settle()).toEqual([200])
    await clock.advance(150)
    expect(await settle()).toEqual([300])
    await clock.advance(50)
    expect(await settle()).toEqual([])
    expect(fired).toEqual([100, 200, 300])
    await end()
    expect(clock.sleepers).toBe(0)
  })

  it('is woken earlier for an earlier timer that comes in, and no later for a later one', async () => {
    const { clock, push, settle, fired, end } = waiting()
    push([500])
    expect(await settle()).toEqual([500])
    push([200])
    expect(await settle()).toEqual([200])
    push([900])
    expect(await settle()).toEqual([200])
    await clock.advance(200)
    expect(await settle()).toEqual([500])
    expect(fired).toEqual([200])
    await end()
  })

  it('has one wake-up, however many timers are registered while others fire', async () => {
    const { clock, push, settle, fired, end } = waiting((time) =>
      time < 500 ? [time + 10, time + 1000] : [],
    )
    push([10])
    await settle()
    for (let now = 10; now < 60; now += 10) {
      await clock.advance(10)
      expect(await settle()).toEqual([now + 10])
      expect(fired.at(-1)).toBe(now)
    }
    expect(fired).toEqual([10, 20, 30, 40, 50])
    await end()
    expect(clock.sleepers).toBe(0)
  })
})
