import { describe, expect, it } from 'vitest'
import { systemClock } from './clock.js'

/** How many timers the process stays alive for. */
const timers = (): number =>
  process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length

describe("the machine's clock", () => {
  it.each([
    [true, 1],
    [undefined, 1],
    [false, 0],
  ])('holds the process for a sleep, or not, as it is told: %s', async (holds, held) => {
    const stop = new AbortController()
    const before = timers()
    const sleeping = systemClock.sleep(60_000, stop.signal, holds)
    expect(timers() - before).toBe(held)
    stop.abort(new Error('enough'))
    await expect(sleeping).rejects.toThrow('enough')
  })
})
