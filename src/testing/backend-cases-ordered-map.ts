/** The state backend contract, part: a map per key in order of map key, and ranges of it. */
import { deepEqual, equal, throws } from 'node:assert/strict'
import { type ErrorCode, hasCode } from '../base/errors.js'
import type { Key } from '../state/key.js'
import type { OrderedMapState, OrderedRange } from '../state/ordered-state.js'
import { type BackendCase, type BackendContext, entriesOf } from './backend-context.js'

/** In order. U+FF5E is before U+1F600 by code point, after it by UTF-16 unit. */
const TEXTS = [
  '',
  '\0',
  '\0a',
  'A',
  'Z',
  'a',
  'a\0',
  'a\0b',
  'aa',
  'é',
  '\u07ff',
  '\ud7ff',
  '～',
  '😀',
  '😀a',
]
const NUMBERS = [
  Number.NEGATIVE_INFINITY,
  -(2 ** 60),
  Number.MIN_SAFE_INTEGER,
  -2.5,
  -2,
  -1.5,
  -Number.MIN_VALUE,
  0,
  Number.MIN_VALUE,
  1,
  1.5,
  2,
  10,
  2 ** 32 + 0.5,
  Number.MAX_SAFE_INTEGER,
  2 ** 60,
  Number.POSITIVE_INFINITY,
]

/** Ends of a range that are none, as a program without types may pass them. */
const BAD_ENDS = [Number.NaN, null, {}, [], [null], 2n ** 63n, Symbol('x'), new Date(0), () => 'x']

/** What is no range. */
const BAD_RANGES = [
  undefined,
  null,
  5,
  'a',
  { gt: 1, gte: 1 },
  { lt: 1, lte: 2 },
  { gte: undefined },
  { lt: undefined },
  { from: 1 },
  { lt: 5, to: 7 },
  { limit: -1 },
  { limit: 1.5 },
  { limit: Number.NaN },
  { limit: '1' },
  { reverse: 1 },
]

/** Order, ends and directions. */
export const orderedMapCases: readonly BackendCase[] = [
  {
    id: 'ordered-absent',
    title: 'an ordered map nothing was put in is empty, and reading it leaves nothing behind',
    async run({ h, here }) {
      for (let round = 0; round < 2; round++) {
        const { ordered } = h.use('k')
        equal(ordered.get('x'), undefined)
        equal(ordered.contains('x'), false)
        equal(ordered.isEmpty(), true)
        equal(ordered.first(), undefined)
        equal(ordered.last(), undefined)
        deepEqual([...ordered.entries()], [])
        deepEqual([...ordered.range({ gte: 1, reverse: true })], [])
        ordered.removeRange({ lt: 5 })
        ordered.remove('x')
        ordered.clear()
        deepEqual(h.keys(), [])
        equal(h.dirty, false)
        await here()
      }
    },
  },
  {
    id: 'ordered-entry',
    title: 'an entry of an ordered map is put, overwritten, read and removed as in any map',
    async run({ h, here }) {
      for (const mapKey of ['b', 'a', 'c']) h.use('k').ordered.put(mapKey, `old ${mapKey}`)
      await here()
      h.use('k').ordered.put('b', 'new')
      h.use('k').ordered.put('c', undefined)
      h.use('k').ordered.put('d', null)
      h.use('k').ordered.remove('absent')
      await here()
      const { ordered } = h.use('k')
      deepEqual(
        ['a', 'b', 'c', 'd'].map((mapKey) => ordered.get(mapKey)),
        ['old a', 'new', undefined, null],
      )
      deepEqual(
        ['a', 'c', 'd'].map((mapKey) => ordered.contains(mapKey)),
        [true, false, true],
      )
      deepEqual(keysIn(ordered), ['a', 'b', 'd'])
      for (const mapKey of ['a', 'b', 'd']) ordered.remove(mapKey)
      equal(ordered.isEmpty(), true)
      await here()
      deepEqual(h.keys(), [])
    },
  },
  {
    id: 'ordered-numbers',
    title:
      'numbers are in order of size: whole ones, fractions, negative ones and infinities mixed; −0 is 0',
    async run(context) {
      await putShuffled(context, NUMBERS)
      const { ordered } = context.h.use('k')
      deepEqual(keysIn(ordered), NUMBERS)
      ordered.put(-0, 'overwritten')
      equal(ordered.get(0), 'overwritten')
      deepEqual(keysIn(ordered, { gte: -0, lte: -0 }), [0])
      deepEqual(keysIn(ordered, { gt: -2, lt: 1.5 }), [
        -1.5,
        -Number.MIN_VALUE,
        0,
        Number.MIN_VALUE,
        1,
      ])
      await context.here()
      deepEqual(keysIn(context.h.use('k').ordered), NUMBERS)
    },
  },
  {
    id: 'ordered-text',
    title:
      'text is in order of code points, not of UTF-16 units; what another one begins with comes first',
    async run(context) {
      await putShuffled(context, TEXTS)
      const { ordered } = context.h.use('k')
      deepEqual(keysIn(ordered), TEXTS)
      deepEqual(keysIn(ordered, { gt: '\ud7ff' }), ['～', '😀', '😀a'])
      deepEqual(keysIn(ordered, { gte: 'a', lt: 'b' }), ['a', 'a\0', 'a\0b', 'aa'])
    },
  },
  {
    id: 'ordered-types',
    title: 'keys of all types in one map are in order of type, and a range goes over them',
    async run(context) {
      const keys: readonly Key[] = [
        false,
        true,
        -1,
        0.5,
        2,
        '',
        '1',
        -5n,
        5n,
        new Uint8Array([]),
        new Uint8Array([0]),
        new Uint8Array([1, 255]),
        ['a', 2],
        ['a', 10],
        ['a', 10, ''],
        ['b', 1],
        { at: 1, name: 'b' },
        { at: 2, name: 'a' },
      ]
      await putShuffled(context, keys)
      const { ordered } = context.h.use('k')
      deepEqual(keysIn(ordered), keys)
      deepEqual(keysIn(ordered, { gte: 0.5, lt: 0n }), [0.5, 2, '', '1', -5n])
      deepEqual(keysIn(ordered, { lt: 0 }), [false, true, -1])
      deepEqual(keysIn(ordered, { gt: false, lt: '1', reverse: true }), ['', 2, 0.5, -1, true])
      deepEqual(keysIn(ordered, { gte: ['a', 2.0], lt: ['b', 0] }), keys.slice(12, 15))
      deepEqual(keysIn(ordered, { gt: { name: 'b', at: 1 } }), keys.slice(17))
      deepEqual(keysIn(ordered, { gte: new Uint8Array([0]), limit: 2 }), keys.slice(10, 12))
    },
  },
  {
    id: 'ordered-however-put',
    title:
      'the order is that of the keys, however they were put: upwards, downwards, or from both sides',
    async run({ h, here }) {
      const keys = Array.from({ length: 40 }, (_, i) => i)
      const ways = {
        up: keys,
        down: keys.toReversed(),
        both: keys.map((i) => (i % 2 === 0 ? i : 40 - i)),
      }
      for (const [way, order] of Object.entries(ways)) {
        for (const mapKey of order) h.use(way).ordered.put(mapKey, mapKey)
      }
      for (let round = 0; round < 2; round++) {
        for (const way of Object.keys(ways)) deepEqual(keysIn(h.use(way).ordered), keys)
        await here()
      }
    },
  },
  {
    id: 'ordered-first-last',
    title: 'first and last are the ends of the map, whatever is put and removed there',
    async run({ h, here }) {
      h.use('k').ordered.put(5, 'five')
      deepEqual(endsOf(h.use('k').ordered), [5, 5])
      h.use('k').ordered.put(3, 'three')
      h.use('k').ordered.put(7, 'seven')
      await here()
      deepEqual(h.use('k').ordered.first(), [3, 'three'])
      deepEqual(h.use('k').ordered.last(), [7, 'seven'])
      h.use('k').ordered.remove(3)
      h.use('k').ordered.remove(7)
      deepEqual(endsOf(h.use('k').ordered), [5, 5])
      await here()
      h.use('k').ordered.put(9, 'nine')
      h.use('k').ordered.remove(5)
      deepEqual(endsOf(h.use('k').ordered), [9, 9])
    },
  },
  {
    id: 'ordered-range-ends',
    title: 'gte and lte include the entry at the end of a range, gt and lt do not',
    async run(context) {
      const { ordered } = await tens(context)
      deepEqual(keysIn(ordered, { gte: 20, lte: 40 }), [20, 30, 40])
      deepEqual(keysIn(ordered, { gt: 20, lte: 40 }), [30, 40])
      deepEqual(keysIn(ordered, { gte: 20, lt: 40 }), [20, 30])
      deepEqual(keysIn(ordered, { gt: 20, lt: 40 }), [30])
      deepEqual(keysIn(ordered, { gte: 20, lte: 20 }), [20])
    },
  },
  {
    id: 'ordered-range-between',
    title: 'the ends of a range need not be in the map, nor within its own ends',
    async run(context) {
      const { ordered } = await tens(context)
      for (const range of [
        { gte: 15, lte: 35 },
        { gt: 15, lt: 35 },
        { gt: 19.9, lte: 30.1 },
      ]) {
        deepEqual(keysIn(ordered, range), [20, 30])
      }
      deepEqual(keysIn(ordered, { gte: -1000, lt: 1000 }), [10, 20, 30, 40, 50])
      deepEqual(keysIn(ordered, { gte: 1000 }), [])
      deepEqual(keysIn(ordered, { lt: -1000 }), [])
    },
  },
  {
    id: 'ordered-range-open',
    title: 'without an end a range is open there',
    async run(context) {
      const { ordered } = await tens(context)
      deepEqual(keysIn(ordered, { gt: 30 }), [40, 50])
      deepEqual(keysIn(ordered, { gte: 30 }), [30, 40, 50])
      deepEqual(keysIn(ordered, { lt: 30 }), [10, 20])
      deepEqual(keysIn(ordered, { lte: 30 }), [10, 20, 30])
      deepEqual(keysIn(ordered, {}), [10, 20, 30, 40, 50])
      deepEqual([...ordered.range({})], [...ordered.entries()])
    },
  },
  {
    id: 'ordered-range-empty',
    title: 'a range whose lower end is not below its upper one holds nothing, and removes nothing',
    async run(context) {
      const { ordered } = await tens(context)
      for (const range of [
        { gte: 40, lte: 20 },
        { gt: 20, lt: 20 },
        { gte: 20, lt: 20 },
        { gt: 20, lte: 20 },
        { gt: 40, lt: 20, reverse: true },
      ]) {
        deepEqual(keysIn(ordered, range), [])
        ordered.removeRange(range)
      }
      deepEqual(keysIn(ordered), [10, 20, 30, 40, 50])
    },
  },
  {
    id: 'ordered-range-reverse',
    title: 'in reverse a range holds the same entries, from its upper end down',
    async run(context) {
      const { ordered } = await tens(context)
      deepEqual(keysIn(ordered, { reverse: true }), [50, 40, 30, 20, 10])
      deepEqual(keysIn(ordered, { gte: 20, lt: 50, reverse: true }), [40, 30, 20])
      deepEqual(keysIn(ordered, { gt: 20, lte: 45, reverse: true }), [40, 30])
      deepEqual(keysIn(ordered, { lt: 30, reverse: false }), [10, 20])
    },
  },
  {
    id: 'ordered-range-limit',
    title: 'a limit counts from the end a range begins at; 0 is nothing, more than there is is all',
    async run(context) {
      const { ordered } = await tens(context)
      deepEqual(keysIn(ordered, { limit: 2 }), [10, 20])
      deepEqual(keysIn(ordered, { gt: 10, limit: 3 }), [20, 30, 40])
      deepEqual(keysIn(ordered, { lte: 40, reverse: true, limit: 2 }), [40, 30])
      deepEqual(keysIn(ordered, { limit: 0 }), [])
      deepEqual(keysIn(ordered, { gt: 30, limit: 100 }), [40, 50])
      deepEqual(keysIn(ordered, { gt: 30, limit: Number.POSITIVE_INFINITY }), [40, 50])
    },
  },
  {
    id: 'ordered-remove-range',
    title: 'removing a range removes its entries, and no other key, entry or state',
    async run(context) {
      const { h, here } = context
      await tens(context)
      h.use('other').ordered.put(20, 'of another key')
      h.use('k').map.put(20, 'of another state')
      h.use('k').ordered.removeRange({ gt: 10, lte: 30 })
      deepEqual(keysIn(h.use('k').ordered), [10, 40, 50])
      await here()
      deepEqual(keysIn(h.use('k').ordered), [10, 40, 50])
      h.use('k').ordered.put(25, 'again')
      h.use('k').ordered.removeRange({ gte: 45 })
      deepEqual(keysIn(h.use('k').ordered), [10, 25, 40])
      await here()
      deepEqual(keysIn(h.use('k').ordered), [10, 25, 40])
      deepEqual(keysIn(h.use('other').ordered), [20])
      deepEqual(entriesOf(h.use('k').map), new Map([[20, 'of another state']]))
    },
  },
  {
    id: 'ordered-remove-limit',
    title: 'with a limit the first entries of a range are removed, in reverse the last ones',
    async run(context) {
      await tens(context)
      const { ordered } = context.h.use('k')
      ordered.removeRange({ gt: 10, limit: 1 })
      deepEqual(keysIn(ordered), [10, 30, 40, 50])
      ordered.removeRange({ reverse: true, limit: 2 })
      deepEqual(keysIn(ordered), [10, 30])
      ordered.removeRange({ limit: 0 })
      await context.here()
      deepEqual(keysIn(context.h.use('k').ordered), [10, 30])
    },
  },
  {
    id: 'ordered-remove-all',
    title: 'a map whose whole range is removed is gone, and can be filled anew',
    async run(context) {
      const { h, here } = context
      await tens(context)
      h.use('k').ordered.removeRange({ lte: 50 })
      equal(h.use('k').ordered.isEmpty(), true)
      deepEqual(endsOf(h.use('k').ordered), [undefined, undefined])
      deepEqual(h.keys(), [])
      await here()
      deepEqual(h.keys(), [])
      h.use('k').ordered.put(30, 'new')
      h.use('k').ordered.removeRange({})
      h.use('k').ordered.put(30, 'newer')
      await here()
      deepEqual([...h.use('k').ordered.entries()], [[30, 'newer']])
    },
  },
  {
    id: 'ordered-bad-range',
    title: 'what is no range is refused at the call, as INVALID_ARGUMENT, and nothing is changed',
    async run(context) {
      await tens(context)
      const { ordered } = context.h.use('k')
      for (const range of BAD_RANGES) {
        refused(() => ordered.range(range as OrderedRange<Key>), 'INVALID_ARGUMENT')
        refused(() => ordered.removeRange(range as OrderedRange<Key>), 'INVALID_ARGUMENT')
      }
      deepEqual(keysIn(ordered), [10, 20, 30, 40, 50])
      equal(context.h.dirty, context.mode === 'plain')
    },
  },
  {
    id: 'ordered-bad-key',
    title:
      'what cannot be a key is refused as an end and as a map key, as INVALID_KEY, and nothing is changed',
    async run(context) {
      await tens(context)
      const { ordered } = context.h.use('k')
      for (const bad of BAD_ENDS) {
        refused(() => ordered.range({ gte: bad as Key }), 'INVALID_KEY')
        refused(() => ordered.range({ gte: 10, lt: bad as Key }), 'INVALID_KEY')
        refused(() => ordered.removeRange({ lte: bad as Key }), 'INVALID_KEY')
        refused(() => ordered.put(bad as Key, 1), 'INVALID_KEY')
      }
      deepEqual(keysIn(ordered), [10, 20, 30, 40, 50])
      equal(context.h.dirty, context.mode === 'plain')
    },
  },
]

/** The map keys of a range, in its order. */
function keysIn(map: OrderedMapState<Key, unknown>, range: OrderedRange<Key> = {}): Key[] {
  return Array.from(map.range(range), ([mapKey]) => mapKey)
}

function endsOf(map: OrderedMapState<Key, unknown>): unknown[] {
  return [map.first()?.[0], map.last()?.[0]]
}

/** In an order that is neither up nor down. */
async function putShuffled({ h, here }: BackendContext, keys: readonly Key[]): Promise<void> {
  const half = Math.ceil(keys.length / 2)
  for (let i = 0; i < half; i++) {
    for (const mapKey of keys.slice(half + i, half + i + 1)) h.use('k').ordered.put(mapKey, i)
    h.use('k').ordered.put(keys[half - 1 - i] as Key, i)
  }
  await here()
}

/** 10 to 50 under `k`, put out of order. */
async function tens(context: BackendContext): Promise<{ ordered: OrderedMapState<Key, unknown> }> {
  await putShuffled(context, [10, 20, 30, 40, 50])
  return context.h.use('k')
}

function refused(call: () => unknown, code: ErrorCode): void {
  throws(call, (error) => hasCode(error, code))
}
