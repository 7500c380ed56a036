import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { memoryBackend } from '../backend/memory/memory-backend.js'
import { type Clock, systemClock } from '../base/clock.js'
import { valueState } from '../state/descriptor.js'
import { KeyedHarness } from '../testing/keyed-harness.js'
import { manualClock } from '../testing/manual-clock.js'
import { expires, sweepUntil } from './sweeper.js'

describe('the sweeper', () => {
  it('removes what has expired while nothing is accessed, until it is told to stop', async () => {
    const states = {
      value: valueState<number>({ ttl: { time: '1s' } }),
      plain: valueState<number>(),
    }
    expect(expires(states)).toBe(true)
    expect(expires({ plain: states.plain })).toBe(false)
    await using h = await KeyedHarness.open({ backend: memoryBackend(), states })
    for (let key = 0; key < 10; key++) h.use(`key ${key}`).value.update(key)
    await h.checkpoint()
    const clock = manualClock()
    const stopping = new AbortController()
    const tick = (): void => {
      h.clock.now = clock.now()
    }
    const done = sweepUntil({ clock, backends: h.backends, tick }, stopping.signal)
    expect(h.dirty).toBe(false)
    h.clock.now = -Infinity
    await advance(clock, 5000)
    expect((await h.checkpoint()).rows).toEqual({ value: [0, 10, 0, 0] })
    h.use('new').value.update(1)
    await h.checkpoint()
    stopping.abort()
    await done
    await advance(clock, 60_000)
    expect(h.dirty).toBe(false)
  })

  it('is nothing that a process lives on for', async () => {
    const held: (boolean | undefined)[] = []
    const clock: Clock = {
      ...systemClock,
      sleep: async (_ms, signal, holds) => {
        held.push(holds)
        if (held.length === 3) stopping.abort()
        signal?.throwIfAborted()
      },
    }
    const stopping = new AbortController()
    await sweepUntil({ clock, backends: [], tick: () => undefined }, stopping.signal)
    expect(held).toEqual([false, false, false])
  })

  it('passes on what a backend throws', async () => {
    const clock = manualClock()
    const broken = {
      sweep: () => {
        throw new Error('broken')
      },
    }
    const done = sweepUntil(
      { clock, backends: [broken as never], tick: () => undefined },
      new AbortController().signal,
    )
    const failed = expect(done).rejects.toThrow('broken')
    await advance(clock, 5000)
    await failed
  })
})

async function advance(clock: ReturnType<typeof manualClock>, ms: number): Promise<void> {
  await clock.advance(ms)
  await delay(5)
}
