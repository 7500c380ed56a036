import { describe, expect, it } from 'vitest'
import { mapState } from '../../state/descriptor.js'
import { backendSuite } from '../../testing/backend-suite.js'
import { KeyedHarness } from '../../testing/keyed-harness.js'
import { memoryBackend } from './memory-backend.js'

backendSuite({ runner: { describe, it }, name: 'the memory backend', backend: memoryBackend })

describe('a snapshot of the memory backend', () => {
  it('asks for a pause also while it passes over the entries of a cleared map', async () => {
    const harness = await KeyedHarness.open({
      backend: memoryBackend(),
      states: { map: mapState<number, number>() },
    })
    const { map } = harness.use('k')
    for (let i = 0; i < 500; i++) map.put(i, i)
    map.clear()
    const snapshot = harness.beginSnapshot()
    let pauses = 0
    while (!snapshot.write()) pauses++
    expect(pauses).toBeGreaterThanOrEqual(500)
    expect((await snapshot.commit()).rows).toEqual({ map: [0, 0, 0, 1] })
  })
})
