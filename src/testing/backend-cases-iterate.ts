/** The state backend contract, part: the keys and namespaces of one state, and visiting them. */
import { deepEqual, equal, throws } from 'node:assert/strict'
import { applyToAllKeys } from '../backend/apply-to-all-keys.js'
import type { KeyedStateBackend } from '../backend/state-backend.js'
import { hasCode } from '../base/errors.js'
import type { Key, KeyType } from '../state/key.js'
import { type Namespace, VOID_NAMESPACE } from '../state/namespace.js'
import type { ListState, ValueState } from '../state/state.js'
import { inside } from './backend-cases-namespace.js'
import type { BackendCase, BackendContext } from './backend-context.js'

type Harness = BackendContext['h']

const sorted = (texts: Iterable<unknown>): string[] => Array.from(texts, String).toSorted()

function keysIn({ backends }: Harness, state: string, namespace: Namespace): string[] {
  return sorted(
    backends.flatMap((one) => Array.from(one.keysOf(state, namespace), ([key]) => String(key))),
  )
}

function pairsIn({ backends }: Harness, state: string): string[] {
  const pairs = backends.flatMap((one) => [...one.keysAndNamespaces(state)])
  return sorted(pairs.map(([key, , namespace]) => `${String(key)} in ${String(namespace)}`))
}

/** Applies to all subtasks. */
function applyTo(
  { backends }: Harness,
  to: { readonly state: string; readonly namespace?: Namespace; readonly keyType?: KeyType },
  visit: (backend: KeyedStateBackend, key: Key) => void,
): void {
  for (const backend of backends) {
    applyToAllKeys({ backend, keyType: 'string', ...to }, (key) => visit(backend, key))
  }
}

const KEYS = Array.from({ length: 40 }, (_, i) => `key ${i}`)

/** Keys are listed by state and namespace, and may be changed meanwhile. */
export const iterateCases: readonly BackendCase[] = [
  {
    id: 'iterate-keys',
    title: 'the keys of a state in a namespace are those that have it there, each once',
    async run({ h, here }) {
      for (const [i, key] of KEYS.entries()) {
        inside(h.use(key).value, i % 2 === 0 ? 'even' : 'odd').update(i)
        if (i < 10) inside(h.use(key).value, VOID_NAMESPACE).update(i)
        inside(h.use(key).other, VOID_NAMESPACE).update(i)
      }
      await here()
      deepEqual(keysIn(h, 'value', 'even'), sorted(KEYS.filter((_, i) => i % 2 === 0)))
      deepEqual(keysIn(h, 'value', 'odd'), sorted(KEYS.filter((_, i) => i % 2 === 1)))
      deepEqual(keysIn(h, 'value', VOID_NAMESPACE), sorted(KEYS.slice(0, 10)))
      deepEqual(keysIn(h, 'value', 'none'), [])
      deepEqual(keysIn(h, 'other', VOID_NAMESPACE), sorted(KEYS))
    },
  },
  {
    id: 'iterate-keys-map',
    title: 'a key whose map has many entries is listed once for its state and namespace',
    async run({ h, here }) {
      for (const key of ['a', 'b']) {
        for (let i = 0; i < 100; i++) inside(h.use(key).map, 'w').put(i, key)
      }
      await here()
      deepEqual(keysIn(h, 'map', 'w'), ['a', 'b'])
      deepEqual(keysIn(h, 'map', VOID_NAMESPACE), [])
    },
  },
  {
    id: 'iterate-keys-and-namespaces',
    title: 'every pair of key and namespace of a state is listed once',
    async run({ h, here }) {
      for (const key of ['a', 'b', 'c']) {
        for (const namespace of ['x', 'y', 1]) inside(h.use(key).value, namespace).update(key)
      }
      inside(h.use('d').value, VOID_NAMESPACE).update('d')
      await here()
      const pairs = ['a', 'b', 'c'].flatMap((key) => ['x', 'y', 1].map((one) => `${key} in ${one}`))
      deepEqual(pairsIn(h, 'value'), sorted([...pairs, `d in ${String(VOID_NAMESPACE)}`]))
    },
  },
  {
    id: 'iterate-keys-and-namespaces-map',
    title: 'a map of many entries is one pair of key and namespace',
    async run({ h, here }) {
      for (let i = 0; i < 50; i++) {
        inside(h.use('k').map, 'x').put(i, i)
        inside(h.use('k').map, 'y').put(i, i)
      }
      await here()
      deepEqual(pairsIn(h, 'map'), ['k in x', 'k in y'])
    },
  },
  {
    id: 'iterate-keys-gone',
    title: 'a key removed in one namespace is listed where it still has something',
    async run({ h, here }) {
      for (const namespace of ['x', 'y']) {
        for (const key of ['a', 'b']) inside(h.use(key).value, namespace).update(1)
      }
      await here()
      inside(h.use('a').value, 'x').clear()
      for (let round = 0; round < 2; round++) {
        deepEqual(keysIn(h, 'value', 'x'), ['b'])
        deepEqual(keysIn(h, 'value', 'y'), ['a', 'b'])
        deepEqual(sorted(h.keys()), ['a', 'b'])
        await here()
      }
    },
  },
  {
    id: 'iterate-undeclared',
    title: 'asking for the keys of a state that was not declared is an error',
    once: true,
    async run({ h }) {
      for (const backend of h.backends) {
        throws(
          () => [...backend.keysOf('none', VOID_NAMESPACE)],
          (error) => hasCode(error, 'INVALID_STATE'),
        )
        throws(
          () => [...backend.keysAndNamespaces('none')],
          (error) => hasCode(error, 'INVALID_STATE'),
        )
      }
    },
  },
  {
    id: 'iterate-apply',
    title: 'what is applied to all keys meets each key once, current, with its own state',
    async run({ h, here }) {
      for (const [i, key] of KEYS.entries()) h.use(key).value.update(i)
      await here()
      const met = new Map<Key, unknown>()
      applyTo(h, { state: 'value' }, (backend, key) => {
        equal(backend.currentKey?.key, key)
        equal(met.has(key), false)
        met.set(key, (backend.state('value') as ValueState<unknown>).value())
      })
      deepEqual(met, new Map(KEYS.map((key, i) => [key, i])))
    },
  },
  {
    id: 'iterate-apply-clear',
    title: 'the visited key may be cleared, and all keys are met',
    async run({ h, here }) {
      for (const key of KEYS) h.use(key).value.update(key)
      await here()
      let met = 0
      applyTo(h, { state: 'value' }, (backend) => {
        met++
        backend.state('value').clear()
      })
      equal(met, KEYS.length)
      deepEqual(h.keys(), [])
      await here()
      deepEqual(h.keys(), [])
    },
  },
  {
    id: 'iterate-apply-replace',
    title: 'the visited key may be added to, cleared and added to again',
    async run({ h, here }) {
      for (const key of KEYS) h.use(key).list.addAll([key, key])
      await here()
      let met = 0
      applyTo(h, { state: 'list' }, (backend, key) => {
        met++
        const list = backend.state('list') as ListState<unknown>
        list.add('more')
        list.clear()
        list.add(`new ${String(key)}`)
      })
      equal(met, KEYS.length)
      await here()
      for (const key of KEYS) deepEqual(h.use(key).list.get(), [`new ${key}`])
    },
  },
  {
    id: 'iterate-apply-namespace',
    title: 'what is applied to a namespace meets its keys only, the state being in it',
    async run({ h, here }) {
      for (const [i, key] of KEYS.entries()) inside(h.use(key).value, i % 4).update(i)
      await here()
      const met: unknown[] = []
      applyTo(h, { state: 'value', namespace: 3 }, (backend) => {
        const value = backend.state('value') as ValueState<number>
        met.push(value.value())
        value.update(-1)
      })
      deepEqual(sorted(met), sorted(KEYS.flatMap((_, i) => (i % 4 === 3 ? [i] : []))))
      await here()
      for (const [i, key] of KEYS.entries()) {
        equal(inside(h.use(key).value, i % 4).value(), i % 4 === 3 ? -1 : i)
      }
    },
  },
  {
    id: 'iterate-apply-current-key',
    title: 'the key that was current is so again, also if what was applied threw',
    async run({ h, here }) {
      for (const key of KEYS) h.use(key).value.update(key)
      await here()
      const { value } = h.use('key 7')
      applyTo(h, { state: 'value' }, () => undefined)
      equal(value.value(), 'key 7')
      throws(
        () =>
          applyTo(h, { state: 'value' }, () => {
            throw new Error('on purpose')
          }),
        { message: 'on purpose' },
      )
      equal(value.value(), 'key 7')
    },
  },
]
