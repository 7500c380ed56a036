/** The state backend contract, part: how snapshots end. Given up, failed, asked for too early, committed. */
import { deepEqual, equal, ok, rejects, throws } from 'node:assert/strict'
import { HoldfastError, hasCode } from '../base/errors.js'
import { mapState, valueState } from '../state/descriptor.js'
import type { Key } from '../state/key.js'
import { messagePack, type Serializer } from '../state/serializer.js'
import { type BackendCase, entriesOf } from './backend-context.js'

/** No change is lost or doubled, however a snapshot ends. */
export const abandonCases: readonly BackendCase[] = [
  {
    id: 'abandon-deletions',
    title: 'what a snapshot that was given up had deleted and cleared is in the next one',
    async run({ h, here }) {
      for (const key of ['a', 'b', 'c']) {
        h.use(key).value.update(key)
        for (let i = 0; i < 10; i++) h.use(key).map.put(i, key)
      }
      await h.checkpoint()
      await here()
      h.use('a').value.clear()
      h.use('b').map.clear()
      h.use('c').map.remove(3)
      const snapshot = h.beginSnapshot()
      while (!snapshot.write());
      snapshot.abandon()
      deepEqual((await h.checkpoint()).rows, { value: [0, 1, 0, 0], map: [0, 1, 0, 1] })
      await h.restore()
      equal(h.use('a').value.value(), undefined)
      equal(h.use('b').map.isEmpty(), true)
      equal(entriesOf(h.use('c').map).size, 9)
    },
  },
  {
    id: 'abandon-forgets',
    title: 'a restore after a snapshot was given up has none of its changes',
    async run({ h, here }) {
      h.use('k').value.update('kept')
      h.use('k').map.put('x', 'kept')
      await h.checkpoint()
      await here()
      const contents = h.contents()
      h.use('k').value.clear()
      h.use('k').map.put('x', 'lost')
      h.use('new').other.update('lost')
      const snapshot = h.beginSnapshot()
      snapshot.write()
      snapshot.abandon()
      await h.restore()
      deepEqual(h.contents(), contents)
    },
  },
  {
    id: 'abandon-repeatedly',
    title: 'the changes of several snapshots given up in a row add up in the next, each key once',
    async run({ h, here }) {
      for (let key = 0; key < 10; key++) h.use(key).value.update('first')
      await h.checkpoint()
      await here()
      for (let round = 0; round < 5; round++) {
        h.use(round).value.update(`round ${round}`)
        h.use(round + 1).value.clear()
        h.use(21).map.put(round, round)
        if (round === 2) h.use(21).map.clear()
        const snapshot = h.beginSnapshot()
        for (let row = 0; row < round && !snapshot.write(); row++);
        snapshot.abandon()
      }
      deepEqual((await h.checkpoint()).rows, { value: [5, 1, 0, 0], map: [2, 0, 0, 1] })
      const contents = h.contents()
      await h.restore()
      deepEqual(h.contents(), contents)
      deepEqual(
        entriesOf(h.use(21).map),
        new Map([
          [3, 3],
          [4, 4],
        ]),
      )
    },
  },
  {
    id: 'snapshot-unsettled',
    title:
      'a snapshot asked for before the last one is settled is refused, at any moment, and nothing is lost',
    async run(context) {
      for (const commit of [true, false]) {
        const h = await context.fresh()
        h.use('k').value.update('old')
        h.use('k').map.put('x', 'old')
        await h.checkpoint()
        await context.here(h)
        h.use('k').value.clear()
        h.use('k').other.update('new')
        h.use('k').map.clear()
        const refused = (): void => {
          h.use('late').value.update('late')
          // Settled last, so it is unsettled at every moment of the snapshot.
          throws(
            () => h.backends.at(-1)?.snapshot(),
            (error) => hasCode(error, 'INVALID_STATE'),
          )
        }
        const snapshot = h.beginSnapshot()
        refused()
        while (!snapshot.write()) refused()
        refused()
        if (commit) await snapshot.seal()
        refused()
        while (!snapshot.settle()) refused()
        const contents = h.contents()
        await h.checkpoint()
        await h.restore()
        deepEqual(h.contents(), contents)
        deepEqual(
          h.contents(),
          new Map([
            ['k', { other: 'new' }],
            ['late', { value: 'late' }],
          ]),
        )
      }
    },
  },
  {
    id: 'settle-frees',
    title: 'after deletions are committed their keys and entries are as if they had never been',
    async run({ h, here }) {
      for (let round = 0; round < 3; round++) {
        for (let key = 0; key < 20; key++) {
          h.use(key).value.update(round)
          h.use(key).map.put('x', round)
          h.use(key).map.put('y', round)
        }
        await h.checkpoint()
        await here()
        for (let key = 0; key < 20; key++) {
          h.use(key).value.clear()
          if (key % 2 === 0) h.use(key).map.clear()
          else for (const entry of ['x', 'y']) h.use(key).map.remove(entry)
        }
        const { rows } = await h.checkpoint()
        deepEqual(rows, { value: [0, 20, 0, 0], map: [0, 20, 0, 10] })
        deepEqual(h.keys(), [])
        equal(h.use(1).map.isEmpty(), true)
        deepEqual((await h.checkpoint()).rows, {})
      }
    },
  },
  {
    id: 'current-key-kept',
    title: 'the current key and its state stay usable through a snapshot, without being set again',
    async run({ h, here }) {
      h.use('k').value.update(1)
      h.use('k').map.put('x', 1)
      await here()
      const { value, map } = h.use('k')
      for (let round = 0; round < 3; round++) {
        equal(value.value(), 1)
        value.clear()
        map.remove('x')
        map.clear()
        await h.checkpoint()
        equal(value.value(), undefined)
        equal(map.isEmpty(), true)
        deepEqual(h.keys(), [])
        value.update(1)
        deepEqual(h.keys(), ['k'])
        map.put('x', 1)
        equal(h.use('k').value.value(), 1)
        equal(h.use('k').map.get('x'), 1)
        await h.checkpoint()
      }
      await h.restore()
      deepEqual(h.contents(), new Map([['k', { value: 1, map: new Map([['x', 1]]) }]]))
    },
  },
  {
    id: 'serializer-error',
    title:
      'a value its serializer refuses fails the snapshot by state and key; replaced, all is written',
    async run(context) {
      const states = {
        good: valueState<unknown>(),
        picky: valueState<unknown>({ serializer: picky }),
        pickyMap: mapState<Key, unknown>({ serializer: picky }),
      }
      const h = await context.open({ states })
      h.use('fine').picky.update(1)
      await context.here(h)
      for (const name of ['picky', 'pickyMap'] as const) {
        const set = (value: unknown): void => {
          if (name === 'picky') h.use('guilty').picky.update(value)
          else h.use('guilty').pickyMap.put('x', value)
        }
        h.use('before').good.update(name)
        h.use('fine').picky.update(`${name} too`)
        h.use('fine').pickyMap.clear()
        set('refuse')
        const snapshot = h.beginSnapshot()
        await rejects(snapshot.seal(), (error) => {
          ok(hasCode(error, 'LIMIT_EXCEEDED'), 'the code of the serializer')
          ok(error.message.includes(`"${name}"`) && error.message.includes('guilty'), error.message)
          return error.message.includes('too picky')
        })
        snapshot.abandon()
        set('accepted')
        const contents = h.contents()
        await h.checkpoint()
        await h.restore()
        deepEqual(h.contents(), contents)
        equal(h.use('fine').picky.value(), `${name} too`)
      }
    },
  },
  {
    id: 'serializer-error-key',
    title:
      'an error of a value names its key readably: a number as it is, a long text by its beginning',
    async run(context) {
      for (const key of [-12, 0.5, Number.POSITIVE_INFINITY, 'short', 'beginning '.repeat(5000)]) {
        const h = await context.open({
          states: { picky: valueState<unknown>({ serializer: picky }) },
        })
        h.use(key).picky.update('accepted')
        await context.here(h)
        h.use(key).picky.update('refuse')
        await rejects(h.beginSnapshot().seal(), (error) => {
          ok(error instanceof Error && error.message.length < 300)
          return error.message.includes(String(key).slice(0, 10))
        })
      }
    },
  },
  {
    id: 'values-refused',
    title:
      'functions and symbols, at any depth, and values without end fail the snapshot, not the backend',
    async run({ h, here }) {
      const endless: unknown[] = []
      endless.push(endless)
      const refused = [
        () => 1,
        Symbol('x'),
        { deep: [() => 1] },
        [Symbol('y')],
        new Map([[1, () => 1]]),
      ]
      h.use('k').other.update('kept')
      await here()
      for (const value of [...refused, endless, new Map([['x', endless]])]) {
        h.use('guilty').value.update(value)
        const snapshot = h.beginSnapshot()
        await rejects(snapshot.seal(), (error) => {
          return hasCode(error, 'INVALID_ARGUMENT') && error.message.includes('"value"')
        })
        snapshot.abandon()
        h.use('guilty').value.clear()
      }
      await h.checkpoint()
      await h.restore()
      deepEqual(h.contents(), new Map([['k', { other: 'kept' }]]))
    },
  },
]

const picky: Serializer<unknown> = {
  id: 'picky',
  write: (value, out) => {
    if (value === 'refuse') {
      out.text('half a value')
      throw new HoldfastError('LIMIT_EXCEEDED', 'too picky for this one')
    }
    messagePack<unknown>().write(value, out)
  },
  read: (bytes) => messagePack<unknown>().read(bytes),
}
