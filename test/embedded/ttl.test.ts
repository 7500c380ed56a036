import { describe, expect, it } from 'vitest'
import { listState, memoryBackend, memoryStorage, openState, valueState } from '../../src/index.js'
import { type ManualClock, manualClock } from '../../src/testing/manual-clock.js'
import { newestRows } from '../recovery/ttl-job.js'

const state = {
  session: valueState<string>({ ttl: { time: '1s' } }),
  plain: valueState<string>(),
}

const settled = async (clock: ManualClock): Promise<void> => {
  for (let turn = 0; turn < 20; turn++) await clock.turn()
}

describe('a time to live in embedded state', () => {
  it('is up in the background too, while the loop waits for its next batch', async () => {
    const clock = manualClock({ startMs: 1000 })
    const checkpoints = memoryStorage()
    const store = await openState({ name: 'sessions', checkpoints, state, clock })
    for (let i = 0; i < 100; i++) {
      store.setCurrentKey(`k${i}`)
      store.state.session.update('on')
      if (i % 2 === 0) store.state.plain.update('stays')
    }
    await store.checkpoint()
    expect([...store.keys()]).toHaveLength(100)
    await clock.advance(5000)
    await settled(clock)
    expect([...store.keys()]).toHaveLength(50)
    await store.checkpoint()
    expect(await newestRows(checkpoints)).toEqual({ session: [0, 100, 0, 0] })
    await store[Symbol.asyncDispose]()
    expect(clock.sleepers).toBe(0)
  })

  it('does not end within a batch, however long the loop waits in its middle', async () => {
    const clock = manualClock({ startMs: 1000 })
    await using store = await openState({
      name: 'sessions',
      checkpoints: memoryStorage(),
      state,
      clock,
    })
    store.setCurrentKey('k')
    store.state.session.update('on')
    await clock.advance(60_000)
    await settled(clock)
    expect(store.state.session.value()).toBe('on')
    store.position = 1
    store.setCurrentKey('k')
    expect(store.state.session.value()).toBe(undefined)
    store.position = 2
  })

  it('does not come back at the end of the input', async () => {
    const checkpoints = memoryStorage()
    const open = () =>
      openState({
        name: 'seen',
        checkpoints,
        state: { times: listState<number>({ ttl: { time: 100, clock: 'event' } }) },
        clock: manualClock(),
        onTimer: ({ time }, { times }) => times.add(time),
      })
    let store = await open()
    store.setCurrentKey('k')
    for (const time of [0, 90, 91]) store.timers.registerEventTimeTimer(time)
    store.advanceWatermark(100)
    store.setCurrentKey('k')
    expect(store.state.times.get()).toEqual([90, 91])
    store.advanceWatermark(Number.POSITIVE_INFINITY)
    store.position = 1
    await store[Symbol.asyncDispose]()
    store = await open()
    store.setCurrentKey('k')
    expect(store.state.times.get()).toEqual([90, 91])
    expect(store.timers.currentWatermark()).toBe(100)
    store.position = 2
    await store[Symbol.asyncDispose]()
  })

  it('that cannot be kept up fails the store at its next use, or when it is closed', async () => {
    const broken = async () => {
      const clock = manualClock()
      const inner = memoryBackend()
      const backend: typeof inner = {
        ...inner,
        async open(context) {
          const opened = await inner.open(context)
          opened.sweep = () => {
            throw new Error('broken')
          }
          return opened
        },
      }
      const checkpoints = memoryStorage()
      const store = await openState({ name: 'sessions', checkpoints, backend, state, clock })
      await clock.advance(5000)
      await settled(clock)
      return store
    }
    const used = await broken()
    expect(() => used.setCurrentKey('k')).toThrow('broken')
    await used[Symbol.asyncDispose]()
    const unused = await broken()
    await expect(unused[Symbol.asyncDispose]()).rejects.toThrow('broken')
  })
})
