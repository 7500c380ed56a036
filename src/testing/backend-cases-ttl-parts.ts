/** The state backend contract, part: time to live of what state is made of: elements, entries, sums. */
import { deepEqual, equal } from 'node:assert/strict'
import { checkedTtl } from '../state/ttl.js'
import { type BackendCase, CASE_STATES, entriesOf } from './backend-context.js'
import { AGGREGATING, MAP_NULL, openTtl, REDUCING, TTL } from './ttl-kinds.js'

/** Each part by itself. */
export const ttlPartCases: readonly BackendCase[] = [
  {
    id: 'ttl-list-elements',
    title: 'each element of a list expires by itself, and what is added later stays',
    async run(context) {
      const { at, here } = await openTtl(context)
      at(0).list.add('at 0')
      at(30).list.addAll(['at 30', null])
      await here()
      at(60).list.add('at 60')
      await here()
      deepEqual(at(99).list.get(), ['at 0', 'at 30', null, 'at 60'])
      await here()
      deepEqual(at(100).list.get(), ['at 30', null, 'at 60'])
      at(100).list.add('at 100')
      await here()
      deepEqual(at(130).list.get(), ['at 60', 'at 100'])
      await here()
      deepEqual(at(199).list.get(), ['at 100'])
      deepEqual(at(200).list.get(), [])
    },
  },
  {
    id: 'ttl-list-kept',
    title:
      'an element that has expired is not written anew, and not read, while most of its list lives',
    async run(context) {
      const { at, h, here } = await openTtl(context)
      at(0).list.add('old')
      for (const element of ['a', 'b', 'c']) at(50).list.add(element)
      await h.checkpoint()
      deepEqual(at(100).list.get(), ['a', 'b', 'c'])
      deepEqual((await h.checkpoint()).rows, {})
      await here()
      deepEqual(at(100).list.get(), ['a', 'b', 'c'])
      at(100).list.add('d')
      await here()
      deepEqual(at(150).list.get(), ['d'])
    },
  },
  {
    id: 'ttl-map-entries',
    title:
      'each entry of a map expires by itself; where reads count, reading one refreshes no other',
    async run(context) {
      for (const update of ['on-create-and-write', 'on-read-and-write'] as const) {
        const { at, k, here } = await openTtl(context, { update })
        at(0).map.put('a', 1)
        k().map.put('b', 2)
        await here()
        at(50)
        if (update === 'on-read-and-write') equal(k().map.get('a'), 1)
        else k().map.put('a', 1)
        k().map.put('c', 3)
        at(100)
        deepEqual(
          entriesOf(k().map),
          new Map([
            ['a', 1],
            ['c', 3],
          ]),
        )
        await here()
        deepEqual([...at(250).map.entries()], [])
      }
    },
  },
  {
    id: 'ttl-map-null-value',
    title: 'null as the value of an entry has a time to live like any other',
    async run(context) {
      const { at, k, here } = await openTtl(context)
      MAP_NULL.write(at(0), 1)
      await here()
      equal(at(99).map.get('entry'), null)
      equal(k().map.contains('entry'), true)
      await here()
      equal(at(100).map.contains('entry'), false)
      equal(k().map.get('entry'), undefined)
    },
  },
  {
    id: 'ttl-map-contains',
    title: 'contains, isEmpty and entries agree with get on what has expired',
    async run(context) {
      for (const visibility of ['never-expired', 'until-cleaned-up'] as const) {
        const seen = visibility === 'until-cleaned-up'
        const { at, k, here } = await openTtl(context, { visibility })
        for (const entry of ['a', 'b', 'c']) at(0).map.put(entry, 1)
        await here()
        at(100)
        // Asking takes nothing away that may still be read.
        for (let round = 0; round < 2; round++) {
          equal(k().map.contains('a'), seen)
          equal(k().map.isEmpty(), !seen)
        }
        equal(k().map.get('a'), seen ? 1 : undefined)
        equal(k().map.contains('a'), false)
        equal(entriesOf(k().map).size, seen ? 2 : 0)
        equal(k().map.isEmpty(), true)
      }
    },
  },
  {
    id: 'ttl-map-iteration',
    title:
      'entries of a map belong to the key that was current at the call, what has expired among them too',
    async run(context) {
      const { at, h, here } = await openTtl(context)
      for (const key of ['k', 'l']) {
        at(0)
        h.use(key).map.put('old', key)
        at(50)
        h.use(key).map.put('new', key)
      }
      await here()
      at(100)
      const entries = h.use('k').map.entries()
      h.use('l').map.put('old', 'again')
      deepEqual([...entries], [['new', 'k']])
      deepEqual(
        entriesOf(h.use('l').map),
        new Map([
          ['old', 'again'],
          ['new', 'l'],
        ]),
      )
    },
  },
  {
    id: 'ttl-fold-starts-over',
    title:
      'what is added to a sum that has expired begins a new one, also where expired ones may be read',
    async run(context) {
      for (const visibility of ['never-expired', 'until-cleaned-up'] as const) {
        const { at, here } = await openTtl(context, { visibility })
        for (const kind of [REDUCING, AGGREGATING]) kind.write(at(0), 1)
        await here()
        for (const kind of [REDUCING, AGGREGATING]) {
          kind.write(at(100), 2)
          equal(kind.read(at(100)), kind.shows(2))
        }
        await here()
        for (const kind of [REDUCING, AGGREGATING]) equal(kind.read(at(199)), kind.shows(2))
      }
    },
  },
  {
    id: 'ttl-read-barrier-fold',
    title:
      'a sum that is refreshed by a read and changed in place then is in the snapshot as it was',
    async run(context) {
      const { at, h, here } = await openTtl(context, { update: 'on-read-and-write' })
      at(0).aggregating.add('a')
      await here()
      at(10).aggregating.add('b')
      const snapshot = h.beginSnapshot()
      equal(at(20).aggregating.get(), '2: a b')
      at(20).aggregating.add('c')
      await snapshot.commit()
      await h.restore()
      equal(at(20).aggregating.get(), '2: a b')
    },
  },
  {
    id: 'ttl-times-add-is-no-read',
    title:
      'where reads count, an element added to a time list makes none live longer that was there before',
    async run(context) {
      const ttl = checkedTtl({ time: TTL, update: 'on-read-and-write' })
      const times = { ...CASE_STATES.times, ttl }
      const h = await context.open({ states: { ...CASE_STATES, times } })
      h.use('k').times.add(5, 'at 0')
      await context.here(h)
      h.clock.now = 60
      h.use('k').times.add(5, 'at 60')
      h.use('k').times.add(7, 'at 60')
      h.clock.now = TTL
      deepEqual(
        [...h.use('k').times.entries()],
        [
          [5, 'at 60'],
          [7, 'at 60'],
        ],
      )
    },
  },
]
