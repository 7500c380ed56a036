import { describe, expect, it } from 'vitest'
import {
  broadcastState,
  type CheckpointStorage,
  memoryStorage,
  openState,
  splitListState,
  unionListState,
  valueState,
} from '../../src/index.js'

const open = (checkpoints: CheckpointStorage) =>
  openState({
    name: 'orders',
    checkpoints,
    state: { total: valueState<number>() },
    operatorState: {
      pending: splitListState<string>(),
      seen: unionListState<number>(),
      rules: broadcastState<string, number>(),
    },
  })

describe('operator state without a job', () => {
  it('is committed together with keyed state and position, and needs no key', async () => {
    const checkpoints = memoryStorage()
    for (let round = 0; round < 3; round++) {
      await using store = await open(checkpoints)
      const { pending, seen, rules } = store.operatorState
      expect(store.position ?? 0).toBe(round)
      expect(pending.get()).toEqual(['a', 'b', 'c'].slice(0, round))
      expect(seen.get()).toEqual([0, 1, 2].slice(0, round))
      expect(rules.get('round')).toBe(round === 0 ? undefined : round - 1)
      pending.add(['a', 'b', 'c'][round] as string)
      seen.add(round)
      rules.put('round', round)
      store.position = round + 1
    }
  })

  it('is not committed ahead of the position when an error leaves the loop', async () => {
    const checkpoints = memoryStorage()
    const loop = async (): Promise<void> => {
      await using store = await open(checkpoints)
      store.operatorState.pending.add('first')
      store.position = 1
      await store.checkpoint()
      store.operatorState.pending.add('half done')
      throw new Error('crash')
    }
    await expect(loop()).rejects.toThrow('crash')
    await using store = await open(checkpoints)
    expect(store.operatorState.pending.get()).toEqual(['first'])
    expect(store.position).toBe(1)
  })

  it('is refused under the name of keyed state, and when it is used after closing', async () => {
    const checkpoints = memoryStorage()
    const twice = openState({
      name: 'orders',
      checkpoints,
      state: { total: valueState<number>() },
      operatorState: { total: splitListState<number>() },
    })
    await expect(twice).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    const store = await open(checkpoints)
    await store[Symbol.asyncDispose]()
    expect(() => store.operatorState.seen.add(1)).toThrow(
      expect.objectContaining({ code: 'INVALID_STATE' }),
    )
  })
})
