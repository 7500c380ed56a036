import { describe, expect, it } from 'vitest'
import { type ManualClock, manualClock } from './manual-clock.js'

/** Sleeps and notes when it woke. */
function sleeper(clock: ManualClock, woken: string[]) {
  return (ms: number, signal?: AbortSignal) =>
    clock.sleep(ms, signal).then(() => void woken.push(`${ms} at ${clock.now()}`))
}

async function turns(clock: ManualClock): Promise<void> {
  for (let n = 0; n < 10; n++) await clock.turn()
}

describe('manualClock', () => {
  it('stands still until it is moved, and shows one time', async () => {
    const clock = manualClock({ startMs: 100 })
    await turns(clock)
    expect([clock.now(), clock.monotonic()]).toEqual([100, 100])
    await clock.advance(5)
    expect([clock.now(), clock.monotonic()]).toEqual([105, 105])
    expect(manualClock().now()).toBe(0)
    await expect(clock.advance(-1)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  })

  it('wakes sleepers in the order of their deadlines, at their deadlines, not before', async () => {
    const clock = manualClock()
    const woken: string[] = []
    const sleep = sleeper(clock, woken)
    const all = [30, 10, 20, 10].map((ms) => sleep(ms))
    await turns(clock)
    expect(woken).toEqual([])
    await clock.advance(19)
    expect(woken).toEqual(['10 at 10', '10 at 10'])
    expect(clock.sleepers).toBe(2)
    await clock.advance(100)
    await Promise.all(all)
    expect(woken.slice(2)).toEqual(['20 at 20', '30 at 30'])
    expect(clock.now()).toBe(119)
  })

  it('wakes within one move who goes to sleep again meanwhile', async () => {
    const clock = manualClock()
    const times: number[] = []
    const ticking = (async () => {
      for (let n = 0; n < 3; n++) {
        await clock.sleep(10)
        times.push(clock.now())
      }
    })()
    await clock.advance(35)
    await ticking
    expect(times).toEqual([10, 20, 30])
  })

  it('ends a sleep that is aborted with the reason, and never wakes it', async () => {
    const clock = manualClock()
    const reason = new Error('enough')
    const abort = new AbortController()
    const sleeping = clock.sleep(10, abort.signal)
    abort.abort(reason)
    await expect(sleeping).rejects.toBe(reason)
    expect(clock.sleepers).toBe(0)
    await expect(clock.sleep(10, abort.signal)).rejects.toBe(reason)
  })

  it('passes by itself sleeps that are short enough, and no others', async () => {
    const clock = manualClock({ autoAdvance: 50 })
    const woken: string[] = []
    const sleep = sleeper(clock, woken)
    const long = sleep(60)
    await sleep(50)
    expect([clock.now(), clock.sleepers]).toEqual([50, 1])
    await sleep(5)
    await turns(clock)
    expect(woken).toEqual(['50 at 50', '5 at 55'])
    await sleep(5)
    await long
    expect(clock.now()).toBe(60)
  })

  it('does not move for a sleep that was aborted', async () => {
    const clock = manualClock({ autoAdvance: true })
    const abort = new AbortController()
    const sleeping = clock.sleep(1000, abort.signal).catch(() => 'aborted')
    abort.abort()
    expect(await sleeping).toBe('aborted')
    await turns(clock)
    expect(clock.now()).toBe(0)
    await clock.sleep(0)
    expect(clock.now()).toBe(0)
    await clock.sleep(1000)
    expect(clock.now()).toBe(1000)
  })
})
