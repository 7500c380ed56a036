import { describe, expect, expectTypeOf, it } from 'vitest'
import type { Json } from '../../base/json.js'
import { schemaSerializer } from '../schema-serializer.js'
import * as s from './schema.js'
import { schemaFromJson, schemaToJson } from './schema-json.js'
import { checkSchema } from './schema-rules.js'

const refused = (message: RegExp): unknown =>
  expect.objectContaining({
    code: 'INVALID_ARGUMENT',
    message: expect.stringMatching(message) as string,
  })

describe('a declared schema', () => {
  it('says the TypeScript type of its values', () => {
    const order = s.record({
      id: s.text(),
      kind: s.oneOf('a', 'b'),
      amounts: s.map(s.text(), s.array(s.double())),
      note: s.optional(s.text()),
      paid: s.withDefault(s.nullable(s.date()), null),
      title: s.renamedFrom(s.json(), 'name'),
    })
    type Order = s.TypeOf<typeof order>
    expectTypeOf<Order['kind']>().toEqualTypeOf<'a' | 'b'>()
    expectTypeOf<Order['amounts']>().toEqualTypeOf<Map<string, number[]>>()
    expectTypeOf<Order['note']>().toEqualTypeOf<string | undefined>()
    expectTypeOf<Order['paid']>().toEqualTypeOf<Date | null>()
    expectTypeOf<Order['title']>().toEqualTypeOf<Json>()
    const withoutNote: Order = { id: '', kind: 'a', amounts: new Map(), paid: null, title: 1 }
    expect(schemaToJson(order)).toEqual({
      record: [
        ['id', 'text'],
        ['kind', { oneOf: ['a', 'b'] }],
        ['amounts', { map: ['text', { array: 'double' }] }],
        ['note', { optional: 'text' }],
        ['paid', { nullable: 'date' }],
        ['title', 'json'],
      ],
    })
    expect(Object.keys(withoutNote)).not.toContain('note')
  })

  it('comes back from its JSON, with members of any name in their order', () => {
    const members: [string, s.SchemaNode][] = [
      ['10', s.int()],
      ['2', s.bigint()],
      ['__proto__', s.record({ constructor: s.bytes() })],
      ['', s.optional(s.nullable(s.oneOf('__proto__', '')))],
    ]
    const json: Json = { record: members.map(([name, of]) => [name, schemaToJson(of)]) }
    expect(schemaToJson(schemaFromJson(JSON.parse(JSON.stringify(json)) as Json))).toEqual(json)
  })

  it.each<[string, s.SchemaNode, RegExp]>([
    ['a record without members', s.record({}), /without members/],
    ['a former name that is a present one', twice(), /"a" names two members.*drop renamedFrom/],
    [
      'a map with keys that cannot be told apart',
      s.map(s.json(), s.int()),
      /json cannot be the key/,
    ],
    ['optional values of a state', s.optional(s.int()), /declare optional members/],
    ['optional twice', s.array(s.optional(s.optional(s.int()))), /optional twice, at \[\]/],
    [
      'optional twice with another between',
      s.nullable(s.optional(s.nullable(s.int()))),
      /nullable/,
    ],
    ['oneOf of nothing', s.oneOf(), /without a value/],
    ['oneOf of one text twice', s.array(s.oneOf('a', 'a')), /"a" twice, at \[\]/],
    [
      'a type of another library',
      s.record({ a: { type: 'string' } as never }),
      /no type string, at \.a/,
    ],
    ['no schema at all', undefined as never, /no type undefined/],
    ['a schema inside itself', endless(), /levels deep/],
    ['one part shared too often', wide(), /more than 10000 parts/],
    ['a name without end', s.record({ ['n'.repeat(300)]: s.int() }), /longer than 255/],
  ])('is refused for %s', (_, schema, message) => {
    expect(() => checkSchema(schema)).toThrow(refused(message))
  })

  it('is refused for a default that does not fit', () => {
    const schema = s.array(s.record({ a: s.withDefault(s.int(), 1.5) }))
    expect(() => schemaSerializer(schema)).toThrow(
      refused(/default does not fit: \.a: the number 1\.5, not int/),
    )
    expect(() => s.record({ a: 1 as never })).toThrow(refused(/\.a has no schema/))
  })

  it.each<[string, Json | undefined]>([
    ['nothing', undefined],
    ['another type', 'string'],
    ['an inherited name', 'constructor'],
    ['a list', []],
    ['an empty object', {}],
    ['two members', { array: 'int', optional: 'int' }],
    ['an unknown part', { tuple: ['int'] }],
    ['a map without values', { map: ['int'] }],
    ['a record without a list', { record: { a: 'int' } }],
    ['a field without a name', { record: [[1, 'int']] }],
    [
      'a field twice',
      {
        record: [
          ['a', 'int'],
          ['a', 'int'],
        ],
      },
    ],
    ['a number among choices', { oneOf: [1] }],
    ['depth', deepJson(40)],
    ['depth that a recursion would not survive', deepJson(100_000)],
    ['parts', { oneOf: Array.from({ length: 10_001 }, (_, i) => `${i}`) }],
  ])('kept as JSON is refused as CORRUPT for %s', (_, json) => {
    expect(() => schemaFromJson(json)).toThrow(expect.objectContaining({ code: 'CORRUPT' }))
  })
})

function twice(): s.SchemaNode {
  return s.record({ a: s.int(), b: s.renamedFrom(s.int(), 'a') })
}

function endless(): s.SchemaNode {
  const schema = { type: 'array', of: s.int() as s.SchemaNode } as const
  Object.assign(schema, { of: schema })
  return schema
}

function wide(): s.SchemaNode {
  let schema: s.SchemaNode = s.int()
  for (let i = 0; i < 20; i++) schema = s.record({ a: schema, b: schema })
  return schema
}

function deepJson(levels: number): Json {
  let json: Json = 'int'
  for (let i = 0; i < levels; i++) json = { array: json }
  return json
}
