/**
 * The state backend contract, part: what Flink's tests ask of a map beyond the other cases. Each title is the
 * behaviour; docs/conformance.md names the tests.
 */
import { deepEqual, equal, notEqual } from 'node:assert/strict'
import type { Key } from '../state/key.js'
import { type BackendCase, entriesOf } from './backend-context.js'

const MANY = 1_024

/** Maps while they are filled, emptied and gone through. */
export const flinkMapCases: readonly BackendCase[] = [
  {
    id: 'map-empty-throughout',
    title:
      'a map of a thousand entries is empty before the first and after the last, and never in between',
    async run({ h, here }) {
      equal(h.use('k').map.isEmpty(), true)
      for (let i = 0; i < MANY; i++) {
        h.use('k').map.put(i, i * 2)
        equal(h.use('k').map.isEmpty(), false)
        if (i === MANY / 2) await here()
      }
      for (let i = 0; i < MANY; i++) {
        equal(h.use('k').map.isEmpty(), false)
        h.use('k').map.remove(i)
        if (i === MANY - 2) await here()
      }
      equal(h.use('k').map.isEmpty(), true)
      await here()
      equal(h.use('k').map.isEmpty(), true)
      deepEqual(h.keys(), [])
    },
  },
  {
    id: 'entries-remove-some',
    title:
      'any of the entries may be removed while they are gone through, twice too: each is reached once, the others stay',
    async run({ h, here }) {
      for (let i = 0; i < MANY; i++) h.use('k').map.put(i, `value ${i}`)
      await here()
      const { map } = h.use('k')
      const reached: Key[] = []
      for (const [mapKey] of map.entries()) {
        reached.push(mapKey)
        const choice = Number(mapKey) % 3
        if (choice > 0) map.remove(mapKey)
        if (choice > 1) map.remove(mapKey)
      }
      equal(new Set(reached).size, MANY)
      equal(reached.length, MANY)
      await here()
      const left = entriesOf(h.use('k').map)
      equal(left.size, Math.ceil(MANY / 3))
      for (const [mapKey, value] of left) {
        equal(Number(mapKey) % 3, 0)
        equal(value, `value ${String(mapKey)}`)
      }
    },
  },
  {
    id: 'entries-pairs',
    title:
      'an entry is a pair of its own: equal for equal contents, and changing the pair changes no map',
    async run({ h, here }) {
      const states = h.use('k')
      states.map.put(0, 10)
      states.otherMap.put(0, 10)
      await here()
      const { map, otherMap } = h.use('k')
      const [pair] = map.entries()
      deepEqual(pair, [0, 10])
      deepEqual(pair, [...otherMap.entries()][0])
      notEqual(pair, [...map.entries()][0])
      pair?.splice(0, 2, 'another key', 'another value')
      await here()
      deepEqual([...h.use('k').map.entries()], [[0, 10]])
      deepEqual([...h.use('k').otherMap.entries()], [[0, 10]])
    },
  },
]
