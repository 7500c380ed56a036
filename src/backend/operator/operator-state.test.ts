import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { operatorStateSuite } from '../../testing/operator-state-suite.js'
import { memoryBackend } from '../memory/memory-backend.js'
import { redistribute } from './redistribute.js'

operatorStateSuite({
  runner: { describe, it },
  name: 'operator state over the memory backend',
  backend: memoryBackend,
})

describe('elements dealt out anew', () => {
  it('keep their order, evenly, the first subtasks having one more', () => {
    const lists = fc.array(fc.array(fc.nat(), { maxLength: 20 }), { minLength: 1, maxLength: 9 })
    fc.assert(
      fc.property(lists, fc.integer({ min: 1, max: 12 }), (before, parallelism) => {
        const after = redistribute(before, parallelism)
        expect(after.flat()).toEqual(before.flat())
        expect(after).toHaveLength(parallelism)
        const sizes = after.map((list) => list.length)
        expect(sizes).toEqual(sizes.toSorted((a, b) => b - a))
        expect((sizes[0] as number) - (sizes.at(-1) as number)).toBeLessThanOrEqual(1)
      }),
    )
  })
})
