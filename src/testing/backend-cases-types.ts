/** The state backend contract, part: what a value can be. Each value is kept as a value and as a map's. */
import { deepStrictEqual, equal } from 'node:assert/strict'
import type { BackendCase, BackendContext } from './backend-context.js'

const SAFE = Number.MAX_SAFE_INTEGER

const INTEGERS = [0, 1, -1, 127, 128, 255, 256, -32, -33, 65_535, 65_536, 2 ** 31 - 1, 2 ** 31]
const LARGE = [-(2 ** 31), -(2 ** 31) - 1, 2 ** 32 - 1, 2 ** 32, 2 ** 53, SAFE, -SAFE]
const FRACTIONS = [-0, 0.1, -1.5, 1e-300, 1e300, Number.MIN_VALUE, Number.MAX_VALUE]
const TEXTS = [
  '',
  ' ',
  '\0',
  'a\0b',
  'é',
  '→',
  '😀',
  '\u{10ffff}',
  '"\\\n',
  'é'.repeat(40),
  'x'.repeat(70_000),
]

/** Values come back as they were given, of every type the default serializer promises. */
export const typeCases: readonly BackendCase[] = [
  {
    id: 'type-numbers',
    title: 'numbers come back: integers of all sizes, fractions, infinities, NaN, and −0 as −0',
    run: (context) =>
      keepsAll(context, [...INTEGERS, ...LARGE, ...FRACTIONS, Infinity, -Infinity, Number.NaN]),
  },
  {
    id: 'type-texts',
    title: 'texts come back: empty, with NUL, beyond the basic plane, long',
    run: (context) => keepsAll(context, [...TEXTS, { [TEXTS[3] ?? '']: TEXTS }]),
  },
  {
    id: 'type-plain',
    title: 'plain objects and lists come back, with empty, nested, null and undefined members',
    run: (context) =>
      keepsAll(context, [
        true,
        {},
        [],
        [[], {}, [[]]],
        { a: null, b: undefined, c: [undefined, null], '': 0, '0': 'zero' },
        { constructor: 1, toString: 2, hasOwnProperty: 3, length: 4 },
        nested(100),
      ]),
  },
  {
    id: 'type-dates',
    title: 'dates come back to the millisecond, before 1970 and at the ends of time too',
    run: (context) => {
      const times = [0, 1, -1, 1_700_000_000_123, -62_135_596_800_000, 8.64e15, -8.64e15]
      return keepsAll(context, [...times.map((ms) => new Date(ms)), { at: new Date(5) }])
    },
  },
  {
    id: 'type-maps',
    title: 'Maps come back as Maps: empty, large, nested, with keys of any type, inside anything',
    run: (context) =>
      keepsAll(context, [
        new Map(),
        new Map<unknown, unknown>([
          ['a', 1],
          [2, 'b'],
          [null, undefined],
          [{ id: 1 }, [2]],
        ]),
        new Map([['outer', new Map([['inner', new Map([[1, 2]])]])]]),
        { list: [new Map([[1, 'x']])], set: new Set([new Map([['y', 2]])]), plain: { a: 1 } },
        new Map(Array.from({ length: 300 }, (_, i) => [i, `${i}`])),
      ]),
  },
  {
    id: 'type-sets',
    title: 'Sets come back as Sets, in their order',
    run: async (context) => {
      await keepsAll(context, [
        new Set(),
        new Set([3, 'a', null, { b: 1 }]),
        [new Set([new Set([1])])],
      ])
      context.h.use('order').value.update(new Set(['z', 'a', 'm']))
      await context.here()
      deepStrictEqual([...(context.h.use('order').value.value() as Set<string>)], ['z', 'a', 'm'])
    },
  },
  {
    id: 'type-bigints',
    title: 'bigints come back as bigints, small ones and those at the edge of 64 bits',
    run: (context) =>
      keepsAll(context, [
        0n,
        1n,
        -1n,
        2n ** 53n,
        2n ** 63n - 1n,
        -(2n ** 63n),
        2n ** 64n - 1n,
        { a: 5n },
      ]),
  },
  {
    id: 'type-bytes',
    title: 'typed arrays come back with their class and elements, each with memory of its own',
    run: async (context) => {
      await keepsAll(context, [
        new Uint8Array(0),
        Uint8Array.of(0, 1, 255),
        new Uint8Array(70_000).fill(7),
        Int8Array.of(-1),
        Uint16Array.of(1, 65_535),
        Int32Array.of(-1, 2 ** 31 - 1),
        Float32Array.of(0.5),
        Float64Array.of(1.5, -0, Number.NaN),
        BigInt64Array.of(-5n),
        { parts: [Uint8Array.of(1), Uint8Array.of(2, 3)] },
        new Uint8Array([9, 1, 2, 9]).subarray(1, 3),
      ])
    },
  },
  {
    id: 'type-changes',
    title: 'one state may hold values of one type after another',
    async run({ h, here }) {
      for (const value of [
        1,
        'one',
        { one: 1 },
        [1],
        null,
        new Map([[1, 1]]),
        true,
        new Date(1),
        1n,
      ]) {
        h.use('k').value.update(value)
        h.use('k').map.put('x', value)
        await here()
        deepStrictEqual(h.use('k').value.value(), value)
        deepStrictEqual(h.use('k').map.get('x'), value)
      }
    },
  },
]

async function keepsAll({ h, here }: BackendContext, values: readonly unknown[]): Promise<void> {
  for (const [i, value] of values.entries()) {
    h.use(`key ${i}`).value.update(value)
    h.use('map').map.put(i, value)
  }
  await here()
  for (const [i, value] of values.entries()) {
    same(h.use(`key ${i}`).value.value(), value)
    same(h.use('map').map.get(i), value)
  }
  equal(h.keys().length, values.length + 1)
}

function same(found: unknown, expected: unknown): void {
  deepStrictEqual(found, expected)
  if (typeof expected === 'number')
    equal(Object.is(found, expected), true, `${found} for ${expected}`)
}

function nested(depth: number): unknown {
  return depth === 0 ? { leaf: true } : { depth, below: [nested(depth - 1)] }
}
