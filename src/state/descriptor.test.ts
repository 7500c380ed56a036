import { describe, expect, expectTypeOf, it } from 'vitest'
import {
  aggregatingState,
  listState,
  mapState,
  reducingState,
  type StateDescriptor,
  valueState,
} from './descriptor.js'
import * as s from './schema/schema.js'
import { messagePack } from './serializer.js'
import type { StandardIssue, StandardResult, StandardSchema } from './standard-schema.js'
import type { ListState, MapState, ReducingState, ValueState } from './state.js'

interface Stats {
  count: number
  tags: string[]
}

/** A schema as a validator would make it. */
function schemaOf<T>(validate: StandardSchema<T>['~standard']['validate']): StandardSchema<T> {
  return { '~standard': { version: 1, vendor: 'test', validate } }
}

const refusing = (...issues: StandardIssue[]): StandardSchema<Stats> => schemaOf(() => ({ issues }))

const refused = (message: string): unknown =>
  expect.objectContaining({
    code: 'INVALID_ARGUMENT',
    message: expect.stringContaining(message) as string,
  })

const validate = (schema: StandardSchema<Stats>, value: unknown = {}): unknown =>
  valueState({ schema, validate: true }).validated?.(value)

describe('a state declared by a schema', () => {
  it('has the type that comes out of the schema, a validator’s or a declared one', () => {
    const standard = refusing()
    expectTypeOf(valueState({ schema: standard })).toEqualTypeOf<
      StateDescriptor<ValueState<Stats>>
    >()
    const declared = s.record({ count: s.int() })
    type Declared = s.TypeOf<typeof declared>
    expectTypeOf(listState({ schema: declared })).toEqualTypeOf<
      StateDescriptor<ListState<Declared>>
    >()
    const perName = mapState<string, Stats>({ schema: standard })
    expectTypeOf(perName).toEqualTypeOf<StateDescriptor<MapState<string, Stats>>>()
    const largest = reducingState((a, b) => (a.count > b.count ? a : b), { schema: standard })
    expectTypeOf(largest).toEqualTypeOf<StateDescriptor<ReducingState<Stats>>>()
    expect(perName.serializer).toBe(messagePack())
  })

  it('is kept by a declared schema, by a validator’s as ever, and by its serializer if it has one', () => {
    const schema = s.array(s.int())
    expect(valueState({ schema }).serializer).toMatchObject({
      id: 'schema-1',
      snapshot: { array: 'int' },
    })
    expect(valueState({ schema: refusing() }).serializer.id).toBe('msgpack-1')
    expect(valueState({ schema, serializer: messagePack() }).serializer.id).toBe('msgpack-1')
    expect(() => valueState({ schema: s.record({}) })).toThrow(refused('without members'))
  })

  it('validates nothing unless it is asked to', () => {
    expect(valueState({ schema: refusing() })).not.toHaveProperty('validated')
    expect(listState({ schema: s.int(), validate: false })).not.toHaveProperty('validated')
  })

  it('keeps what the validator makes of a value', () => {
    const schema = schemaOf<Stats>((value) => ({
      value: { count: 1, tags: [], ...(value as object) },
    }))
    expect(validate(schema, { count: 2 })).toEqual({ count: 2, tags: [] })
  })

  it.each<[string, StandardSchema<Stats>]>([
    ['(test): the value: no stats; nothing was changed', refusing({ message: 'no stats' })],
    [
      '(test): .tags[3].x: no text; .0: b; the value: c; and 1 more',
      refusing(
        { message: 'no text', path: ['tags', 3, { key: 'x' }] },
        { message: 'b', path: [{ key: '0' }] },
        { message: 'c', path: [] },
        { message: 'd' },
      ),
    ],
    [
      'use a schema without asynchronous checks',
      schemaOf(() => Promise.reject(new Error('later'))),
    ],
    ['it throws: at once', schemaOf(throwing)],
    ['it makes `undefined` of the value', schemaOf(() => ({ value: undefined }) as never)],
  ])('refuses a value, saying why: %s', (message, schema) => {
    expect(() => validate(schema)).toThrow(refused(message))
  })

  it('validates by a declared schema, too, and keeps the value itself', () => {
    const { validated } = listState({ schema: s.record({ n: s.int() }), validate: true })
    const value = { n: 1 }
    expect(validated?.(value)).toBe(value)
    expect(() => validated?.({ n: '1' })).toThrow(
      refused('.n: the text "1", not int; nothing was changed'),
    )
  })

  it('cannot be validated without a schema, nor for accumulators', () => {
    expect(() => valueState({ validate: true })).toThrow(refused('no schema to validate by'))
    const aggregate = {
      create: () => 0,
      add: (a: number, b: number) => a + b,
      result: (a: number) => a,
    }
    const options = { schema: s.double(), validate: true }
    expect(() => aggregatingState(aggregate, options)).toThrow(refused('not validated'))
    expect(aggregatingState(aggregate, { schema: s.double() }).serializer.id).toBe('schema-1')
  })
})

function throwing(): StandardResult<Stats> {
  throw new Error('at once')
}
