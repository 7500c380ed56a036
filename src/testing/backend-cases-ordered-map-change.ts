/** The state backend contract, part: ranges of an ordered map while it changes, its namespaces, and many entries. */
import { deepEqual, equal, ok } from 'node:assert/strict'
import type { Key } from '../state/key.js'
import { VOID_NAMESPACE } from '../state/namespace.js'
import type { OrderedMapState } from '../state/ordered-state.js'
import { inside } from './backend-cases-namespace.js'
import type { BackendCase, BackendContext } from './backend-context.js'

const COUNT = 20
const ALL: readonly number[] = Array.from({ length: COUNT }, (_, i) => i)

/** A range is good while entries come and go. */
export const orderedMapChangeCases: readonly BackendCase[] = [
  {
    id: 'ordered-iterate-remove',
    title:
      'each entry of a range may be removed when it is reached, in both directions: all are reached',
    async run(context) {
      for (const reverse of [false, true]) {
        const map = await fill(context)
        const reached: Key[] = []
        for (const [mapKey] of map.range({ reverse })) {
          reached.push(mapKey)
          map.remove(mapKey)
        }
        deepEqual(reverse ? reached.reverse() : reached, ALL)
        equal(map.isEmpty(), true)
        await context.here()
        deepEqual(context.h.keys(), [])
      }
    },
  },
  {
    id: 'ordered-iterate-remove-ahead',
    title:
      'an entry removed before a range reaches it does not appear, nor one whose removal left none',
    async run(context) {
      const map = await fill(context)
      const seen: Key[] = []
      for (const [mapKey] of map.entries()) {
        seen.push(mapKey)
        map.remove(Number(mapKey) + 1)
        map.remove(Number(mapKey) - 3)
      }
      deepEqual(
        seen,
        ALL.filter((i) => i % 2 === 0),
      )
      const down: Key[] = []
      for (const [mapKey] of map.range({ reverse: true })) {
        down.push(mapKey)
        map.removeRange({ lt: mapKey })
      }
      deepEqual(down, [18])
      await context.here()
      deepEqual(keysOf(context), [18])
    },
  },
  {
    id: 'ordered-iterate-put',
    title:
      'entries put meanwhile never appear out of order or twice; overwritten ones have their new value',
    async run(context) {
      for (const reverse of [false, true]) {
        const map = await fill(context)
        let last: Key | undefined
        const old: Key[] = []
        for (const [mapKey, value] of map.range({ reverse })) {
          const at = Number(mapKey)
          ok(last === undefined || (reverse ? at < Number(last) : at > Number(last)))
          last = mapKey
          equal(value, map.get(mapKey))
          if (Number.isInteger(at)) old.push(at)
          for (const put of [at, at - 0.5, at + 0.5, COUNT - 1 - at]) {
            if (Number.isInteger(at)) map.put(put, `put at ${at}`)
          }
        }
        deepEqual(reverse ? old.reverse() : old, ALL)
        await context.here()
        equal(keysOf(context).length, 2 * COUNT + 1)
      }
    },
  },
  {
    id: 'ordered-iterate-limit',
    title: 'a limit counts the entries that appeared, whatever was removed meanwhile',
    async run(context) {
      const map = await fill(context)
      const seen: Key[] = []
      for (const [mapKey] of map.range({ gte: 5, limit: 4 })) {
        seen.push(mapKey)
        map.remove(mapKey)
        map.remove(Number(mapKey) + 1)
      }
      deepEqual(seen, [5, 7, 9, 11])
      await context.here()
      equal(keysOf(context).length, COUNT - 8)
    },
  },
  {
    id: 'ordered-iterate-ends',
    title: 'what is put meanwhile beyond the end of a range does not appear in it',
    async run(context) {
      const map = await fill(context)
      const seen: Key[] = []
      for (const [mapKey] of map.range({ gte: 5, lt: 8 })) {
        seen.push(mapKey)
        map.put(8.5, 1)
        map.put(4.5, 1)
        map.put(100, 1)
      }
      deepEqual(seen, [5, 6, 7])
      await context.here()
      equal(keysOf(context).length, COUNT + 3)
    },
  },
  {
    id: 'ordered-iterate-clear',
    title:
      'after a clear, or a removal of everything, no more old entries appear; what is put then is kept',
    async run(context) {
      for (const clear of ['clear', 'removeRange'] as const) {
        const map = await fill(context)
        const after: Key[] = []
        let reached = 0
        for (const [mapKey] of map.entries()) {
          if (reached++ >= 3) after.push(mapKey)
          if (reached !== 3) continue
          if (clear === 'clear') map.clear()
          else map.removeRange({})
          map.put('new', 1)
        }
        ok(after.length === 0 || (after.length === 1 && after[0] === 'new'), String(after))
        await context.here()
        deepEqual([...context.h.use('k').ordered.entries()], [['new', 1]])
      }
    },
  },
  {
    id: 'ordered-iterate-twice',
    title: 'ranges can be gone through twice at once, and left in the middle',
    async run(context) {
      const map = await fill(context)
      const down = map.range({ reverse: true })
      for (const [mapKey] of map.entries())
        deepEqual(down.next().value?.[0], COUNT - 1 - Number(mapKey))
      equal(down.next().done, true)
      for (const [mapKey] of map.range({ gt: 3 })) if (mapKey === 6) break
      deepEqual(keysOf(context), ALL)
    },
  },
  {
    id: 'ordered-iterate-key',
    title: 'a range belongs to the key that was current when it was asked for',
    async run(context) {
      await fill(context)
      const { h } = context
      const range = h.use('k').ordered.range({ lt: 3 })
      h.use('k2').ordered.put('x', 'of another key')
      const found: unknown[] = []
      for (const [mapKey, value] of range) {
        found.push(value)
        h.use('k3').ordered.put(mapKey, 'of a third key')
      }
      deepEqual(found, ['old 0', 'old 1', 'old 2'])
      equal([...h.use('k3').ordered.entries()].length, 3)
      deepEqual(h.use('k2').ordered.first(), ['x', 'of another key'])
    },
  },
  {
    id: 'ordered-namespaces',
    title: 'ordered maps of one key in several namespaces are apart: entries, ranges, removals',
    async run({ h, here }) {
      const at = (namespace: Key | typeof VOID_NAMESPACE): OrderedMapState<Key, unknown> =>
        inside(h.use('k').ordered, namespace)
      for (const namespace of [VOID_NAMESPACE, 'one', 2] as const) {
        for (let i = 0; i < 5; i++) at(namespace).put(i, `${String(namespace)} ${i}`)
      }
      at('one').removeRange({ lt: 2 })
      at(2).removeRange({ gte: 2 })
      const asked = at('one').range({ limit: 1 })
      at(VOID_NAMESPACE)
      deepEqual([...asked], [[2, 'one 2']])
      await here()
      deepEqual(
        [...at('one').entries()].map(([mapKey]) => mapKey),
        [2, 3, 4],
      )
      deepEqual(at(2).last(), [1, '2 1'])
      at('one').clear()
      equal(at('one').first(), undefined)
      equal([...at(VOID_NAMESPACE).entries()].length, 5)
      await here()
      equal(at('one').isEmpty(), true)
      deepEqual(at(2).first(), [0, '2 0'])
      deepEqual(at(VOID_NAMESPACE).first(), [0, `${String(VOID_NAMESPACE)} 0`])
    },
  },
  {
    id: 'ordered-many',
    title:
      'an ordered map of thousands of entries keeps each in its place, whatever is taken out between',
    async run(context) {
      const { h, here } = context
      const { ordered } = h.use('k')
      for (let i = 0; i < 3000; i++) ordered.put((i * 1237) % 3000, i)
      deepEqual(
        keysOf(context),
        Array.from({ length: 3000 }, (_, i) => i),
      )
      await here()
      h.use('k').ordered.removeRange({ gte: 100, lt: 2900 })
      for (let i = 0; i < 3000; i += 3) h.use('k').ordered.put(i, 'again')
      const expected = Array.from({ length: 3000 }, (_, i) => i).filter(
        (i) => i < 100 || i >= 2900 || i % 3 === 0,
      )
      deepEqual(keysOf(context), expected)
      await here()
      deepEqual(keysOf(context), expected)
      deepEqual(
        [...h.use('k').ordered.range({ gt: 1000, limit: 2 })],
        [
          [1002, 'again'],
          [1005, 'again'],
        ],
      )
    },
  },
]

async function fill({ h, here }: BackendContext): Promise<OrderedMapState<Key, unknown>> {
  h.use('k').ordered.clear()
  for (const i of ALL) h.use('k').ordered.put(i, `old ${i}`)
  await here()
  return h.use('k').ordered
}

function keysOf({ h }: BackendContext): Key[] {
  return Array.from(h.use('k').ordered.entries(), ([mapKey]) => mapKey)
}
