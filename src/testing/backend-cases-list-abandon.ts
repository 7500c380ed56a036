/** The state backend contract, part: lists whose snapshots are given up or fail, and lists restored. */
import { deepEqual, equal, ok, rejects } from 'node:assert/strict'
import { HoldfastError, hasCode } from '../base/errors.js'
import { listState, mapState, valueState } from '../state/descriptor.js'
import type { Key } from '../state/key.js'
import { messagePack, type Serializer } from '../state/serializer.js'
import type { BackendCase } from './backend-context.js'

/** No element is lost or doubled, however a snapshot ends. */
export const listAbandonCases: readonly BackendCase[] = [
  {
    id: 'list-abandon',
    title:
      'elements of a snapshot that was given up are in the next one with later ones, each once',
    async run({ h, here }) {
      for (const key of ['a', 'b', 'c']) h.use(key).list.add('old')
      await h.checkpoint()
      for (const rows of [0, 1, 5]) {
        await here()
        for (const key of ['a', 'b']) h.use(key).list.add(`before ${rows}`)
        const snapshot = h.beginSnapshot()
        for (let row = 0; row < rows && !snapshot.write(); row++);
        for (const key of ['b', 'c']) h.use(key).list.add(`meanwhile ${rows}`)
        snapshot.abandon()
        for (const key of ['a', 'b', 'c']) h.use(key).list.add(`after ${rows}`)
        const expected = h.contents()
        deepEqual((await h.checkpoint()).rows, { list: [0, 0, 3, 0] })
        await h.restore()
        deepEqual(h.contents(), expected)
      }
      const all = [0, 1, 5].flatMap((n) => [`before ${n}`, `meanwhile ${n}`, `after ${n}`])
      deepEqual(h.use('b').list.get(), ['old', ...all])
    },
  },
  {
    id: 'list-abandon-repeatedly',
    title: 'elements of several snapshots given up in a row add up in one APPEND',
    async run({ h, here }) {
      h.use('k').list.add('old')
      await h.checkpoint()
      await here()
      for (let round = 0; round < 5; round++) {
        h.use('k').list.add(round)
        const snapshot = h.beginSnapshot()
        if (round % 2 === 0) while (!snapshot.write());
        if (round !== 3) h.use('k').list.add(`meanwhile ${round}`)
        snapshot.abandon()
      }
      const expected = h.contents()
      const { rows, run } = await h.checkpoint()
      deepEqual(rows, { list: [0, 0, 1, 0] })
      ok((run?.length ?? 0) < 1000)
      await h.restore()
      deepEqual(h.contents(), expected)
      equal(h.use('k').list.get().length, 10)
    },
  },
  {
    id: 'list-abandon-put',
    title:
      'after a new, a replaced or a cleared list was in a snapshot given up, it is a PUT again',
    async run({ h, here }) {
      for (const key of ['replaced', 'cleared']) h.use(key).list.addAll(['old', 'older'])
      await h.checkpoint()
      await here()
      h.use('new').list.add(1)
      h.use('replaced').list.update([1])
      h.use('cleared').list.clear()
      const snapshot = h.beginSnapshot()
      while (!snapshot.write());
      for (const key of ['new', 'replaced', 'cleared']) h.use(key).list.add(2)
      snapshot.abandon()
      for (const key of ['new', 'replaced', 'cleared']) h.use(key).list.add(3)
      deepEqual((await h.checkpoint()).rows, { list: [3, 0, 0, 0] })
      await h.restore()
      deepEqual(h.contents(), contents({ new: [1, 2, 3], replaced: [1, 2, 3], cleared: [2, 3] }))
    },
  },
  {
    id: 'list-restore-older',
    title: 'a restore from an older checkpoint has no later elements, and goes on from there',
    async run({ h, here }) {
      h.use('k').list.add('first')
      await h.checkpoint()
      await here()
      const first = h.runs
      h.use('k').list.addAll(['second', 'third'])
      await h.checkpoint()
      const second = h.runs
      await h.restoreTo(first)
      deepEqual(h.use('k').list.get(), ['first'])
      h.use('k').list.add('another way')
      deepEqual((await h.checkpoint()).rows, { list: [0, 0, 1, 0] })
      await h.restore()
      deepEqual(h.use('k').list.get(), ['first', 'another way'])
      await h.restoreTo(second)
      deepEqual(h.use('k').list.get(), ['first', 'second', 'third'])
    },
  },
  {
    id: 'list-restore-wrong-kind',
    title: 'rows of a map are refused by a list, and the other way round, naming the state',
    once: true,
    async run({ h, open }) {
      h.use('k').list.add('x')
      h.use('k').map.put('x', new Map())
      await h.checkpoint()
      const swapped = [{ map: listState<unknown>() }, { list: mapState<Key, unknown>() }]
      for (const states of swapped) {
        const name = Object.keys(states)[0]
        await rejects(open({ states, runs: h.runs }), (error) => {
          return hasCode(error, 'CORRUPT') && error.message.includes(`"${name}"`)
        })
      }
    },
  },
  {
    id: 'list-serializer-error',
    title:
      'an element its serializer refuses fails the snapshot by state and key; replaced, all is written',
    async run(context) {
      const states = {
        picky: listState<unknown>({ serializer: picky }),
        good: valueState<unknown>(),
      }
      const h = await context.open({ states })
      h.use('guilty').picky.addAll([1, 2])
      await h.checkpoint()
      await context.here(h)
      h.use('guilty').picky.addAll([3, 'refuse'])
      h.use('fine').picky.add('fine')
      h.use('fine').good.update('good')
      const snapshot = h.beginSnapshot()
      await rejects(snapshot.seal(), (error) => {
        ok(hasCode(error, 'LIMIT_EXCEEDED'), 'the code of the serializer')
        return error.message.includes('"picky"') && error.message.includes('guilty')
      })
      snapshot.abandon()
      h.use('guilty').picky.update([1, 2, 3, 4])
      h.use('guilty').picky.add(5)
      const expected = h.contents()
      await h.checkpoint()
      await h.restore()
      deepEqual(h.contents(), expected)
      deepEqual(h.use('guilty').picky.get(), [1, 2, 3, 4, 5])
    },
  },
]

function contents(lists: Readonly<Record<string, readonly unknown[]>>): unknown {
  return new Map(Object.entries(lists).map(([key, list]) => [key, { list }]))
}

const picky: Serializer<unknown> = {
  id: 'picky',
  write: (value, out) => {
    if (value === 'refuse') throw new HoldfastError('LIMIT_EXCEEDED', 'too picky for this one')
    messagePack<unknown>().write(value, out)
  },
  read: (bytes) => messagePack<unknown>().read(bytes),
}
