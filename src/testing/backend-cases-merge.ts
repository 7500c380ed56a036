/** The state backend contract, part: namespaces that become one, as session windows do. */
import { deepEqual, equal, throws } from 'node:assert/strict'
import { hasCode } from '../base/errors.js'
import { aggregatingState } from '../state/descriptor.js'
import { type MergingState, type Namespace, VOID_NAMESPACE } from '../state/namespace.js'
import type { State } from '../state/state.js'
import { inside } from './backend-cases-namespace.js'
import type { BackendCase } from './backend-context.js'

/** Merges namespaces of the current key. */
export function merge(state: State, target: Namespace, sources: readonly Namespace[]): void {
  ;(state as MergingState).mergeNamespaces(target, sources)
}

/** A text that `+` joins in the order of merging. */
const JOINED = aggregatingState<string, { parts: string[] }, string>({
  create: () => ({ parts: [] }),
  add: (part, accumulator) => {
    accumulator.parts.push(part)
    return accumulator
  },
  result: ({ parts }) => parts.join('+'),
  merge: (accumulator, other) => {
    accumulator.parts.push(...other.parts)
    return accumulator
  },
})

/** The same, each accumulator made anew. */
const JOINED_ANEW = aggregatingState<string, readonly string[], string>({
  create: () => [],
  add: (part, parts) => [...parts, part],
  result: (parts) => parts.join('+'),
  merge: (parts, other) => [...parts, ...other],
})

/** Merging moves what sources hold to a target, in order. */
export const mergeCases: readonly BackendCase[] = [
  {
    id: 'merge-list',
    title: 'lists are joined, the target first, then the sources in order; the sources are gone',
    async run({ h, here }) {
      for (const name of ['t', 'a', 'b']) {
        inside(h.use('k').list, name).addAll([`${name}1`, `${name}2`])
      }
      await here()
      merge(h.use('k').list, 't', ['b', 'a'])
      await here()
      const { list } = h.use('k')
      deepEqual(inside(list, 't').get(), ['t1', 't2', 'b1', 'b2', 'a1', 'a2'])
      for (const name of ['a', 'b']) deepEqual(inside(list, name).get(), [])
    },
  },
  {
    id: 'merge-reducing',
    title: 'reduced values are reduced in the order of merging',
    async run({ h, here }) {
      for (const name of ['t', 'a', 'b']) inside(h.use('k').reducing, name).add(name)
      await here()
      merge(h.use('k').reducing, 't', ['a', 'b'])
      await here()
      equal(inside(h.use('k').reducing, 't').get(), 't a b')
      equal(inside(h.use('k').reducing, 'a').get(), undefined)
    },
  },
  {
    id: 'merge-aggregating-mutable',
    title: 'accumulators that change in place are merged, and a snapshot keeps what they were',
    async run({ open, here }) {
      const h = await open({ states: { joined: JOINED } })
      for (const name of ['t', 'a', 'b']) inside(h.use('k').joined, name).add(name)
      await here(h)
      const snapshot = h.beginSnapshot()
      merge(h.use('k').joined, 't', ['a', 'b'])
      equal(inside(h.use('k').joined, 't').get(), 't+a+b')
      await snapshot.commit()
      await h.restore()
      equal(inside(h.use('k').joined, 't').get(), 't')
      equal(inside(h.use('k').joined, 'a').get(), 'a')
      merge(h.use('k').joined, 't', ['a', 'b'])
      await here(h)
      equal(inside(h.use('k').joined, 't').get(), 't+a+b')
      equal(inside(h.use('k').joined, 'b').get(), undefined)
    },
  },
  {
    id: 'merge-target-absent',
    title: 'a target that holds nothing gets what the sources hold',
    async run({ h, here }) {
      inside(h.use('k').list, 'a').addAll([1, 2])
      inside(h.use('k').reducing, 'a').add('a')
      await here()
      merge(h.use('k').list, 'new', ['a'])
      merge(h.use('k').reducing, 'new', ['a'])
      await here()
      deepEqual(inside(h.use('k').list, 'new').get(), [1, 2])
      equal(inside(h.use('k').reducing, 'new').get(), 'a')
    },
  },
  {
    id: 'merge-sources-absent',
    title: 'sources that hold nothing, or none at all, change nothing',
    async run({ h, here }) {
      inside(h.use('k').list, 't').add('t')
      inside(h.use('k').reducing, 't').add('t')
      await h.checkpoint()
      await here()
      const { list, reducing } = h.use('k')
      merge(list, 't', ['never', 'was'])
      merge(reducing, 't', ['never', 'was'])
      merge(list, 't', [])
      merge(reducing, 'nor', ['was'])
      deepEqual(inside(list, 't').get(), ['t'])
      equal(inside(reducing, 't').get(), 't')
      equal(inside(reducing, 'nor').get(), undefined)
    },
  },
  {
    id: 'merge-target-among-sources',
    title: 'a target among the sources, or a source named twice, counts once',
    async run({ h, here }) {
      for (const name of ['t', 'a']) {
        inside(h.use('k').list, name).add(name)
        inside(h.use('k').reducing, name).add(name)
      }
      await here()
      merge(h.use('k').list, 't', ['t', 'a', 'a'])
      merge(h.use('k').reducing, 't', ['a', 't', 'a'])
      await here()
      deepEqual(inside(h.use('k').list, 't').get(), ['t', 'a'])
      equal(inside(h.use('k').reducing, 't').get(), 't a')
    },
  },
  {
    id: 'merge-keys-apart',
    title: 'merging acts on the current key and keeps the current namespace',
    async run({ h, here }) {
      for (const key of ['k', 'other']) {
        for (const name of ['t', 'a']) inside(h.use(key).list, name).add(key + name)
      }
      await here()
      inside(h.use('k').list, 'stay').add('stayed')
      merge(h.use('k').list, 't', ['a'])
      deepEqual(h.use('k').list.get(), ['stayed'])
      deepEqual(inside(h.use('k').list, 't').get(), ['kt', 'ka'])
      deepEqual(inside(h.use('other').list, 'a').get(), ['othera'])
    },
  },
  {
    id: 'merge-void',
    title: 'the void namespace can be a source and a target',
    async run({ h, here }) {
      h.use('k').list.add('void')
      inside(h.use('k').list, 'a').add('a')
      await here()
      merge(h.use('k').list, 'a', [VOID_NAMESPACE])
      deepEqual(inside(h.use('k').list, 'a').get(), ['a', 'void'])
      merge(h.use('k').list, VOID_NAMESPACE, ['a'])
      await here()
      deepEqual(inside(h.use('k').list, VOID_NAMESPACE).get(), ['a', 'void'])
    },
  },
  {
    id: 'merge-refused',
    title: 'a wrong namespace, or an aggregate that cannot merge, is refused and changes nothing',
    async run({ h, here }) {
      for (const name of ['t', 'a']) {
        inside(h.use('k').list, name).add(name)
        inside(h.use('k').aggregating, name).add(name)
      }
      await here()
      const { list, aggregating } = h.use('k')
      for (const [target, source] of [
        [null, 'a'],
        ['t', undefined],
      ] as const) {
        throws(
          () => merge(list, target as unknown as Namespace, ['a', source as unknown as Namespace]),
          (error) => hasCode(error, 'INVALID_ARGUMENT'),
        )
      }
      throws(
        () => merge(aggregating, 't', ['a']),
        (error) => hasCode(error, 'INVALID_ARGUMENT'),
      )
      deepEqual(inside(list, 'a').get(), ['a'])
      deepEqual(inside(list, 't').get(), ['t'])
      equal(inside(aggregating, 'a').get(), '1: a')
    },
  },
  {
    id: 'merge-delta',
    title: 'a merge is a row for the target and a DELETE for each source that a run holds',
    async run({ h, here }) {
      for (const name of ['t', 'a', 'b']) inside(h.use('k').list, name).add(name)
      await h.checkpoint()
      await here()
      inside(h.use('k').list, 'fresh').add('fresh')
      merge(h.use('k').list, 't', ['a', 'b', 'fresh'])
      deepEqual((await h.checkpoint()).rows, { list: [0, 2, 1, 0] })
      await h.restore()
      deepEqual(inside(h.use('k').list, 't').get(), ['t', 'a', 'b', 'fresh'])
    },
  },
  {
    id: 'merge-list-order',
    title: 'sources are merged in the order they are named, whatever order they came to be in',
    async run({ h, here }) {
      const names = ['d', 'a', 'c', 'b']
      for (const name of names) inside(h.use('k').list, name).add(name)
      await here()
      merge(h.use('k').list, 'c', ['b', 'd', 'a'])
      merge(h.use('k').list, 'new', ['c'])
      await here()
      deepEqual(inside(h.use('k').list, 'new').get(), ['c', 'b', 'd', 'a'])
    },
  },
  {
    id: 'merge-aggregating-immutable',
    title: 'accumulators made anew for each change are merged as those changed in place',
    async run({ open, here }) {
      const h = await open({ states: { joined: JOINED_ANEW } })
      for (const name of ['a', 'b'])
        for (const part of ['1', '2']) {
          inside(h.use('k').joined, name).add(name + part)
        }
      await here(h)
      merge(h.use('k').joined, 'b', ['a'])
      await here(h)
      equal(inside(h.use('k').joined, 'b').get(), 'b1+b2+a1+a2')
      equal(inside(h.use('k').joined, 'a').get(), undefined)
    },
  },
  {
    id: 'merge-nothing',
    title: 'merging where nothing is held creates nothing, and the key is not listed',
    async run({ open, here }) {
      const h = await open({ states: { joined: JOINED } })
      h.use('other').joined.add('x')
      await here(h)
      merge(h.use('k').joined, 't', ['a', 'b'])
      deepEqual(h.keys(), ['other'])
    },
  },
  {
    id: 'merge-leaves-nothing',
    title: 'after a merge and a clear of the target nothing is left, listed or written',
    async run({ h, here }) {
      for (const name of ['t', 'a']) inside(h.use('k').list, name).add(name)
      await h.checkpoint()
      await here()
      merge(h.use('k').list, 't', ['a'])
      inside(h.use('k').list, 't').clear()
      deepEqual(h.keys(), [])
      deepEqual((await h.checkpoint()).rows, { list: [0, 2, 0, 0] })
      await h.restore()
      deepEqual(h.keys(), [])
      deepEqual((await h.checkpoint()).rows, {})
    },
  },
  {
    id: 'merge-barrier',
    title: 'a merge after a barrier is not in the snapshot; given up, it is in the next one',
    async run({ h, here }) {
      for (const name of ['t', 'a']) {
        inside(h.use('k').list, name).add(name)
        inside(h.use('k').reducing, name).add(name)
      }
      await h.checkpoint()
      await here()
      const { runs } = h
      const given = h.beginSnapshot()
      merge(h.use('k').list, 't', ['a'])
      merge(h.use('k').reducing, 't', ['a'])
      given.abandon()
      const delta = await h.checkpoint()
      deepEqual(delta.rows, { list: [0, 1, 1, 0], reducing: [1, 1, 0, 0] })
      deepEqual(inside(h.use('k').list, 't').get(), ['t', 'a'])
      equal(inside(h.use('k').reducing, 't').get(), 't a')
      await h.restoreTo(runs)
      deepEqual(inside(h.use('k').list, 'a').get(), ['a'])
      equal(inside(h.use('k').reducing, 't').get(), 't')
    },
  },
  {
    id: 'merge-refused-kinds',
    title: 'value and map states have no merge',
    async run({ h, here }) {
      inside(h.use('k').value, 'a').update(1)
      await here()
      for (const state of [h.use('k').value, h.use('k').map] as const) {
        equal((state as unknown as Partial<MergingState>).mergeNamespaces, undefined)
      }
    },
  },
]
