import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ByteWriter } from '../../base/bytes.js'
import type { Json } from '../../base/json.js'
import { messagePack, type Serializer, type SerializerSnapshot } from '../serializer.js'
import { avroSerializer } from './avro-serializer.js'

const record = (...fields: readonly Json[]): Json => ({ type: 'record', name: 'R', fields })
const field = (name: string, type: Json): Json => ({ name, type })

function bytesBy<T>(serializer: Serializer<T>, value: T): Uint8Array {
  const out = new ByteWriter(1)
  serializer.write(value, out)
  return out.copy()
}

/** A serializer as a manifest remembers it. */
function kept<T>({ id, snapshot }: Serializer<T>): SerializerSnapshot {
  return { id, snapshot: JSON.parse(JSON.stringify(snapshot)) as Json }
}

const corrupt = expect.objectContaining({ code: 'CORRUPT' })

describe('the Avro serializer', () => {
  const tree = record(
    field('name', 'string'),
    field('far', 'long'),
    field('ratio', 'double'),
    field('note', ['null', 'string']),
    field('kind', { type: 'enum', name: 'K', symbols: ['A', 'B'] }),
    field('tags', { type: 'array', items: 'string' }),
    field('by', { type: 'map', values: 'int' }),
    field('raw', 'bytes'),
    field('children', { type: 'array', items: 'R' }),
  )
  const leaf = {
    name: 'é',
    far: -(2 ** 52),
    ratio: 0.1,
    note: null,
    kind: 'B',
    tags: ['x', ''],
    by: { k: 1 },
    raw: Buffer.from([1]),
    children: [],
  }

  it('brings back values, with no hold on the bytes they came from', async () => {
    const serializer = await avroSerializer<object>(tree)
    const value = { ...leaf, note: 'n', far: 2 ** 52 - 1, children: [leaf, leaf] }
    const bytes = bytesBy(serializer, value)
    const read = serializer.read(bytes)
    bytes.fill(0)
    expect(read).toEqual(value)
  })

  it('refuses bytes that are cut or changed as CORRUPT, or reads a value, and never without bound', async () => {
    const serializer = await avroSerializer<object>(tree)
    const good = bytesBy(serializer, { ...leaf, children: [leaf] })
    const change = fc.record({
      at: fc.nat(),
      bytes: fc.uint8Array({ maxLength: 9 }),
      cut: fc.boolean(),
    })
    fc.assert(
      fc.property(change, ({ at, bytes, cut }) => {
        const hostile = cut ? good.slice(0, at % good.length) : good.slice()
        if (!cut) hostile.set(bytes, at % (good.length - 9))
        try {
          expect(serializer.read(hostile)).toHaveProperty('name')
        } catch (error) {
          expect(error).toMatchObject({ code: 'CORRUPT' })
        }
      }),
      { numRuns: 500 },
    )
  })

  it('does not believe in more items than there are bytes', async () => {
    const many = [0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0x03]
    const ints = await avroSerializer({ type: 'array', items: 'int' })
    const maps = await avroSerializer({ type: 'map', values: 'int' })
    for (const serializer of [ints, maps, await avroSerializer('bytes')]) {
      expect(() => serializer.read(Uint8Array.from(many))).toThrow(corrupt)
      expect(() => serializer.read(Uint8Array.of(...many, 2, 2, 0))).toThrow(corrupt)
    }
    expect(ints.read(Uint8Array.of(3, 4, 2, 4, 0))).toEqual([1, 2])
  })

  it('does not follow values deeper than is safe, and does not write them', async () => {
    const list = await avroSerializer<object>(record(field('next', ['null', 'R'])))
    expect(() => list.read(new Uint8Array(100_000).fill(2))).toThrow(corrupt)
    let value: object = { next: null }
    for (let i = 0; i < 300; i++) value = { next: value }
    expect(() => bytesBy(list, value)).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
    )
  })

  it('keeps no map key that is a prototype, neither way', async () => {
    const serializer = await avroSerializer<object>({
      type: 'map',
      values: { type: 'map', values: 'int' },
    })
    const hostile = JSON.parse('{"__proto__":{"polluted":1}}') as object
    expect(() => bytesBy(serializer, hostile)).toThrow(/__proto__/)
    const bytes = bytesBy(serializer, { __prot__: { polluted: 1 } })
    const place = Buffer.from(bytes).indexOf('__prot__')
    const changed = Buffer.concat([
      bytes.subarray(0, place - 1),
      Buffer.from([18]),
      Buffer.from('__proto__'),
      bytes.subarray(place + 8),
    ])
    expect(() => serializer.read(changed)).toThrow(corrupt)
  })

  it.each<[string, unknown]>([
    ['at .tags.1', { ...leaf, tags: ['a', 1] }],
    ['at .far', { ...leaf, far: 2 ** 60 }],
    ['at .kind', { ...leaf, kind: 'C' }],
    ['a varint over 2^53', { ...leaf, far: -(2 ** 53 - 2) }],
  ])(
    'refuses a value that does not fit, by its place, and writes nothing: %s',
    async (place, value) => {
      const serializer = await avroSerializer<unknown>(tree)
      const out = new ByteWriter()
      expect(() => serializer.write(value, out)).toThrow(
        expect.objectContaining({
          code: 'INVALID_ARGUMENT',
          message: expect.stringContaining(place) as string,
        }),
      )
      expect(out.length).toBe(0)
    },
  )

  it.each<[string, Json]>([
    ['a type that there is not', 'texts'],
    ['nothing', null],
    ['a field __proto__', record(field('__proto__', 'int'))],
    ['a field that is code', record(field('a;b', 'int'))],
    ['an array of nothing', { type: 'array', items: 'null' }],
    ['an array of a record of nothing', { type: 'array', items: record(field('a', 'null')) }],
  ])('refuses as a schema %s', async (_, schema) => {
    await expect(avroSerializer(schema)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  })

  const kinds = (...symbols: string[]): Json => ({ type: 'enum', name: 'K', symbols })
  it.each<{
    readonly given: string
    readonly old: readonly [schema: Json, value: unknown]
    readonly now: readonly [schema: Json, value: unknown]
  }>([
    {
      given: 'a field with a default',
      old: [record(field('a', 'int')), { a: 1 }],
      now: [
        record(field('a', 'int'), { name: 'b', type: 'string', default: 'x' }),
        { a: 1, b: 'x' },
      ],
    },
    {
      given: 'a field less',
      old: [record(field('a', 'int'), field('b', 'int')), { a: 1, b: 2 }],
      now: [record(field('b', 'int')), { b: 2 }],
    },
    {
      given: 'an alias',
      old: [record(field('a', 'int')), { a: 1 }],
      now: [record({ name: 'z', type: 'int', aliases: ['a'] }), { z: 1 }],
    },
    { given: 'a wider number', old: ['int', 7], now: ['double', 7] },
    { given: 'a union around it', old: ['string', 'x'], now: [['null', 'string'], 'x'] },
    { given: 'a larger union', old: [['null', 'int'], 3], now: [['string', 'int', 'null'], 3] },
    { given: 'more symbols', old: [kinds('A', 'B'), 'B'], now: [kinds('C', 'B', 'A'), 'B'] },
  ])('reads older state after migration: $given', async ({ old, now }) => {
    const writer = await avroSerializer<unknown>(old[0])
    const reader = await avroSerializer<unknown>(now[0])
    const found = reader.resolve?.(kept(writer))
    if (found?.outcome !== 'after-migration') throw new Error(JSON.stringify(found))
    expect(found.read(bytesBy(writer, old[1]))).toEqual(now[1])
    expect(() => found.read(Uint8Array.of())).toThrow(corrupt)
    expect(found.differs.length).toBeGreaterThan(0)
  })

  it.each<[string, Json, Json]>([
    [
      'a field without a default',
      record(field('a', 'int')),
      record(field('a', 'int'), field('b', 'int')),
    ],
    ['another type', record(field('a', 'int')), record(field('a', 'string'))],
    ['a narrower number', 'long', 'int'],
    ['a smaller union', ['null', 'int'], ['null', 'string']],
    ['a symbol less', kinds('A', 'B'), kinds('A')],
  ])('refuses older state, with advice, given %s', async (_, before, after) => {
    const now = await avroSerializer(after)
    const found = now.resolve?.(kept(await avroSerializer(before)))
    expect(found).toMatchObject({
      outcome: 'incompatible',
      advice: expect.stringMatching(/Avro/) as string,
    })
  })

  it('goes on as is after a round trip, and can be made from what was kept, however large the schema', async () => {
    const fields = Array.from({ length: 3000 }, (_, i) => field(`a_rather_long_name_${i}`, 'int'))
    const large = record(...fields)
    const writer = await avroSerializer<unknown>(large)
    const old = kept(writer)
    expect(JSON.stringify(old.snapshot).length).toBeGreaterThan(65_536)
    expect((await avroSerializer(large)).resolve?.(old)).toEqual({ outcome: 'as-is' })
    const value = Object.fromEntries(fields.map((_, i) => [`a_rather_long_name_${i}`, i]))
    const restored = await avroSerializer<unknown>(old.snapshot as Json)
    expect(restored.read(bytesBy(writer, value))).toEqual(value)
  })

  it('goes on as is with the same schema, and with nothing else', async () => {
    const now = await avroSerializer(tree)
    expect(now.resolve?.(kept(await avroSerializer(tree)))).toEqual({ outcome: 'as-is' })
    for (const old of [
      { id: messagePack().id, snapshot: undefined },
      { id: 'avro-1', snapshot: { type: 'damaged' } },
    ]) {
      expect(now.resolve?.(old)).toMatchObject({ outcome: 'incompatible' })
    }
  })
})
