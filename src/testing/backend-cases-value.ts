/** The state backend contract, part: one value per key. */
import { deepEqual, equal, ok, throws } from 'node:assert/strict'
import type { KeyedStateBackend } from '../backend/state-backend.js'
import { hasCode } from '../base/errors.js'
import type { Key } from '../state/key.js'
import type { MapState, ValueState } from '../state/state.js'
import type { BackendCase } from './backend-context.js'

const VALUE_STEPS = ['one', undefined, 'two', 'three', undefined, undefined, null, 'four']

/** A value is set, read and removed, for its key and its state only. */
export const valueCases: readonly BackendCase[] = [
  {
    id: 'value-absent',
    title: 'a value that was never set is undefined, and reading it leaves nothing behind',
    async run({ h, here }) {
      h.use('present').value.update('x')
      for (let round = 0; round < 2; round++) {
        equal(h.use('absent').value.value(), undefined)
        equal(h.use('absent').value.value(), undefined)
        deepEqual(h.keys(), ['present'])
        await here()
      }
    },
  },
  {
    id: 'value-update',
    title: 'the value set last is read, as often as it is asked for, in one interval or in several',
    async run({ h, here }) {
      for (const value of ['one', 'two', 'three', 'four']) {
        h.use('k').value.update(value)
        equal(h.use('k').value.value(), value)
        if (value === 'two') await here()
      }
      await here()
      equal(h.use('k').value.value(), 'four')
      equal(h.use('k').value.value(), 'four')
    },
  },
  {
    id: 'value-clear',
    title: 'a cleared value is absent and stays so, its neighbours stay',
    async run({ h, here }) {
      for (const key of ['a', 'b', 'c']) h.use(key).value.update(key)
      await here()
      h.use('b').value.clear()
      equal(h.use('b').value.value(), undefined)
      await here()
      equal(h.use('b').value.value(), undefined)
      deepEqual(h.keys().toSorted(), ['a', 'c'])
    },
  },
  {
    id: 'value-clear-absent',
    title: 'clearing an absent value is nothing, the first time and the second',
    async run({ h, here }) {
      h.use('never').value.clear()
      h.use('once').value.update(1)
      await here()
      for (let round = 0; round < 2; round++) h.use('once').value.clear()
      await here()
      h.use('once').value.clear()
      deepEqual(h.keys(), [])
      equal(h.use('never').value.value(), undefined)
    },
  },
  {
    id: 'value-update-undefined',
    title: 'updating to undefined removes the value, as clear does',
    async run({ h, here }) {
      h.use('k').value.update('x')
      await here()
      h.use('k').value.update(undefined)
      equal(h.use('k').value.value(), undefined)
      h.use('never').value.update(undefined)
      deepEqual(h.keys(), [])
      await here()
      deepEqual(h.keys(), [])
    },
  },
  {
    id: 'value-null',
    title: 'null is a value: it is read back, its key is listed, and clear removes it',
    async run({ h, here }) {
      h.use('k').value.update(null)
      await here()
      equal(h.use('k').value.value(), null)
      deepEqual(h.keys(), ['k'])
      h.use('k').value.clear()
      await here()
      equal(h.use('k').value.value(), undefined)
      deepEqual(h.keys(), [])
    },
  },
  {
    id: 'value-falsy',
    title: '0, false, NaN and the empty text are values, not absences',
    async run({ h, here }) {
      const values = new Map<string, unknown>([
        ['zero', 0],
        ['no', false],
        ['nan', NaN],
        ['text', ''],
      ])
      for (const [key, value] of values) h.use(key).value.update(value)
      await here()
      for (const [key, value] of values) equal(h.use(key).value.value(), value, key)
      equal(h.keys().length, values.size)
    },
  },
  {
    id: 'value-steps',
    title:
      'a value set, cleared and set again is what the last step made it, wherever a checkpoint falls',
    async run({ h, here }) {
      for (const step of VALUE_STEPS) {
        h.use('k').value.update(step)
        equal(h.use('k').value.value(), step)
        await here()
        equal(h.use('k').value.value(), step)
        equal(h.keys().length, step === undefined ? 0 : 1)
      }
    },
  },
  {
    id: 'value-steps-between',
    title: 'a value cleared and set again within one interval is there',
    async run({ h, here }) {
      for (const key of ['new', 'old']) {
        if (key === 'old') {
          h.use(key).value.update('first')
          await here()
        }
        h.use(key).value.update('second')
        h.use(key).value.clear()
        h.use(key).value.update('third')
        await here()
        equal(h.use(key).value.value(), 'third', key)
        h.use(key).value.clear()
      }
    },
  },
  {
    id: 'value-keys-apart',
    title: 'each key has its own value, also while keys alternate and some are absent',
    async run({ h, here }) {
      const { value } = h.use('a')
      value.update('of a')
      equal(h.use('b').value.value(), undefined)
      h.use('a').value.update('of a again')
      h.use('b').value.update('of b')
      await here()
      equal(h.use('a').value.value(), 'of a again')
      equal(h.use('b').value.value(), 'of b')
      equal(h.use('c').value.value(), undefined)
      h.use('c').value.update('of c')
      h.use('a').value.clear()
      equal(h.use('b').value.value(), 'of b')
      equal(h.use('a').value.value(), undefined)
      equal(h.use('c').value.value(), 'of c')
    },
  },
  {
    id: 'value-states-apart',
    title: 'the states of a key are apart: clearing one leaves the others',
    async run({ h, here }) {
      const states = h.use('k')
      states.value.update('value')
      states.other.update('other')
      states.map.put('entry', 'map')
      await here()
      h.use('k').value.clear()
      await here()
      const after = h.use('k')
      equal(after.value.value(), undefined)
      equal(after.other.value(), 'other')
      equal(after.map.get('entry'), 'map')
      after.map.clear()
      equal(after.other.value(), 'other')
      deepEqual(h.keys(), ['k'])
    },
  },
  {
    id: 'state-object',
    title: 'a state is one object that always acts on the current key',
    async run({ h, here }) {
      const { value } = h.use('a')
      value.update('of a')
      h.use('b')
      equal(value.value(), undefined)
      value.update('of b')
      h.use('a')
      equal(value.value(), 'of a')
      for (let round = 0; round < 2; round++) {
        for (const backend of h.backends) {
          const states = ['value', 'other', 'map', 'otherMap'].map((name) => backend.state(name))
          deepEqual(states, [...new Set(states)])
          for (const [i, name] of ['value', 'other', 'map', 'otherMap'].entries()) {
            ok(backend.state(name) === states[i])
          }
        }
        await here()
      }
      equal(h.use('b').value.value(), 'of b')
    },
  },
  {
    id: 'state-undeclared',
    title: 'a state that was not declared is refused by name, whatever its name',
    once: true,
    run({ h }) {
      for (const name of ['missing', '', 'Value', 'toString', '__proto__', 'constructor']) {
        throws(
          () => h.backends[0]?.state(name),
          (error) => hasCode(error, 'INVALID_STATE') && error.message.includes(`"${name}"`),
          name,
        )
      }
    },
  },
  {
    id: 'no-current-key',
    title: 'no state can be used before a key is current, after a restore neither',
    once: true,
    async run({ h }) {
      for (let round = 0; round < 2; round++) {
        const { value, map } = statesWithoutKey(h.backends[0])
        const calls = {
          value: () => value.value(),
          update: () => value.update(1),
          'update to undefined': () => value.update(undefined),
          'clear of a value': () => value.clear(),
          get: () => map.get('x'),
          put: () => map.put('x', 1),
          remove: () => map.remove('x'),
          contains: () => map.contains('x'),
          isEmpty: () => map.isEmpty(),
          entries: () => map.entries(),
          'clear of a map': () => map.clear(),
        }
        for (const [name, call] of Object.entries(calls)) {
          throws(call, (error) => hasCode(error, 'INVALID_STATE'), name)
        }
        equal(h.dirty, false)
        h.use('k').value.update('now')
        equal(h.use('k').value.value(), 'now')
        await h.checkpoint()
        await h.restore()
      }
    },
  },
  {
    id: 'value-large',
    title: 'a value larger than any buffer on its way comes back whole, between small ones',
    async run({ h, here }) {
      const large = 'wide → '.repeat(150_000)
      h.use('a').value.update('small')
      h.use('b').value.update(large)
      h.use('b').map.put('x', { large })
      h.use('c').value.update('small')
      await here()
      ok(h.use('b').value.value() === large)
      deepEqual(h.use('b').map.get('x'), { large })
      equal(h.use('a').value.value(), 'small')
      equal(h.use('c').value.value(), 'small')
    },
  },
  {
    id: 'value-many',
    title: 'thousands of keys each keep their own value, half of them removed again',
    async run({ h, here }) {
      for (let i = 0; i < 800; i++) h.use(`key-${i}`).value.update(i)
      await here()
      for (let i = 0; i < 800; i += 2) h.use(`key-${i}`).value.clear()
      await here()
      for (let i = 0; i < 800; i++) {
        equal(h.use(`key-${i}`).value.value(), i % 2 === 0 ? undefined : i)
      }
      equal(new Set(h.keys()).size, 400)
    },
  },
]

function statesWithoutKey(backend: KeyedStateBackend | undefined): {
  readonly value: ValueState<unknown>
  readonly map: MapState<Key, unknown>
} {
  ok(backend !== undefined)
  const value = backend.state('value') as ValueState<unknown>
  return { value, map: backend.state('map') as MapState<Key, unknown> }
}
