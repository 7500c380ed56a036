import { execFileSync } from 'node:child_process'
import { isDeepStrictEqual } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ByteWriter } from '../../base/bytes.js'
import { schemaSerializer } from '../schema-serializer.js'
import { Misfit } from './codec.js'
import { Cursor } from './cursor.js'
import * as s from './schema.js'
import { schemaCodec } from './schema-codec.js'
import { misfit } from './schema-fit.js'

const NAMES = ['id', '__proto__', 'constructor', 'toString', '7', '', 'valueOf', 'length', 'ünï']

/** Any schema that a record's member can have, with values that fit it. */
interface Declared {
  readonly schema: s.SchemaNode
  readonly value: fc.Arbitrary<unknown>
}

const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 90 }),
  fc.string({ unit: 'grapheme-ascii', maxLength: 90 }),
  fc
    .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 9 })
    .map((codes) => String.fromCharCode(...codes)),
  fc.constantFrom(
    '\ufeffbom',
    '\ud800',
    '\udc00\ud800',
    'a'.repeat(63),
    'a'.repeat(64),
    'é'.repeat(70),
  ),
)
const SCALARS: readonly Declared[] = [
  { schema: s.text(), value: anyText },
  { schema: s.int(), value: fc.integer() },
  { schema: s.long(), value: fc.maxSafeInteger().map((value) => value + 0) },
  { schema: s.double(), value: fc.oneof(fc.double(), fc.constantFrom(-0, Number.NaN)) },
  { schema: s.bool(), value: fc.boolean() },
  { schema: s.bigint(), value: fc.oneof(fc.bigInt(), fc.bigInt({ min: -300n, max: 300n })) },
  { schema: s.oneOf('a', '', '__proto__'), value: fc.constantFrom('a', '', '__proto__') },
]
const OTHERS: readonly Declared[] = [
  { schema: s.bytes(), value: fc.uint8Array({ maxLength: 200 }) },
  { schema: s.date(), value: fc.date({ noInvalidDate: true }) },
  {
    schema: s.json(),
    value: fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as unknown),
  },
]

const declared: fc.Arbitrary<Declared> = fc.letrec<{ any: Declared; core: Declared }>((tie) => ({
  any: fc.oneof({ maxDepth: 3 }, fc.constantFrom(...SCALARS, ...OTHERS), tie('core'), tie('core')),
  core: fc.oneof(
    tie('any').map((of) => ({
      schema: s.array(of.schema),
      value: fc.array(of.value, { maxLength: 4 }),
    })),
    fc.tuple(fc.constantFrom(...SCALARS), tie('any')).map(([key, of]) => ({
      schema: s.map(key.schema, of.schema),
      value: fc
        .array(fc.tuple(key.value, of.value), { maxLength: 4 })
        .map((pairs) => new Map(pairs)),
    })),
    fc.tuple(fc.constantFrom(...SCALARS, ...OTHERS), fc.boolean()).map(([of, isNull]) => ({
      schema: isNull ? s.nullable(of.schema) : s.optional(of.schema),
      value: fc.oneof(of.value, fc.constant(isNull ? null : undefined)),
    })),
    fc
      .uniqueArray(fc.tuple(fc.constantFrom(...NAMES), tie('any')), {
        selector: ([name]) => name,
        minLength: 1,
        maxLength: 6,
      })
      .map((members) => ({
        schema: s.record(Object.fromEntries(members.map(([name, of]) => [name, of.schema]))),
        value: fc
          .tuple(...members.map(([, of]) => of.value))
          .map((values) => Object.fromEntries(members.map(([name], i) => [name, values[i]]))),
      })),
  ),
})).any

/** A schema and a value that fits it. */
const pairs = declared.chain(({ schema, value }) => fc.tuple(fc.constant(schema), value))

function bytesOf(schema: s.SchemaNode, value: unknown, generate: boolean): Uint8Array {
  const out = new ByteWriter(1)
  schemaCodec(schema, generate).write(out, value)
  return out.copy()
}

function throughSerializer<T>(schema: s.Schema<T>, value: T): T {
  const serializer = schemaSerializer(schema)
  const out = new ByteWriter(1)
  serializer.write(value, out)
  return serializer.read(out.copy())
}

describe('the codec of a schema', () => {
  it('brings back every value that fits, generated or not, from the same bytes', () => {
    fc.assert(
      fc.property(pairs, ([schema, value]) => {
        const bytes = bytesOf(schema, value, true)
        expect(bytesOf(schema, value, false)).toEqual(bytes)
        for (const generate of [true, false]) {
          const from = new Cursor(bytes)
          expect(isDeepStrictEqual(schemaCodec(schema, generate).read(from), value)).toBe(true)
          expect(from.at).toBe(bytes.length)
        }
      }),
      { numRuns: 400 },
    )
  })

  it('refuses exactly the values for which the check names a place', () => {
    fc.assert(
      fc.property(
        pairs,
        fc.oneof(
          pairs.map(([, value]) => value),
          fc.anything(),
        ),
        ([schema], value) => {
          const fits = misfit(schema, value) === undefined
          for (const generate of [true, false]) {
            if (fits) bytesOf(schema, value, generate)
            else expect(() => bytesOf(schema, value, generate)).toThrow(Misfit)
          }
          expect(misfit(schema, value) === undefined).toBe(fits)
        },
      ),
      { numRuns: 600 },
    )
  })

  it('refuses bytes that are cut or changed as CORRUPT, or reads a value that fits', () => {
    const change = fc.record({ at: fc.nat(), to: fc.nat({ max: 255 }), cut: fc.boolean() })
    fc.assert(
      fc.property(pairs, change, ([schema, value], { at, to, cut }) => {
        const bytes = bytesOf(schema, value, true)
        const place = at % bytes.length
        const hostile = cut ? bytes.slice(0, place) : bytes.with(place, to)
        for (const generate of [true, false]) {
          try {
            const read = schemaCodec(schema, generate).read(new Cursor(hostile))
            expect(misfit(schema, read)).toBeUndefined()
          } catch (error) {
            expect(error).toMatchObject({ code: 'CORRUPT' })
          }
        }
      }),
      { numRuns: 600 },
    )
  })

  it('does not believe in more parts than there are bytes', () => {
    const many = Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x07, 1, 1)
    for (const of of [s.array(s.int()), s.map(s.int(), s.int()), s.text(), s.bytes(), s.bigint()]) {
      for (const generate of [true, false]) {
        expect(() => schemaCodec(of, generate).read(new Cursor(many))).toThrow(
          expect.objectContaining({ code: 'CORRUPT' }),
        )
      }
    }
  })

  it('makes plain objects of one shape, whatever their members are called, and pollutes nothing', () => {
    const schema = s.record({
      ['__proto__']: s.json(),
      constructor: s.optional(s.text()),
      toString: s.optional(s.int()),
      polluted: s.int(),
    })
    const value = JSON.parse('{"__proto__":{"polluted":1},"polluted":2}') as s.TypeOf<typeof schema>
    for (const generate of [true, false]) {
      const codec = schemaCodec(schema, generate)
      const out = new ByteWriter()
      codec.write(out, value)
      const read = codec.read(new Cursor(out.copy())) as object
      expect(Object.getPrototypeOf(read)).toBe(Object.prototype)
      expect(Object.entries(read)).toEqual([
        ['__proto__', { polluted: 1 }],
        ['constructor', undefined],
        ['toString', undefined],
        ['polluted', 2],
      ])
      setFlagsFromString('--allow-natives-syntax')
      const sameShape = new Function('a', 'b', 'return %HaveSameMap(a, b)') as (
        a: object,
        b: object,
      ) => boolean
      const other = codec.read(new Cursor(out.copy())) as object
      expect(sameShape(read, other)).toBe(true)
    }
    expect(({} as { polluted?: number }).polluted).toBeUndefined()
  })

  it('works where code must not be generated, with the same bytes', () => {
    const program = `
      import { schemaSerializer } from ${JSON.stringify(new URL('../schema-serializer.ts', import.meta.url).href)}
      import { array, record, text } from ${JSON.stringify(new URL('./schema.ts', import.meta.url).href)}
      import { ByteWriter } from ${JSON.stringify(new URL('../../base/bytes.ts', import.meta.url).href)}
      const out = new ByteWriter()
      const serializer = schemaSerializer(array(record({ a: text() })))
      serializer.write([{ a: 'one' }], out)
      let forbidden = false
      try { new Function('') } catch { forbidden = true }
      process.stdout.write(JSON.stringify([forbidden, [...out.copy()], serializer.read(out.copy())]))`
    const flags = [
      '--disallow-code-generation-from-strings',
      '--import',
      'tsx',
      '--input-type=module',
    ]
    const said = execFileSync(process.execPath, [...flags, '-e', program], { encoding: 'utf8' })
    expect(JSON.parse(said)).toEqual([true, [1, 6, 111, 110, 101], [{ a: 'one' }]])
  })

  it('writes records of more members than are generated', () => {
    const names = Array.from({ length: 300 }, (_, i) => `m${i}`)
    const schema = s.record(Object.fromEntries(names.map((name) => [name, s.int()])))
    const value = Object.fromEntries(names.map((name, i) => [name, i]))
    expect(throughSerializer(schema, value)).toEqual(value)
  })
})
