import { describe, expect, it } from 'vitest'
import { memoryStorage, openState, valueState } from '../../src/index.js'
import { manualClock } from '../../src/testing/manual-clock.js'

const state = { count: valueState<number>() }

describe('timers of embedded state', () => {
  it('fire when the loop says how far time is, are kept with the state, and fire once', async () => {
    const checkpoints = memoryStorage()
    const clock = manualClock({ startMs: 1000 })
    const fired: string[] = []
    const open = () =>
      openState({
        name: 'reminders',
        checkpoints,
        state,
        clock,
        onTimer: ({ time, domain }, { count }, { key }) => {
          fired.push(`${domain} ${time} ${key} ${count.value()}`)
          if (time === 20) store.timers.registerEventTimeTimer(15)
        },
      })
    let store = await open()
    for (const key of ['a', 'b']) {
      store.setCurrentKey(key)
      store.state.count.update(7)
      store.timers.registerEventTimeTimer(20)
      store.timers.registerEventTimeTimer(90)
      store.timers.registerProcessingTimeTimer(5000)
    }
    store.timers.deleteEventTimeTimer(90)
    store.advanceWatermark(19)
    store.advanceTime()
    expect(fired).toEqual([])
    store.position = 1
    await store[Symbol.asyncDispose]()

    store = await open()
    expect(store.timers.currentWatermark()).toBe(19)
    store.advanceWatermark(10)
    expect(store.timers.currentWatermark()).toBe(19)
    store.advanceWatermark(20)
    expect(fired.toSorted()).toEqual(
      ['a', 'b'].flatMap((key) => [`event 15 ${key} 7`, `event 20 ${key} 7`]).sort(),
    )
    await clock.advance(4000)
    store.advanceTime()
    expect(fired.slice(4).toSorted()).toEqual(['processing 5000 a 7', 'processing 5000 b 7'])
    store.advanceWatermark(Number.POSITIVE_INFINITY)
    expect(fired.slice(6)).toEqual(['event 90 a 7'])
    await store[Symbol.asyncDispose]()

    store = await open()
    store.advanceWatermark(Number.POSITIVE_INFINITY)
    store.advanceTime()
    expect(fired).toHaveLength(7)
    await store[Symbol.asyncDispose]()
  })

  it('are refused without onTimer, and at times that are none', async () => {
    await using bare = await openState({ name: 'bare', checkpoints: memoryStorage(), state })
    bare.setCurrentKey('k')
    expect(() => bare.timers.registerEventTimeTimer(1)).toThrow(/"bare".*onTimer/)
    bare.advanceWatermark(5)
    bare.advanceTime()
    expect(() => bare.advanceWatermark(Number.NaN)).toThrow(/NaN cannot be a watermark/)
    expect(() => bare.advanceWatermark(0.5)).toThrow(/0.5/)
    expect(bare.timers.currentWatermark()).toBe(5)
  })

  it('that throw leave the store without a last checkpoint, so that they fire again', async () => {
    const checkpoints = memoryStorage()
    let fail = true
    let fired = 0
    const open = () =>
      openState({
        name: 'failing',
        checkpoints,
        state,
        onTimer: (_, { count }) => {
          count.update((count.value() ?? 0) + 1)
          if (fail) throw new Error('on purpose')
          fired++
        },
      })
    const first = await open()
    first.setCurrentKey('k')
    first.timers.registerEventTimeTimer(1)
    first.position = 1
    await first.checkpoint()
    expect(() => first.advanceWatermark(1)).toThrow('on purpose')
    await first[Symbol.asyncDispose]()
    fail = false
    await using again = await open()
    again.advanceWatermark(1)
    again.setCurrentKey('k')
    expect([fired, again.state.count.value()]).toEqual([1, 1])
  })
})
