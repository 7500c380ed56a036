/** The state backend contract, part: what an element of a list can be and how many there can be, and keys with lists. */
import { deepEqual, deepStrictEqual, equal, ok, throws } from 'node:assert/strict'
import { hasCode } from '../base/errors.js'
import type { BackendCase } from './backend-context.js'

/** What is no array of elements; `undefined` is among them. */
const NO_ARRAYS = [undefined, null, 'text', 5, new Set([1]), { length: 1, 0: 'x' }]

const ELEMENTS: readonly unknown[] = [
  0,
  -0,
  1.5,
  2 ** 53,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  '',
  'é→😀\0',
  true,
  false,
  null,
  {},
  { a: { b: [1, undefined, null] } },
  [],
  [[], [1, [2]]],
  new Date(5),
  new Map([['x', new Set([1])]]),
  12n,
  Uint8Array.of(0, 255),
]

/** Elements of any type and size, refused as a whole or kept as a whole. */
export const listElementCases: readonly BackendCase[] = [
  {
    id: 'list-undefined',
    title:
      '`undefined` is refused wherever it stands, a hole in an array too, and nothing is changed',
    async run({ h, here }) {
      h.use('k').list.addAll([1, 2])
      await h.checkpoint()
      await here()
      const arrays = [[undefined], [3, undefined], [undefined, 3], [3, undefined, 4], new Array(1)]
      for (const key of ['k', 'absent']) {
        const { list } = h.use(key)
        refused(() => list.add(undefined))
        for (const elements of arrays) {
          refused(() => list.addAll(elements))
          refused(() => list.update(elements))
        }
      }
      equal(h.dirty, false)
      deepEqual(h.contents(), new Map([['k', { list: [1, 2] }]]))
    },
  },
  {
    id: 'list-no-array',
    title: 'what is no array is refused by addAll and update, and nothing is changed',
    async run({ h, here }) {
      h.use('k').list.addAll([1, 2])
      await h.checkpoint()
      await here()
      for (const wrong of NO_ARRAYS) {
        for (const key of ['k', 'absent']) {
          const { list } = h.use(key)
          refused(() => list.addAll(wrong as never))
          refused(() => list.update(wrong as never))
        }
      }
      equal(h.dirty, false)
      deepEqual(h.contents(), new Map([['k', { list: [1, 2] }]]))
    },
  },
  {
    id: 'list-element-types',
    title: 'elements come back as they were given, of any type: null, falsy ones and arrays too',
    async run({ h, here }) {
      for (const element of ELEMENTS) h.use('one by one').list.add(element)
      h.use('together').list.addAll(ELEMENTS)
      h.use('at once').list.update(ELEMENTS)
      for (const [i, element] of ELEMENTS.entries()) h.use(`alone ${i}`).list.add(element)
      await here()
      for (const key of ['one by one', 'together', 'at once']) {
        deepStrictEqual(h.use(key).list.get(), ELEMENTS, key)
      }
      for (const [i, element] of ELEMENTS.entries()) {
        deepStrictEqual(h.use(`alone ${i}`).list.get(), [element])
      }
    },
  },
  {
    id: 'list-large',
    title: 'a list of twenty thousand elements comes back in order, and goes on',
    async run({ h, here }) {
      const elements = Array.from({ length: 20_000 }, (_, i) => i)
      for (const element of elements) h.use('k').list.add(element)
      await here()
      h.use('k').list.add('last')
      await here()
      deepEqual(h.use('k').list.get(), [...elements, 'last'])
    },
  },
  {
    id: 'list-large-element',
    title: 'an element larger than any buffer on its way comes back whole, between small ones',
    async run({ h, here }) {
      const large = 'wide → '.repeat(150_000)
      h.use('k').list.addAll(['small', large])
      await here()
      h.use('k').list.addAll([large, 'small'])
      await here()
      const found = h.use('k').list.get()
      equal(found.length, 4)
      ok(found[1] === large && found[2] === large)
      deepEqual([found[0], found[3]], ['small', 'small'])
    },
  },
  {
    id: 'list-keys-apart',
    title: 'hundreds of keys each have lists of their own, also while keys alternate',
    async run({ h, here }) {
      for (let round = 0; round < 3; round++) {
        for (let key = 0; key < 200; key++) {
          h.use(key).list.add(`${key} ${round}`)
          if (key % 3 === round) h.use(key).otherList.update([round])
        }
        await here()
      }
      for (let key = 0; key < 200; key += 2) h.use(key).list.clear()
      await here()
      for (let key = 0; key < 200; key++) {
        const expected = key % 2 === 0 ? [] : [0, 1, 2].map((round) => `${key} ${round}`)
        deepEqual(h.use(key).list.get(), expected)
        deepEqual(h.use(key).otherList.get(), [key % 3])
      }
    },
  },
  {
    id: 'list-keys-listed',
    title: 'a key with lists alone is listed, once, until the last of them is removed',
    async run({ h, here }) {
      h.use('k').list.addAll([1, 2, 3])
      h.use('k').otherList.add(1)
      for (const remove of [() => h.use('k').list.clear(), () => h.use('k').otherList.update([])]) {
        await here()
        deepEqual(h.keys(), ['k'])
        remove()
      }
      deepEqual(h.keys(), [])
      await here()
      deepEqual(h.keys(), [])
    },
  },
  {
    id: 'list-visited-changed',
    title: 'lists of visited keys may be added to and cleared while keys are visited',
    async run({ h, here }) {
      for (let key = 0; key < 40; key++) h.use(key).list.add(key)
      await here()
      for (const backend of h.backends) {
        for (const [key] of backend.keys()) {
          const { list } = h.use(key)
          deepEqual(list.get(), [key])
          if (Number(key) % 2 === 0) list.clear()
          else list.addAll(['seen', key])
        }
      }
      await here()
      equal(h.keys().length, 20)
      for (let key = 1; key < 40; key += 2) deepEqual(h.use(key).list.get(), [key, 'seen', key])
    },
  },
]

function refused(call: () => void): void {
  throws(call, (error) => hasCode(error, 'INVALID_ARGUMENT'))
}
