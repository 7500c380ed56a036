/** The state backend contract, part: going through a map's entries, also while it changes. */
import { deepEqual, equal, ok } from 'node:assert/strict'
import type { Key } from '../state/key.js'
import { type BackendCase, type BackendContext, entriesOf } from './backend-context.js'

const COUNT = 20

/** A map may be changed while its entries are gone through. */
export const mapIterationCases: readonly BackendCase[] = [
  {
    id: 'entries-twice',
    title: 'entries can be gone through again, and twice at once, and left in the middle',
    async run(context) {
      await fill(context)
      const { map } = context.h.use('k')
      const first = map.entries()
      first.next()
      const both: Key[] = []
      for (const [mapKey] of map.entries()) {
        const next = first.next()
        both.push(mapKey)
        if (!next.done) both.push(next.value[0])
      }
      equal(both.length, 2 * COUNT - 1)
      for (const [mapKey] of map.entries()) if (mapKey === 3) break
      equal(entriesOf(map).size, COUNT)
    },
  },
  {
    id: 'entries-remove',
    title: 'each entry may be removed when it is reached: all are reached, none is left',
    async run(context) {
      await fill(context)
      const { map } = context.h.use('k')
      let reached = 0
      for (const [mapKey] of map.entries()) {
        map.remove(mapKey)
        reached++
      }
      equal(reached, COUNT)
      equal(map.isEmpty(), true)
      await context.here()
      deepEqual(context.h.keys(), [])
    },
  },
  {
    id: 'entries-remove-ahead',
    title: 'an entry removed before it is reached does not appear',
    async run(context) {
      await fill(context)
      const { map } = context.h.use('k')
      const seen = new Set<Key>()
      const removed = new Set<Key>()
      for (const [mapKey] of map.entries()) {
        ok(!removed.has(mapKey), `the removed entry ${String(mapKey)} appeared`)
        seen.add(mapKey)
        // The opposite one, so that in any order about half are removed unseen.
        const other = COUNT - 1 - Number(mapKey)
        if (!seen.has(other)) removed.add(other)
        if (!seen.has(other)) map.remove(other)
      }
      equal(seen.size + removed.size, COUNT)
      ok(removed.size > 0)
      await context.here()
      deepEqual(new Set(entriesOf(context.h.use('k').map).keys()), seen)
    },
  },
  {
    id: 'entries-clear',
    title: 'after a clear no more old entries appear; what is put then is kept',
    async run(context) {
      await fill(context)
      const { map } = context.h.use('k')
      const after: Key[] = []
      let reached = 0
      for (const [mapKey] of map.entries()) {
        if (reached >= 3) after.push(mapKey)
        if (++reached === 3) {
          map.clear()
          map.put('new', 1)
        }
        if (reached > 2 * COUNT) break
      }
      ok(
        after.every((mapKey) => mapKey === 'new') && after.length <= 1,
        `${after.length} after the clear`,
      )
      await context.here()
      deepEqual([...context.h.use('k').map.entries()], [['new', 1]])
    },
  },
  {
    id: 'entries-put',
    title:
      'entries may be overwritten and added meanwhile: each old one appears once, with its current value',
    async run(context) {
      await fill(context)
      const { map } = context.h.use('k')
      const seen: Key[] = []
      for (const [mapKey, value] of map.entries()) {
        if (typeof mapKey !== 'number') continue
        seen.push(mapKey)
        equal(value, map.get(mapKey))
        map.put(mapKey, `new ${mapKey}`)
        map.put(COUNT - 1 - mapKey, `new ${COUNT - 1 - mapKey}`)
        map.put(`added ${mapKey}`, mapKey)
      }
      deepEqual(
        seen.toSorted((a, b) => Number(a) - Number(b)),
        Array.from({ length: COUNT }, (_, i) => i),
      )
      await context.here()
      const found = entriesOf(context.h.use('k').map)
      equal(found.size, 2 * COUNT)
      for (let i = 0; i < COUNT; i++) {
        equal(found.get(i), `new ${i}`)
        equal(found.get(`added ${i}`), i)
      }
    },
  },
  {
    id: 'entries-key',
    title: 'entries belong to the key that was current when they were asked for',
    async run(context) {
      await fill(context)
      const { h } = context
      const entries = h.use('k').map.entries()
      h.use('k2').map.put('x', 'of another key')
      const found = new Map<Key, unknown>()
      for (const [mapKey, value] of entries) {
        found.set(mapKey, value)
        h.use('k3').map.put(mapKey, 'of a third key')
      }
      equal(found.size, COUNT)
      equal(found.get(0), 'old 0')
      equal(entriesOf(h.use('k3').map).size, COUNT)
      deepEqual(entriesOf(h.use('k2').map), new Map([['x', 'of another key']]))
    },
  },
  {
    id: 'map-many',
    title: 'a map of thousands of entries keeps each of them, and loses those removed',
    async run({ h, here }) {
      const { map } = h.use('k')
      for (let i = 0; i < 1800; i++) map.put(i % 2 === 0 ? i : `${i}`, i)
      await here()
      const restored = h.use('k').map
      for (let i = 0; i < 1800; i += 3) restored.remove(i % 2 === 0 ? i : `${i}`)
      await here()
      const found = entriesOf(h.use('k').map)
      equal(found.size, 1200)
      for (let i = 0; i < 1800; i++) {
        equal(found.get(i % 2 === 0 ? i : `${i}`), i % 3 === 0 ? undefined : i)
      }
    },
  },
]

async function fill({ h, here }: BackendContext): Promise<void> {
  const { map } = h.use('k')
  for (let i = 0; i < COUNT; i++) map.put(i, `old ${i}`)
  await here()
}
