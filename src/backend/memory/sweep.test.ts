import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { valueState } from '../../state/descriptor.js'
import { KeyedHarness } from '../../testing/keyed-harness.js'
import { AGGREGATING, LIST, MAP_ENTRY, VALUE, withTtl } from '../../testing/ttl-kinds.js'
import { memoryBackend } from './memory-backend.js'

const KINDS = [VALUE, LIST, MAP_ENTRY, AGGREGATING]

const step = fc.record({
  after: fc.nat(40),
  key: fc.constantFrom('a', 'b', 'c', 'd'),
  kind: fc.nat(KINDS.length - 1),
  /** Looks of the sweeper before it pauses; none: it does not run. */
  looks: fc.option(fc.nat(12), { nil: undefined }),
  next: fc.constantFrom('write', 'write', 'write', 'add', 'checkpoint', 'restore'),
})

describe('a sweep on the heap', () => {
  it('under any pauses leaves what is read the same as lazy expiry, now and after a restore', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
        const open = () =>
          KeyedHarness.open({ backend: memoryBackend(), states: withTtl(), maxParallelism: 4 })
        await using lazy = await open()
        await using swept = await open()
        for (const [i, { after, key, kind, looks, next }] of steps.entries()) {
          for (const h of [lazy, swept]) h.clock.now += after
          if (looks !== undefined) {
            let looked = 0
            for (const backend of swept.backends) backend.sweep(() => looked++ >= looks)
          }
          for (const h of [lazy, swept]) {
            if (next === 'write') KINDS[kind]?.write(h.use(key), i)
            else if (next === 'add') h.use(key).list.add(i)
            else await h.checkpoint()
            if (next === 'restore') await h.restore(1 + (i % 3))
          }
          expect(swept.keys().sort()).toEqual(lazy.keys().sort())
        }
        expect(swept.contents()).toEqual(lazy.contents())
        for (const h of [lazy, swept]) {
          await h.checkpoint()
          await h.restore()
        }
        expect(swept.contents()).toEqual(lazy.contents())
      }),
      { numRuns: 60 },
    )
  })

  it('frees what has expired', async () => {
    const states = { value: valueState<number>({ ttl: { time: 10 } }) }
    await using h = await KeyedHarness.open({ backend: memoryBackend(), states })
    for (let key = 0; key < 100; key++) h.use(`key ${key}`).value.update(key)
    await h.checkpoint()
    h.clock.now = 10
    let looks = 0
    for (const backend of h.backends) while (!backend.sweep(() => ++looks > 0));
    expect((await h.checkpoint()).rows).toEqual({ value: [0, 100, 0, 0] })
    const before = looks
    for (const backend of h.backends) while (!backend.sweep(() => ++looks > 0));
    expect(looks).toBe(before)
  })
})
