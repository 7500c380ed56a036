/** The state backend contract, part: time to live in namespaces, and when they are merged. */
import { deepEqual, equal } from 'node:assert/strict'
import { aggregatingState, type StateDescriptor, valueState } from '../state/descriptor.js'
import {
  type MergingState,
  type Namespace,
  type NamespacedState,
  VOID_NAMESPACE,
} from '../state/namespace.js'
import type { AggregatingState, State } from '../state/state.js'
import type { BackendCase } from './backend-context.js'
import { openTtl, TTL } from './ttl-kinds.js'

/** Each namespace by itself. */
export const ttlNamespaceCases: readonly BackendCase[] = [
  {
    id: 'ttl-namespaces',
    title: "each namespace's state expires by its own time",
    async run(context) {
      const { at, k, here } = await openTtl(context)
      k().other.update('has state in the void namespace')
      inNamespace(at(0).value, 'id2', (one) => one.update(1))
      await here()
      inNamespace(at(50).value, 'id1', (one) => one.update(2))
      inNamespace(at(50).list, 'id1', (one) => one.add('at 50'))
      inNamespace(at(70).list, 'id1', (one) => one.add('at 70'))
      await here()
      equal(
        inNamespace(at(100).value, 'id2', (one) => one.value()),
        undefined,
      )
      equal(
        inNamespace(at(149).value, 'id1', (one) => one.value()),
        2,
      )
      equal(
        inNamespace(at(150).value, 'id1', (one) => one.value()),
        undefined,
      )
      deepEqual(
        inNamespace(at(150).list, 'id1', (one) => one.get()),
        ['at 70'],
      )
      deepEqual(
        inNamespace(at(150).list, VOID_NAMESPACE, (one) => one.get()),
        [],
      )
    },
  },
  {
    id: 'ttl-merge-list',
    title:
      'merging namespaces merges the elements that live, each with its own time, and none that expired',
    async run(context) {
      const { at, k, here } = await openTtl(context)
      k().other.update('has state in the void namespace')
      inNamespace(at(0).list, 'a', (one) => one.add('at 0'))
      inNamespace(at(60).list, 'b', (one) => one.add('at 60'))
      inNamespace(at(80).list, 'target', (one) => one.add('at 80'))
      inNamespace(at(90).list, 'a', (one) => one.add('at 90'))
      await here()
      merging(at(110).list).mergeNamespaces('target', ['a', 'b', 'c'])
      await here()
      deepEqual(
        inNamespace(at(110).list, 'target', (one) => one.get()),
        ['at 80', 'at 90', 'at 60'],
      )
      deepEqual(
        inNamespace(at(110).list, 'a', (one) => one.get()),
        [],
      )
      deepEqual(
        inNamespace(at(160).list, 'target', (one) => one.get()),
        ['at 80', 'at 90'],
      )
      await here()
      deepEqual(
        inNamespace(at(180).list, 'target', (one) => one.get()),
        ['at 90'],
      )
      deepEqual(
        inNamespace(at(190).list, 'target', (one) => one.get()),
        [],
      )
    },
  },
  {
    id: 'ttl-merge-reducing',
    title:
      'merging namespaces reduces what lives and leaves out what expired; the newest time counts',
    async run(context) {
      const { at, k, here } = await openTtl(context)
      k().other.update('has state in the void namespace')
      inNamespace(at(0).reducing, 'a', (one) => one.add('expired'))
      inNamespace(at(60).reducing, 'b', (one) => one.add('at 60'))
      inNamespace(at(80).reducing, 'c', (one) => one.add('at 80'))
      await here()
      merging(at(110).reducing).mergeNamespaces('target', ['a', 'b', 'c'])
      await here()
      equal(
        inNamespace(at(179).reducing, 'target', (one) => one.get()),
        'at 60 at 80',
      )
      for (const source of ['a', 'b', 'c']) {
        equal(
          inNamespace(k().reducing, source, (one) => one.get()),
          undefined,
        )
      }
      equal(
        inNamespace(at(180).reducing, 'target', (one) => one.get()),
        undefined,
      )
    },
  },
  {
    id: 'ttl-merge-aggregating',
    title: 'merging namespaces joins the accumulators that live and leaves out those that expired',
    async run(context) {
      const states = { sum: joining(), other: valueState<string>() }
      const h = await context.open({ states })
      const sum = (now: number): AggregatingState<string, string> => {
        h.clock.now = now
        return h.use('k').sum
      }
      h.use('k').other.update('has state in the void namespace')
      inNamespace(sum(0), 'a', (one) => one.add('expired'))
      inNamespace(sum(60), 'b', (one) => one.add('at 60'))
      inNamespace(sum(80), 'target', (one) => one.add('at 80'))
      await context.here(h)
      merging(sum(110)).mergeNamespaces('target', ['a', 'b'])
      await context.here(h)
      equal(
        inNamespace(sum(179), 'target', (one) => one.get()),
        'at 80 at 60',
      )
      equal(
        inNamespace(sum(179), 'b', (one) => one.get()),
        undefined,
      )
      equal(
        inNamespace(sum(180), 'target', (one) => one.get()),
        undefined,
      )
    },
  },
  {
    id: 'ttl-namespaces-snapshot-cleanup',
    title:
      'what had expired in some namespaces when a checkpoint was taken is not there after a restore',
    once: true,
    async run(context) {
      for (const parallelism of [1, 3]) {
        const { at, h } = await openTtl(context)
        inNamespace(at(0).value, 'id1', (one) => one.update(1))
        inNamespace(at(50).value, 'id2', (one) => one.update(2))
        h.clock.now = 120
        await h.checkpoint()
        await h.restore(parallelism)
        // Set back: what is seen now was not removed for the time it is now.
        equal(
          inNamespace(at(60).value, 'id1', (one) => one.value()),
          undefined,
        )
        equal(
          inNamespace(at(60).value, 'id2', (one) => one.value()),
          2,
        )
      }
    },
  },
]

/** Acts in a namespace, and leaves the state in the void one. */
function inNamespace<S extends State, R>(state: S, namespace: Namespace, act: (state: S) => R): R {
  const namespaced = state as unknown as NamespacedState
  namespaced.setCurrentNamespace(namespace)
  const result = act(state)
  namespaced.setCurrentNamespace(VOID_NAMESPACE)
  return result
}

function merging(state: State): MergingState {
  return state as MergingState
}

/** Joins what is added, in an accumulator changed in place, and can be merged. */
function joining(): StateDescriptor<AggregatingState<string, string>> {
  return aggregatingState<string, string[], string>(
    {
      create: () => [],
      add: (value, all) => {
        all.push(value)
        return all
      },
      result: (all) => all.join(' '),
      merge: (all, others) => {
        all.push(...others)
        return all
      },
    },
    { ttl: { time: TTL } },
  )
}
