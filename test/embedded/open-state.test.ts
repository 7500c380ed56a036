import { describe, expect, it } from 'vitest'
import {
  type CheckpointStorage,
  listState,
  memoryStorage,
  openState,
  type StateStore,
  valueState,
} from '../../src/index.js'

const state = { total: valueState<number>(), seen: listState<number>() }
type Store = StateStore<typeof state>

/** A queue of messages: key and amount, in batches of 10. */
const messages = Array.from({ length: 200 }, (_, i) => ({ key: `k${i % 7}`, amount: i }))
const BATCH = 10

const open = (checkpoints: CheckpointStorage): Promise<Store> =>
  openState({ name: 'orders', checkpoints, interval: 1, state })

/** Consumes until the end, or throws just before message `crashAt`. */
async function consume(store: Store, crashAt = Number.POSITIVE_INFINITY): Promise<void> {
  const start = store.position === undefined ? 0 : Number(store.position)
  for (let at = start; at < messages.length; at += BATCH) {
    const batch = messages.slice(at, at + BATCH)
    await store.prefetch(batch.map((message) => message.key))
    for (const [i, { key, amount }] of batch.entries()) {
      if (at + i === crashAt) throw new Error('crash')
      store.setCurrentKey(key)
      store.state.total.update((store.state.total.value() ?? 0) + amount)
      store.state.seen.add(amount)
    }
    store.position = at + BATCH
    await new Promise((resolve) => setImmediate(resolve))
  }
}

function expectAll(store: Store): void {
  for (let k = 0; k < 7; k++) {
    const amounts = messages.filter(({ key }) => key === `k${k}`).map(({ amount }) => amount)
    store.setCurrentKey(`k${k}`)
    expect(store.state.total.value()).toBe(amounts.reduce((a, b) => a + b))
    expect(store.state.seen.get()).toEqual(amounts)
  }
}

describe('embedded state', () => {
  it('counts every message once, wherever the loop is left and opened again', async () => {
    const checkpoints = memoryStorage()
    for (const crashAt of [0, 3, 57, 58, 120, 199]) {
      const store = await open(checkpoints)
      await expect(consume(store, crashAt)).rejects.toThrow('crash')
      await store[Symbol.asyncDispose]()
    }
    const store = await open(checkpoints)
    await consume(store)
    await store[Symbol.asyncDispose]()
    const again = await open(checkpoints)
    expect(again.position).toBe(messages.length)
    expectAll(again)
    await again[Symbol.asyncDispose]()
  })

  it('is fenced by a second process of the same name', async () => {
    const checkpoints = memoryStorage()
    const first = await open(checkpoints)
    const second = await open(checkpoints)
    first.setCurrentKey('k')
    first.state.total.update(1)
    await expect(first.checkpoint()).rejects.toMatchObject({ code: 'FENCED' })
    second.setCurrentKey('k')
    expect(second.state.total.value()).toBeUndefined()
    await second.checkpoint()
    await second[Symbol.asyncDispose]()
  })

  it('says when it is closed that a checkpoint in the background has failed, once', async () => {
    const checkpoints = memoryStorage()
    const first = await open(checkpoints)
    const second = await open(checkpoints)
    first.setCurrentKey('k')
    first.state.total.update(1)
    await new Promise((resolve) => setTimeout(resolve, 5))
    first.position = 1
    await expect(first[Symbol.asyncDispose]()).rejects.toMatchObject({ code: 'FENCED' })
    await first[Symbol.asyncDispose]()
    await second[Symbol.asyncDispose]()
  })

  it('refuses state of another kind before it takes over', async () => {
    const checkpoints = memoryStorage()
    const first = await open(checkpoints)
    first.setCurrentKey('k')
    first.state.total.update(1)
    await first.checkpoint()
    const wrong = { total: listState<number>() }
    await expect(openState({ name: 'orders', checkpoints, state: wrong })).rejects.toMatchObject({
      code: 'INCOMPATIBLE_STATE',
    })
    const typed = openState({ name: 'orders', checkpoints, state, keyType: 'long' })
    await expect(typed).rejects.toMatchObject({ code: 'INCOMPATIBLE_STATE' })
    await first.checkpoint()
    await first[Symbol.asyncDispose]()
    await expect(first.checkpoint()).rejects.toMatchObject({ code: 'INVALID_STATE' })
  })
})
