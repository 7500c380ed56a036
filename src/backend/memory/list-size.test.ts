/** The bound of a list, made small. */
import { describe, expect, it, vi } from 'vitest'
import { listState } from '../../state/descriptor.js'
import { KeyedHarness } from '../../testing/keyed-harness.js'
import { memoryBackend } from './memory-backend.js'

const MAX = 200_000
const STATES = { list: listState<string>() }
const ELEMENT = 'x'.repeat(999)

vi.mock('../../base/limits.js', async (original) => {
  const { LIMITS } = await original<typeof import('../../base/limits.js')>()
  return { LIMITS: { ...LIMITS, valueBytesMax: 200_000 } }
})

const FULL = expect.objectContaining({
  code: 'LIMIT_EXCEEDED',
  message: expect.stringContaining('state "list" of operator "operator", key "k": the list has'),
})

function open(): Promise<KeyedHarness<typeof STATES>> {
  return KeyedHarness.open({ backend: memoryBackend(), states: STATES, maxParallelism: 1 })
}

/** Adds one; whether it was taken. */
function add(h: KeyedHarness<typeof STATES>): boolean {
  try {
    h.use('k').list.add(ELEMENT)
    return true
  } catch (error) {
    expect(error).toEqual(FULL)
    return false
  }
}

/** Adds until it is refused, eleven elements from one checkpoint to the next; how many were added. */
async function fill(h: KeyedHarness<typeof STATES>): Promise<number> {
  for (let round = 0; round < 100; round++) {
    for (let i = 0; i < 10; i++) if (!add(h)) return h.use('k').list.get().length
    if (round % 3 === 0) h.beginSnapshot().abandon()
    const snapshot = h.beginSnapshot()
    // Written when the next epoch has begun already.
    add(h)
    await snapshot.commit()
  }
  return Number.NaN
}

describe('a list over many checkpoints', () => {
  it('is refused more elements when what runs hold of it fills it, and nothing of it is lost', async () => {
    const h = await open()
    const added = await fill(h)
    // A kilobyte each, and what came after the last barrier.
    expect(added).toBeGreaterThan(MAX / 1010)
    expect(added).toBeLessThan(MAX / 1000 + 25)
    const before = h.use('k').list.get()
    expect(() => h.use('k').list.addAll([ELEMENT])).toThrow(FULL)
    expect(h.use('k').list.get()).toEqual(before)
    await h.checkpoint()
    await h.restore()
    expect(h.use('k').list.get()).toHaveLength(added)
    expect(() => h.use('k').list.add(ELEMENT)).toThrow(FULL)
    h.use('other').list.add(ELEMENT)
  })

  it('has room again when it was cut back', async () => {
    const h = await open()
    await fill(h)
    h.use('k').list.update([ELEMENT])
    await h.checkpoint()
    h.use('k').list.add(ELEMENT)
    await h.restore()
    expect(h.use('k').list.get()).toEqual([ELEMENT])
    h.use('k').list.clear()
    h.use('k').list.add(ELEMENT)
    expect(h.use('k').list.get()).toEqual([ELEMENT])
  })
})
