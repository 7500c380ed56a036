/** The state backend contract, part: time to live. What expires when, of which key, element and entry. */
import { deepEqual, equal } from 'node:assert/strict'
import type { MergingState, Namespace, NamespacedState } from '../state/namespace.js'
import { VOID_NAMESPACE } from '../state/namespace.js'
import type { State } from '../state/state.js'
import { type BackendCase, entriesOf } from './backend-context.js'
import {
  AGGREGATING,
  MAP_NULL,
  openTtl,
  REDUCING,
  showsAll,
  TTL_KINDS,
  writeAll,
} from './ttl-kinds.js'

/** Expiry in processing time. */
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
        at(50)
        if (update === 'on-read-and-write') equal(k().map.get('a'), 1)
        else k().map.put('a', 1)
        k().map.put('c', 3)
        await here()
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
  {
    id: 'ttl-namespaces',
    title: "each namespace's state expires by its own time",
    async run(context) {
      const { at, k, here } = await openTtl(context)
      k().other.update('has state in the void namespace')
      inNamespace(at(0).value, 'id2').update(1)
      await here()
      inNamespace(at(50).value, 'id1').update(2)
      inNamespace(at(50).list, 'id1').add('at 50')
      inNamespace(at(70).list, 'id1').add('at 70')
      await here()
      equal(inNamespace(at(100).value, 'id2').value(), undefined)
      equal(inNamespace(at(149).value, 'id1').value(), 2)
      equal(inNamespace(at(150).value, 'id1').value(), undefined)
      deepEqual(inNamespace(at(150).list, 'id1').get(), ['at 70'])
      deepEqual(inNamespace(at(150).list, VOID_NAMESPACE).get(), [])
    },
  },
  {
    id: 'ttl-merge-list',
    title:
      'merging namespaces merges the elements that live, each with its own time, and none that expired',
    async run(context) {
      const { at, k, here } = await openTtl(context)
      k().other.update('has state in the void namespace')
      inNamespace(at(0).list, 'a').add('at 0')
      inNamespace(at(60).list, 'b').add('at 60')
      inNamespace(at(80).list, 'target').add('at 80')
      inNamespace(at(90).list, 'a').add('at 90')
      await here()
      merging(at(110).list).mergeNamespaces('target', ['a', 'b', 'c'])
      await here()
      deepEqual(inNamespace(at(110).list, 'target').get(), ['at 80', 'at 90', 'at 60'])
      deepEqual(inNamespace(at(110).list, 'a').get(), [])
      deepEqual(inNamespace(at(160).list, 'target').get(), ['at 80', 'at 90'])
      await here()
      deepEqual(inNamespace(at(180).list, 'target').get(), ['at 90'])
      deepEqual(inNamespace(at(190).list, 'target').get(), [])
    },
  },
  {
    id: 'ttl-merge-reducing',
    title:
      'merging namespaces reduces what lives and leaves out what expired; the newest time counts',
    async run(context) {
      const { at, k, here } = await openTtl(context)
      k().other.update('has state in the void namespace')
      inNamespace(at(0).reducing, 'a').add('expired')
      inNamespace(at(60).reducing, 'b').add('at 60')
      inNamespace(at(80).reducing, 'c').add('at 80')
      await here()
      merging(at(110).reducing).mergeNamespaces('target', ['a', 'b', 'c'])
      await here()
      equal(inNamespace(at(179).reducing, 'target').get(), 'at 60 at 80')
      for (const source of ['a', 'b', 'c']) {
        equal(inNamespace(k().reducing, source).get(), undefined)
      }
      equal(inNamespace(at(180).reducing, 'target').get(), undefined)
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
]

function inNamespace<S extends State>(state: S, namespace: Namespace): S {
  ;(state as unknown as NamespacedState).setCurrentNamespace(namespace)
  return state
}

function merging(state: State): MergingState {
  return state as MergingState
}
