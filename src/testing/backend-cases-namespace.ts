/** The state backend contract, part: namespaces, which divide the state of one key. */
import { deepEqual, equal, ok, throws } from 'node:assert/strict'
import { hasCode } from '../base/errors.js'
import type { Key } from '../state/key.js'
import { type Namespace, type NamespacedState, VOID_NAMESPACE } from '../state/namespace.js'
import type { State } from '../state/state.js'
import { type BackendCase, entriesOf } from './backend-context.js'
import { stateAt } from './contents.js'

/** The same state, in another namespace from now on. */
export function inside<S extends State>(state: S, namespace: Namespace): S {
  ;(state as unknown as NamespacedState).setCurrentNamespace(namespace)
  return state
}

const NAMESPACES: readonly Namespace[] = [VOID_NAMESPACE, 'w', '', 7, -7, 0.5, true, 'wide']
const INVALID: readonly unknown[] = [Number.NaN, Symbol('s'), () => undefined]

/** A state holds one thing per key and namespace. */
export const namespaceCases: readonly BackendCase[] = [
  {
    id: 'namespace-apart',
    title: 'the namespaces of a key hold values of their own',
    async run({ h, here }) {
      for (const [i, namespace] of NAMESPACES.entries()) {
        inside(h.use('k').value, namespace).update(i)
      }
      for (let round = 0; round < 2; round++) {
        for (const [i, namespace] of NAMESPACES.entries()) {
          equal(inside(h.use('k').value, namespace).value(), i)
          equal(inside(h.use('other').value, namespace).value(), undefined)
        }
        await here()
      }
    },
  },
  {
    id: 'namespace-of-state',
    title: 'a namespace is chosen for one state; the others stay where they are',
    async run({ h, here }) {
      await here()
      const a = h.use('a')
      inside(a.value, 'w').update('in w')
      a.other.update('in the void')
      a.otherMap.put('m', 'in the void')
      await h.checkpoint()
      deepEqual(
        h.contents(),
        new Map<Key, unknown>([
          [
            'a',
            {
              [stateAt('value', 'w')]: 'in w',
              other: 'in the void',
              otherMap: new Map([['m', 'in the void']]),
            },
          ],
        ]),
      )
    },
  },
  {
    id: 'namespace-begins-void',
    title: 'every state begins in the void namespace, again after a restore',
    async run({ h, here }) {
      inside(h.use('k').value, 'w').update('in w')
      await here()
      await h.checkpoint()
      await h.restore()
      equal(h.use('k').value.value(), undefined)
      h.use('k').value.update('plain')
      equal(inside(h.use('k').value, 'w').value(), 'in w')
    },
  },
  {
    id: 'namespace-invalid',
    title:
      'null and undefined are no namespaces, and what cannot be a key is none; nothing changes',
    async run({ h, here }) {
      inside(h.use('k').value, 'w').update('kept')
      await here()
      const { value } = h.use('k')
      inside(value, 'w')
      for (const wrong of [null, undefined]) {
        throws(() => inside(value, wrong as unknown as Namespace), hasCodeOf('INVALID_ARGUMENT'))
      }
      for (const wrong of INVALID) {
        throws(() => inside(value, wrong as Namespace), hasCodeOf('INVALID_KEY'))
      }
      equal(value.value(), 'kept')
    },
  },
  {
    id: 'namespace-types',
    title: 'namespaces of several types are apart, and −0 is 0',
    async run({ h, here }) {
      inside(h.use('k').value, 1).update('number')
      inside(h.use('k').value, '1').update('text')
      inside(h.use('k').value, true).update('boolean')
      inside(h.use('k').value, -0).update('zero')
      await here()
      equal(inside(h.use('k').value, 1).value(), 'number')
      equal(inside(h.use('k').value, '1').value(), 'text')
      equal(inside(h.use('k').value, true).value(), 'boolean')
      equal(inside(h.use('k').value, 0).value(), 'zero')
    },
  },
  {
    id: 'namespace-clear',
    title: 'clearing acts on one namespace',
    async run({ h, here }) {
      for (const namespace of ['a', 'b', VOID_NAMESPACE] as const) {
        inside(h.use('k').value, namespace).update('v')
        inside(h.use('k').list, namespace).add('e')
        inside(h.use('k').map, namespace).put('m', 'v')
      }
      await here()
      for (const state of [h.use('k').value, h.use('k').list, h.use('k').map]) {
        inside(state, 'a').clear()
      }
      await here()
      const { value, list, map } = h.use('k')
      equal(inside(value, 'a').value(), undefined)
      deepEqual(inside(list, 'a').get(), [])
      ok(inside(map, 'a').isEmpty())
      for (const namespace of ['b', VOID_NAMESPACE] as const) {
        equal(inside(value, namespace).value(), 'v')
        deepEqual(inside(list, namespace).get(), ['e'])
        deepEqual(entriesOf(inside(map, namespace)), new Map([['m', 'v']]))
      }
    },
  },
  {
    id: 'namespace-kinds',
    title: 'lists, maps and folds have namespaces as values do',
    async run({ h, here }) {
      for (const namespace of ['a', 'b']) {
        const { list, map, reducing, aggregating } = h.use(1)
        for (const added of ['x', 'y']) {
          inside(list, namespace).add(namespace + added)
          inside(map, namespace).put(added, namespace)
          inside(reducing, namespace).add(namespace + added)
          inside(aggregating, namespace).add(namespace + added)
        }
        await here()
      }
      for (const namespace of ['a', 'b']) {
        const { list, map, reducing, aggregating } = h.use(1)
        deepEqual(inside(list, namespace).get(), [`${namespace}x`, `${namespace}y`])
        equal(inside(map, namespace).get('y'), namespace)
        equal(inside(reducing, namespace).get(), `${namespace}x ${namespace}y`)
        equal(inside(aggregating, namespace).get(), `2: ${namespace}x ${namespace}y`)
      }
    },
  },
  {
    id: 'namespace-delta',
    title: 'a change in one namespace is one row, and a removal in one is one DELETE',
    async run({ h, here }) {
      for (let i = 0; i < 20; i++) inside(h.use('k').value, `w${i}`).update(i)
      await h.checkpoint()
      await here()
      inside(h.use('k').value, 'w3').update('changed')
      inside(h.use('k').value, 'w4').clear()
      deepEqual((await h.checkpoint()).rows, { value: [1, 1, 0, 0] })
    },
  },
  {
    id: 'namespace-abandoned',
    title: 'what a failed snapshot had of a namespace is in the next one, removals too',
    async run({ h, here }) {
      inside(h.use('k').value, 'old').update('old')
      await h.checkpoint()
      await here()
      inside(h.use('k').value, 'old').clear()
      inside(h.use('k').value, 'new').update('new')
      h.beginSnapshot().abandon()
      deepEqual((await h.checkpoint()).rows, { value: [1, 1, 0, 0] })
      await h.restore()
      deepEqual(h.contents(), new Map([['k', { [stateAt('value', 'new')]: 'new' }]]))
    },
  },
  {
    id: 'namespace-barrier',
    title: 'a snapshot has each namespace as it was at the barrier',
    async run({ h, here }) {
      await here()
      inside(h.use('k').value, 'a').update('before')
      inside(h.use('k').value, 'b').update('before')
      const snapshot = h.beginSnapshot()
      inside(h.use('k').value, 'a').update('after')
      inside(h.use('k').value, 'b').clear()
      inside(h.use('k').value, 'c').update('after')
      await snapshot.commit()
      await h.restore()
      const expected = { [stateAt('value', 'a')]: 'before', [stateAt('value', 'b')]: 'before' }
      deepEqual(h.contents(), new Map([['k', expected]]))
    },
  },
  {
    id: 'namespace-many',
    title: 'ten thousand namespaces of one key, and one namespace of a thousand keys',
    async run({ h, here }) {
      for (let i = 0; i < 10_000; i++) inside(h.use('k').value, i).update(i)
      for (let i = 0; i < 1000; i++) inside(h.use(`key ${i}`).value, 'all').update(i)
      await here()
      for (let i = 0; i < 10_000; i += 37) equal(inside(h.use('k').value, i).value(), i)
      for (let i = 0; i < 1000; i += 7) equal(inside(h.use(`key ${i}`).value, 'all').value(), i)
      equal(h.keys().length, 1001)
    },
  },
  {
    id: 'namespace-emptied',
    title: 'a namespace that was emptied and left can be filled again',
    async run({ h, here }) {
      for (let round = 0; round < 3; round++) {
        inside(h.use('k').value, 'w').update(round)
        await h.checkpoint()
        await here()
        equal(inside(h.use('k').value, 'w').value(), round)
        inside(h.use('k').value, 'w').clear()
        await h.checkpoint()
        deepEqual(h.keys(), [])
        inside(h.use('k').value, 'w').update('at once')
        inside(h.use('k').value, 'w').clear()
      }
    },
  },
  {
    id: 'namespace-map-clear',
    title:
      'clearing the map of one namespace is one CLEAR and leaves those of others, of a longer one too',
    async run({ h, here }) {
      for (const namespace of ['w', 'wide', '']) {
        for (let i = 0; i < 9; i++) inside(h.use('k').map, namespace).put(i, namespace)
      }
      await h.checkpoint()
      await here()
      inside(h.use('k').map, 'w').clear()
      deepEqual((await h.checkpoint()).rows, { map: [0, 0, 0, 1] })
      await h.restore()
      ok(inside(h.use('k').map, 'w').isEmpty())
      for (const namespace of ['wide', '']) {
        equal(entriesOf(inside(h.use('k').map, namespace)).size, 9)
      }
    },
  },
  {
    id: 'namespace-void-apart',
    title:
      'plain state does not mix with that of a namespace of the same key, whatever it is called',
    async run({ h, here }) {
      h.use('k').value.update('plain')
      for (const namespace of ['', 'void', 0, false] as const) {
        equal(inside(h.use('k').value, namespace).value(), undefined)
        inside(h.use('k').value, namespace).update('named')
      }
      await here()
      equal(inside(h.use('k').value, VOID_NAMESPACE).value(), 'plain')
      inside(h.use('k').value, VOID_NAMESPACE).clear()
      equal(inside(h.use('k').value, '').value(), 'named')
    },
  },
  {
    id: 'namespace-switch',
    title: 'one state moved between keys and namespaces acts on the pair at hand each time',
    async run({ h, here }) {
      await here()
      for (let round = 1; round <= 3; round++) {
        for (const key of ['a', 'b']) {
          for (const namespace of ['x', VOID_NAMESPACE, 'y'] as const) {
            const { reducing } = h.use(key)
            inside(reducing, namespace).add(round)
            equal(reducing.get(), [1, '1 2', '1 2 3'][round - 1])
            inside(reducing, namespace)
            h.use(key === 'a' ? 'b' : 'a')
            h.use(key)
            equal(reducing.get(), [1, '1 2', '1 2 3'][round - 1])
          }
        }
      }
    },
  },
  {
    id: 'namespace-boundaries',
    title: 'where a key ends and its namespace and map key begin is never confused',
    async run({ h, here }) {
      const parts = ['', 'a', 'ab', 'b', 'abc', '\0', 'a\0', '\0\u0001', 'c']
      let serial = 0
      const written = new Map<string, number>()
      for (const key of parts) {
        for (const namespace of parts) {
          for (const mapKey of parts) {
            inside(h.use(key).map, namespace).put(mapKey, serial)
            written.set(JSON.stringify([key, namespace, mapKey]), serial++)
          }
        }
      }
      await here()
      for (const [place, value] of written) {
        const [key, namespace, mapKey] = JSON.parse(place) as [string, string, string]
        equal(inside(h.use(key).map, namespace).get(mapKey), value)
      }
      equal(h.keys().length, parts.length)
    },
  },
  {
    id: 'namespace-list-append',
    title: 'elements added in one namespace are one APPEND, and no other list is written',
    async run({ h, here }) {
      for (const namespace of ['a', 'b', VOID_NAMESPACE] as const) {
        inside(h.use('k').list, namespace).addAll([1, 2, 3])
      }
      await h.checkpoint()
      await here()
      inside(h.use('k').list, 'b').add(4)
      inside(h.use('k').list, 'b').add(5)
      deepEqual((await h.checkpoint()).rows, { list: [0, 0, 1, 0] })
      await h.restore()
      deepEqual(inside(h.use('k').list, 'b').get(), [1, 2, 3, 4, 5])
      deepEqual(inside(h.use('k').list, 'a').get(), [1, 2, 3])
    },
  },
  {
    id: 'namespace-restore-older',
    title: 'a restore from an older checkpoint has no namespaces that came later',
    async run({ h, here }) {
      inside(h.use('k').value, 'early').update(1)
      await h.checkpoint()
      await here()
      const { runs } = h
      inside(h.use('k').value, 'late').update(2)
      inside(h.use('k').value, 'early').clear()
      await h.checkpoint()
      await h.restoreTo(runs)
      deepEqual(h.contents(), new Map([['k', { [stateAt('value', 'early')]: 1 }]]))
    },
  },
]

function hasCodeOf(code: 'INVALID_ARGUMENT' | 'INVALID_KEY'): (error: unknown) => boolean {
  return (error) => hasCode(error, code)
}
