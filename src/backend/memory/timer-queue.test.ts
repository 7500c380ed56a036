import { describe, expect, it } from 'vitest'
import { KeyContext } from './key-context.js'
import { HeapTimerQueue } from './timer-queue.js'

describe('a queue of timers on the heap', () => {
  it('refuses a timer more than fits and is as it was; what has fired makes room', () => {
    const context = new KeyContext()
    const queue = new HeapTimerQueue({ operator: 'o', state: 's' }, context, 100)
    context.set('k', 0, 'string')
    for (let time = 0; time < 100; time++) expect(queue.add(time, undefined)).toBe(true)
    for (const time of [100, 101]) {
      expect(() => queue.add(time, undefined)).toThrow(/100 timers/)
      expect(queue.remove(time, undefined)).toBe(false)
    }
    expect(queue.add(50, undefined)).toBe(false)
    expect(queue.size).toBe(100)
    expect(queue.poll(0)?.time).toBe(0)
    expect(queue.add(100, undefined)).toBe(true)
    expect(Array.from({ length: 101 }, () => queue.poll(1000)?.time)).toEqual([
      ...Array.from({ length: 100 }, (_, i) => i + 1),
      undefined,
    ])
  })
})
