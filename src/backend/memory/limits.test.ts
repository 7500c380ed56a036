/** The bounds of the memory backend, made small: what is full refuses more, and deletions make room. */
import { describe, expect, it, vi } from 'vitest'
import { mapState, valueState } from '../../state/descriptor.js'
import { KeyedHarness } from '../../testing/keyed-harness.js'
import { memoryBackend } from './memory-backend.js'

const MAX = 10
const STATES = { value: valueState<number>(), map: mapState<number, number>() }

vi.mock('../../base/limits.js', async (original) => {
  const { LIMITS } = await original<typeof import('../../base/limits.js')>()
  return { LIMITS: { ...LIMITS, shardEntriesMax: 10 } }
})

const FULL = expect.objectContaining({ code: 'LIMIT_EXCEEDED' })

async function open(): Promise<KeyedHarness<typeof STATES>> {
  return KeyedHarness.open({ backend: memoryBackend(), states: STATES, maxParallelism: 1 })
}

describe('a full key group', () => {
  it('refuses another key and changes nothing, while its own keys go on', async () => {
    const h = await open()
    for (let key = 0; key < MAX; key++) {
      h.use(key).value.update(key)
      h.use(key).map.put(key, key)
    }
    expect(() => h.use(MAX).value.update(1)).toThrow(FULL)
    expect(() => h.use(MAX).map.put(1, 1)).toThrow(FULL)
    h.use(3).value.update(33)
    h.use(3).map.clear()
    h.use(3).map.put(3, 33)
    const contents = h.contents()
    expect([...contents.keys()]).toEqual(Array.from({ length: MAX }, (_, key) => key))
    await h.checkpoint()
    await h.restore()
    expect(h.contents()).toEqual(contents)
  })

  it('has room again when deletions are committed, however they were made, round after round', async () => {
    const h = await open()
    for (let round = 0; round < 5; round++) {
      const keys = Array.from({ length: MAX }, (_, key) => round * MAX + key)
      for (const key of keys) {
        h.use(key).value.update(key)
        h.use(key).map.put(key, key)
      }
      if (round % 2 === 0) await h.checkpoint()
      for (const key of keys) {
        h.use(key).value.clear()
        if (key % 2 === 0) h.use(key).map.clear()
        else h.use(key).map.remove(key)
      }
      h.beginSnapshot().abandon()
      expect(() => h.use(-1).value.update(1)).toThrow(FULL)
      expect(() => h.use(-1).map.put(1, 1)).toThrow(FULL)
      await h.checkpoint()
    }
    h.use(-1).value.update(1)
    expect([...h.contents().keys()]).toEqual([-1])
  })
})

describe('a full map', () => {
  it('refuses another entry and changes nothing; a committed removal makes room', async () => {
    const h = await open()
    for (let i = 0; i < MAX; i++) h.use(1).map.put(i, i)
    expect(() => h.use(1).map.put(MAX, 1)).toThrow(FULL)
    h.use(1).map.put(3, 33)
    h.use(1).map.remove(4)
    expect(() => h.use(1).map.put(MAX, 1)).toThrow(FULL)
    await h.checkpoint()
    h.use(1).map.put(MAX, 1)
    expect([...h.use(1).map.entries()].length).toBe(MAX)
    h.use(1).map.clear()
    for (let i = 0; i < MAX; i++) h.use(1).map.put(-i, i)
    expect([...h.use(1).map.entries()].length).toBe(MAX)
  })
})
