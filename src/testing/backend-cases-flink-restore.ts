/**
 * The state backend contract, part: what Flink's tests ask of snapshots and rescales beyond the other cases. Each
 * title is the behaviour; docs/conformance.md names the tests.
 */
import { deepEqual, equal } from 'node:assert/strict'
import { keyGroupOf } from '../keygroup/hash.js'
import { valueState } from '../state/descriptor.js'
import type { BackendCase, Use } from './backend-context.js'
import type { Contents } from './contents.js'

/** From how many subtasks to how many, of how many key groups. */
const RESCALES = [
  [4, 2, 128],
  [2, 4, 128],
  [2, 2, 128],
  [15, 77, 128],
  [77, 15, 128],
  [2, 5, 10],
  [4, 3, 10],
] as const

/** Chains of checkpoints, and every change of parallelism. */
export const flinkRestoreCases: readonly BackendCase[] = [
  {
    id: 'snapshot-untouched',
    title: 'what was restored and never accessed is in every later checkpoint',
    async run({ h, here }) {
      for (const key of ['a', 'b', 'c']) everyKind(h.use.bind(h), key, 'kept')
      await here()
      const contents = h.contents()
      for (let round = 0; round < 3; round++) {
        await h.checkpoint()
        await h.restore()
        h.use(`new ${round}`).value.update(round)
        await h.checkpoint()
        await h.restore()
      }
      for (const [key, found] of contents) deepEqual(h.contents().get(key), found)
      equal(h.contents().size, contents.size + 3)
    },
  },
  {
    id: 'snapshot-state-by-state',
    title: 'states that come into use one after another, with a snapshot after each, are all there',
    async run(context) {
      const names = Array.from({ length: 10 }, (_, i) => `state ${i}`)
      const states = Object.fromEntries(names.map((name) => [name, valueState<number>()]))
      const h = await context.open({ states })
      for (const [i, name] of names.entries()) {
        h.use(i)[name]?.update(i)
        deepEqual((await h.checkpoint()).rows, { [name]: [1, 0, 0, 0] })
      }
      await context.here(h)
      for (const [i, name] of names.entries()) {
        const found = names.map((other) => h.use(i)[other]?.value())
        deepEqual(
          found,
          names.map((other) => (other === name ? i : undefined)),
        )
      }
    },
  },
  {
    id: 'rescale-uneven',
    title:
      'a key of every key group is found with its value after any change of parallelism, even or not',
    async run(context) {
      for (const [from, to, maxParallelism] of RESCALES) {
        const h = await context.open({
          states: context.states,
          maxParallelism,
          parallelism: from,
        })
        const keys = keysOfAllGroups(maxParallelism)
        for (const [keyGroup, key] of keys.entries()) h.use(key).value.update(`of ${keyGroup}`)
        await h.checkpoint()
        await h.restore(to)
        await context.here(h)
        for (const [keyGroup, key] of keys.entries()) {
          equal(h.use(key).value.value(), `of ${keyGroup}`, `${from} to ${to}`)
          h.use(key).value.update(`again ${keyGroup}`)
        }
        equal(h.keys().length, maxParallelism)
        await h.checkpoint()
        await h.restore(from)
        for (const [keyGroup, key] of keys.entries())
          equal(h.use(key).value.value(), `again ${keyGroup}`, `back to ${from}`)
      }
    },
  },
  {
    id: 'restore-older-every-kind',
    title: 'each checkpoint of a chain restores every kind of state to its own moment',
    async run({ h, here }) {
      const moments: { runs: readonly Uint8Array[]; contents: Contents }[] = []
      for (let round = 1; round <= 4; round++) {
        for (let key = 1; key <= round; key++) everyKind(h.use.bind(h), `${key}`, `round ${round}`)
        if (round === 3) for (const state of Object.values(h.use('1'))) state.clear()
        await h.checkpoint()
        moments.push({ runs: h.runs, contents: h.contents() })
      }
      await here()
      for (const { runs, contents } of [...moments, ...moments.toReversed()]) {
        await h.restoreTo(runs)
        deepEqual(h.contents(), contents)
      }
      equal(moments[2]?.contents.has('1'), false)
      equal(moments[3]?.contents.get('1')?.value, 'round 4')
      deepEqual(moments[1]?.contents.get('1')?.list, ['round 1', 'round 2'])
    },
  },
]

/** Writes into a state of each kind of a key. */
function everyKind(use: Use, key: string, value: string): void {
  const states = use(key)
  states.value.update(value)
  states.map.put(value, value)
  states.list.add(value)
  states.reducing.add(value)
  states.aggregating.add(value)
}

/** For each key group, one integer that belongs to it. */
function keysOfAllGroups(maxParallelism: number): number[] {
  const keys: (number | undefined)[] = Array.from({ length: maxParallelism }, () => undefined)
  for (let key = 0, missing = maxParallelism; missing > 0; key++) {
    const keyGroup = keyGroupOf(key, 'long', maxParallelism)
    if (keys[keyGroup] !== undefined) continue
    keys[keyGroup] = key
    missing--
  }
  return keys.map((key) => key ?? 0)
}
