/** The state backend contract, part: time to live. What expires, and when. */
import { deepEqual, equal } from 'node:assert/strict'
import { VOID_NAMESPACE } from '../state/namespace.js'
import type { BackendCase } from './backend-context.js'
import { openTtl, showsAll, TTL_KINDS, writeAll } from './ttl-kinds.js'

/** Expiry of every kind of state alike. */
export const ttlCases: readonly BackendCase[] = [
  {
    id: 'ttl-absent',
    title:
      'state with a time to live that was never written is absent, and reading it leaves nothing',
    async run(context) {
      const { h, here } = await openTtl(context, { update: 'on-read-and-write' })
      for (const now of [0, 1000]) {
        h.clock.now = now
        showsAll(h, 'k')
        equal(h.use('k').map.contains('entry'), false)
        equal(h.use('k').map.isEmpty(), true)
        equal(h.dirty, false)
        await here()
      }
    },
  },
  {
    id: 'ttl-value-undefined',
    title:
      'a value updated to undefined is gone at once, also where expired values may be returned',
    async run(context) {
      const { at, k, here } = await openTtl(context, { visibility: 'until-cleaned-up' })
      at(0).value.update('x')
      await here()
      equal(k().value.value(), 'x')
      k().value.update(undefined)
      equal(k().value.value(), undefined)
      await here()
      equal(k().value.value(), undefined)
    },
  },
  {
    id: 'ttl-boundary',
    title: 'state of every kind lives until one millisecond before its time to live is over',
    async run(context) {
      for (const kind of TTL_KINDS) {
        const { at, here } = await openTtl(context)
        kind.write(at(1_000_000_000_007), 1)
        await here()
        deepEqual(kind.read(at(1_000_000_000_106)), kind.shows(1), kind.name)
        await here()
        deepEqual(kind.read(at(1_000_000_000_107)), kind.shows(), kind.name)
      }
    },
  },
  {
    id: 'ttl-overflow',
    title: 'the longest possible time to live does not overflow: nothing expires',
    async run(context) {
      for (const time of [Number.MAX_SAFE_INTEGER, Number.MAX_VALUE]) {
        const { at, h, here } = await openTtl(context, { time })
        at(10)
        writeAll(h, 'k', 1)
        await here()
        at(4e15)
        showsAll(h, 'k', 1)
      }
    },
  },
  {
    id: 'ttl-clear',
    title: 'what is cleared is gone, and what is written after it has a time of its own',
    async run(context) {
      const { at, h, here } = await openTtl(context)
      at(0)
      writeAll(h, 'k', 1)
      await here()
      for (const state of Object.values(at(50))) state.clear()
      showsAll(h, 'k')
      await here()
      at(60)
      writeAll(h, 'k', 2)
      await here()
      at(159)
      showsAll(h, 'k', 2)
      at(160)
      showsAll(h, 'k')
    },
  },
  {
    id: 'ttl-states-apart',
    title: 'states without a time to live stay when their neighbours expire',
    async run(context) {
      const { at, k, h, here } = await openTtl(context)
      at(0)
      writeAll(h, 'k', 1)
      k().other.update('stays')
      k().otherMap.put('entry', 'stays')
      k().otherList.add('stays')
      await here()
      at(1e12)
      showsAll(h, 'k')
      await here()
      equal(k().other.value(), 'stays')
      equal(k().otherMap.get('entry'), 'stays')
      deepEqual(k().otherList.get(), ['stays'])
    },
  },
  {
    id: 'ttl-keys',
    title: "each key's state expires by its own time",
    async run(context) {
      const { at, h, here } = await openTtl(context)
      await here()
      at(0)
      writeAll(h, 'id2', 1)
      await here()
      at(50)
      writeAll(h, 'id1', 2)
      for (const state of Object.values(h.use('id2'))) state.clear()
      writeAll(h, 'id2', 3)
      await here()
      at(120)
      showsAll(h, 'id1', 2)
      showsAll(h, 'id2', 3)
      await here()
      for (const state of Object.values(h.use('id2'))) state.clear()
      writeAll(h, 'id2', 4)
      await here()
      at(219)
      showsAll(h, 'id1')
      showsAll(h, 'id2', 4)
      at(220)
      showsAll(h, 'id2')
      deepEqual(h.keys(), [])
    },
  },
  {
    id: 'ttl-keys-listed',
    title: 'keys and namespaces whose state has all expired are not listed, read or not',
    async run(context) {
      const { at, h, here } = await openTtl(context)
      for (const [now, key] of [
        [0, 'a'],
        [50, 'b'],
      ] as const) {
        at(now)
        writeAll(h, key, 1)
      }
      await here()
      const listed = (now: number, expected: readonly string[]): void => {
        at(now)
        deepEqual(h.keys().toSorted(), expected)
        for (const name of ['value', 'list', 'map', 'reducing', 'aggregating']) {
          const of = h.backends.flatMap((one) => [...one.keysOf(name, VOID_NAMESPACE)])
          deepEqual(of.map(([key]) => key).toSorted(), expected, name)
          const all = h.backends.flatMap((one) => [...one.keysAndNamespaces(name)])
          deepEqual(all.map(([key]) => key).toSorted(), expected, name)
        }
      }
      listed(99, ['a', 'b'])
      listed(100, ['b'])
      await here()
      listed(149, ['b'])
      listed(150, [])
    },
  },
]
