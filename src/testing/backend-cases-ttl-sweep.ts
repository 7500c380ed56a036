/** The state backend contract, part: what has expired goes in the background, without being accessed. */
import { deepEqual, equal } from 'node:assert/strict'
import type { StateDescriptors } from '../state/descriptor.js'
import type { BackendCase } from './backend-context.js'
import type { KeyedHarness } from './keyed-harness.js'
import { openTtl, showsAll, VALUE, writeAll } from './ttl-kinds.js'

const ALWAYS = (): boolean => true

/** `sweep`. */
export const ttlSweepCases: readonly BackendCase[] = [
  {
    id: 'ttl-background',
    title:
      'expired state is removed in the background, without being accessed, and nothing else is',
    async run(context) {
      const { at, h, here } = await openTtl(context)
      at(0)
      for (let key = 0; key < 40; key++) writeAll(h, `old ${key}`, 1)
      at(50)
      for (let key = 0; key < 10; key++) writeAll(h, `new ${key}`, 2)
      h.use('k').other.update('for good')
      await here()
      await h.checkpoint()
      at(99)
      sweep(h)
      equal(h.dirty, false)
      at(100)
      sweep(h)
      const { rows } = await h.checkpoint()
      const gone = [0, 40, 0, 0]
      deepEqual(rows, { value: gone, list: gone, map: gone, reducing: gone, aggregating: gone })
      await here()
      for (let key = 0; key < 10; key++) showsAll(h, `new ${key}`, 2)
      equal(h.keys().length, 11)
      sweep(h)
      equal(h.dirty, false)
    },
  },
  {
    id: 'ttl-background-parts',
    title: 'of lists and maps the expired elements and entries are removed, the rest stays',
    async run(context) {
      const { at, h, here, k } = await openTtl(context)
      for (const entry of ['a', 'b', 'c']) {
        at(0).map.put(entry, 1)
        k().list.add(entry)
      }
      at(50).map.put('d', 1)
      k().list.add('d')
      await here()
      await h.checkpoint()
      at(100)
      sweep(h)
      // One list is written anew, three entries are deleted.
      deepEqual((await h.checkpoint()).rows, { list: [1, 0, 0, 0], map: [0, 3, 0, 0] })
      await here()
      deepEqual(k().list.get(), ['d'])
      deepEqual([...k().map.entries()], [['d', 1]])
    },
  },
  {
    id: 'ttl-background-snapshot',
    title:
      'background removal goes on while a snapshot is written and takes nothing out of it that lived at the barrier',
    async run(context) {
      for (const committed of [true, false]) {
        const { at, h } = await openTtl(context)
        at(0)
        writeAll(h, 'a', 1)
        at(20)
        writeAll(h, 'b', 2)
        const snapshot = h.beginSnapshot()
        snapshot.write()
        at(119)
        sweep(h)
        if (committed) await snapshot.commit()
        else snapshot.abandon()
        const atBarrier = h.checkpointed
        showsAll(h, 'a')
        showsAll(h, 'b', 2)
        await h.checkpoint()
        await context.here(h)
        showsAll(h, 'a')
        showsAll(h, 'b', 2)
        if (!committed) continue
        await h.restoreTo(atBarrier)
        at(60)
        showsAll(h, 'a', 1)
        showsAll(h, 'b', 2)
      }
    },
  },
  {
    id: 'ttl-background-changes',
    title: 'state may be changed, cleared and added between two slices; the current key stays',
    async run(context) {
      const { at, h, here, k } = await openTtl(context)
      at(0)
      for (let key = 0; key < 20; key++) writeAll(h, `key ${key}`, 1)
      await here()
      at(100)
      const rounds = h.backends.map(() => false)
      for (let step = 0; rounds.includes(false); step++) {
        h.backends.forEach((one, i) => {
          rounds[i] ||= one.sweep(ALWAYS)
        })
        const states = k()
        VALUE.write(states, step)
        equal(states.value.value(), step)
        if (step >= 20) continue
        for (const state of Object.values(h.use(`key ${step}`))) state.clear()
        if (step % 2 === 0) writeAll(h, `key ${step}`, 2)
      }
      sweep(h)
      await here()
      for (let key = 0; key < 20; key++) showsAll(h, `key ${key}`, ...(key % 2 === 0 ? [2] : []))
    },
  },
  {
    id: 'ttl-background-none',
    title: 'without a time to live there is nothing to remove, and a round is over at once',
    async run({ h, here }) {
      h.use('k').value.update(1)
      await here()
      h.clock.now = 1e15
      for (const backend of h.backends) equal(backend.sweep(ALWAYS), true)
      equal(h.use('k').value.value(), 1)
    },
  },
]

/** A whole round, in the smallest slices. */
function sweep<D extends StateDescriptors>(h: KeyedHarness<D>): void {
  for (const backend of h.backends) while (!backend.sweep(ALWAYS));
}
