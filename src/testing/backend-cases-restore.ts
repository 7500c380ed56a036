/** The state backend contract, part: opening from committed runs, at any parallelism. */
import { deepEqual, equal, ok, rejects } from 'node:assert/strict'
import type { KeyedBackendContext, StateBackend } from '../backend/state-backend.js'
import { HoldfastError, hasCode } from '../base/errors.js'
import { PUT } from '../run/format.js'
import { mapState, valueState } from '../state/descriptor.js'
import type { Key } from '../state/key.js'
import type { Serializer } from '../state/serializer.js'
import type { BackendCase, CaseStates } from './backend-context.js'
import type { KeyedHarness } from './keyed-harness.js'

/** What is opened is what was committed: of the range, of the declared states, and nothing else. */
export const restoreCases: readonly BackendCase[] = [
  {
    id: 'restore-nothing',
    title: 'a restore from no runs, at any parallelism, is an empty backend',
    once: true,
    async run({ h }) {
      h.use('k').value.update('never committed')
      for (const parallelism of [1, 3, 8]) {
        await h.restore(parallelism)
        equal(h.contents().size, 0)
        equal(h.dirty, false)
        h.use('k').value.update('never committed')
      }
    },
  },
  {
    id: 'restore-parallelisms',
    title: 'at every parallelism, even or not, all keys are there, each at its subtask alone',
    async run(context) {
      const { h } = context
      fillKeys(h, 60)
      await h.checkpoint()
      await context.here()
      for (const parallelism of [2, 1, 3, 8, 5]) {
        const digest = h.digest()
        await h.restore(parallelism)
        equal(h.digest(), digest, `${parallelism} subtasks`)
        equal(h.backends.length, parallelism)
        ok(
          h.backends.every((backend) => !backend.keys().next().done),
          'every subtask has keys',
        )
        h.use(parallelism).value.clear()
        h.use(parallelism + 20).map.clear()
        h.use(parallelism + 1000).other.update('new')
        await h.checkpoint()
      }
    },
  },
  {
    id: 'restore-asks-once',
    title: 'the rows of each declared state are asked for once, those of an undeclared one never',
    once: true,
    async run({ h, open, backend }) {
      fillKeys(h, 50)
      await h.checkpoint()
      const asked: string[] = []
      const states = { value: valueState<unknown>(), added: mapState<Key, unknown>() }
      const watched = watching(backend, (context) => ({
        ...context,
        restore: (state) => {
          asked.push(`${state} ${context.range.first}`)
          return context.restore(state)
        },
      }))
      const fewer = await open({ states, runs: h.runs, backend: watched, parallelism: 2 })
      deepEqual(asked.toSorted(), ['added 0', 'added 4', 'value 0', 'value 4'])
      equal(fewer.use(1).value.value(), 'value 1')
      equal(fewer.use(1).added.isEmpty(), true)
      fewer.use(1).added.put('x', 'new')
      deepEqual((await fewer.checkpoint()).rows, { added: [1, 0, 0, 0] })
    },
  },
  {
    id: 'restore-undeclared-kept',
    title: 'a state that is not declared for a while is unchanged when it is declared again',
    once: true,
    async run({ h, open }) {
      fillKeys(h, 20)
      await h.checkpoint()
      const contents = new Map(h.contents())
      const fewer = await open({ states: { value: valueState<unknown>() }, runs: h.runs })
      for (let key = 0; key < 20; key++) fewer.use(key).value.clear()
      deepEqual((await fewer.checkpoint()).rows, { value: [0, 20, 0, 0] })
      await h.restoreTo(fewer.runs)
      for (const [key, { value, ...others }] of contents) {
        ok(value !== undefined)
        contents.set(key, others)
      }
      deepEqual(h.contents(), contents)
    },
  },
  {
    id: 'restore-older',
    title: 'a restore from an older checkpoint has nothing of later ones, and goes on from there',
    async run({ h, here }) {
      h.use('k').value.update('first')
      h.use('k').map.put('x', 'first')
      await h.checkpoint()
      const first = { runs: h.runs, contents: h.contents() }
      h.use('k').map.clear()
      h.use('k').value.update('second')
      h.use('later').value.update('second')
      await h.checkpoint()
      await here()
      const second = { runs: h.runs, contents: h.contents() }
      await h.restoreTo(first.runs)
      deepEqual(h.contents(), first.contents)
      h.use('k').map.put('y', 'another way')
      deepEqual((await h.checkpoint()).rows, { map: [1, 0, 0, 0] })
      await h.restoreTo(second.runs)
      deepEqual(h.contents(), second.contents)
    },
  },
  {
    id: 'restore-mid-snapshot',
    title: 'a backend closed in the middle of a snapshot leaves the last commit and nothing else',
    async run({ h, here }) {
      fillKeys(h, 10)
      await h.checkpoint()
      await here()
      const contents = h.contents()
      for (const steps of [0, 1, 5]) {
        for (let key = 0; key < 10; key++) h.use(key).value.clear()
        const snapshot = h.beginSnapshot()
        for (let i = 0; i < steps; i++) snapshot.write()
        h.use(3).map.clear()
        await h.restore()
        deepEqual(h.contents(), contents)
        equal(h.dirty, false)
      }
    },
  },
  {
    id: 'restore-turns',
    title: 'a restore of many rows lets others have their turn',
    once: true,
    async run({ h, open, backend, states }) {
      for (let key = 0; key < 5000; key++) h.use(key).value.update(key)
      await h.checkpoint()
      let turns = 0
      const watched = watching(backend, (context) => ({
        ...context,
        turn: async () => {
          turns++
        },
      }))
      const restored = await open({ states, runs: h.runs, backend: watched })
      ok(turns > 0, 'turn was never awaited')
      equal(restored.digest(), h.digest())
    },
  },
  {
    id: 'restore-wrong-kind',
    title: 'rows of a map are refused by a value state, and the other way round, naming the state',
    once: true,
    async run({ h, open }) {
      h.use('k').value.update(1)
      h.use('k').map.put('x', 1)
      await h.checkpoint()
      const swapped = [{ map: valueState<unknown>() }, { value: mapState<Key, unknown>() }]
      for (const states of swapped) {
        const name = Object.keys(states)[0]
        await rejects(open({ states, runs: h.runs }), (error) => {
          return hasCode(error, 'CORRUPT') && error.message.includes(`"${name}"`)
        })
      }
    },
  },
  {
    id: 'restore-bad-value',
    title: 'a value its serializer cannot read fails the restore, naming the state',
    once: true,
    async run({ h, open }) {
      h.use('k').other.update(1)
      h.use('k').otherMap.put('x', 1)
      await h.checkpoint()
      const damaged = [
        { other: valueState<unknown>({ serializer: unreadable }) },
        { otherMap: mapState<Key, unknown>({ serializer: unreadable }) },
      ]
      for (const states of damaged) {
        const name = Object.keys(states)[0]
        await rejects(open({ states, runs: h.runs }), (error) => {
          return hasCode(error, 'CORRUPT') && error.message.includes(`"${name}"`)
        })
      }
    },
  },
  {
    id: 'restore-source-fails',
    title: 'an error of the place the rows come from reaches the caller as it is',
    once: true,
    async run({ h, open, backend, states }) {
      fillKeys(h, 10)
      await h.checkpoint()
      const failure = new HoldfastError('STORAGE_FAILED', 'the disk is gone', { retryable: true })
      const failing = watching(backend, (context) => ({
        ...context,
        async *restore(state) {
          yield* context.restore(state)
          throw failure
        },
      }))
      await rejects(open({ states, runs: h.runs, backend: failing }), (error) => error === failure)
      equal((await open({ states, runs: h.runs })).digest(), h.digest())
    },
  },
  {
    id: 'restore-rows',
    title: 'what a backend is given to restore is PUT rows only, after deletions and clears too',
    once: true,
    async run({ h, open, backend, states }) {
      for (const round of [0, 1, 2]) {
        fillKeys(h, 30)
        for (let key = round; key < 30; key += 3) {
          h.use(key).value.clear()
          h.use(key).map.clear()
        }
        await h.checkpoint()
      }
      let rows = 0
      const watched = watching(backend, (context) => ({
        ...context,
        async *restore(state) {
          for await (const batch of context.restore(state)) {
            for (const row of batch) equal(row.kind, PUT)
            rows += batch.length
            yield batch
          }
        },
      }))
      const restored = await open({ states, runs: h.runs, backend: watched, parallelism: 3 })
      equal(restored.digest(), h.digest())
      equal(rows, 30 * 4 - 10 * 2)
    },
  },
  {
    id: 'backends-apart',
    title: 'two keyed backends of one factory share nothing',
    async run(context) {
      const [a, b] = [context.h, await context.fresh()]
      a.use('k').value.update('a')
      b.use('k').value.update('b')
      b.use('k').map.put('x', 'b')
      await context.here(a)
      a.use('k').map.clear()
      await context.here(b)
      deepEqual(a.contents(), new Map([['k', { value: 'a' }]]))
      deepEqual(b.contents(), new Map([['k', { value: 'b', map: new Map([['x', 'b']]) }]]))
    },
  },
]

/** Something in every state of every key. */
function fillKeys(h: KeyedHarness<CaseStates>, count: number): void {
  for (let key = 0; key < count; key++) {
    h.use(key).value.update(`value ${key}`)
    h.use(key).other.update(key)
    h.use(key).map.put('x', key)
    h.use(key).otherMap.put(key, [key])
  }
}

/** The backend, opened with a context of the test's own. */
function watching(
  backend: StateBackend,
  change: (context: KeyedBackendContext) => KeyedBackendContext,
): StateBackend {
  return { name: backend.name, open: (context) => backend.open(change(context)) }
}

const unreadable: Serializer<unknown> = {
  id: 'unreadable',
  write: () => undefined,
  read: () => {
    throw new HoldfastError('CORRUPT', 'unreadable on purpose')
  },
}
