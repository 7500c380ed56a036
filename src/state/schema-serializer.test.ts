import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { ByteWriter } from '../base/bytes.js'
import type { Json } from '../base/json.js'
import * as s from './schema/schema.js'
import { schemaSerializer } from './schema-serializer.js'
import { messagePack, type Serializer, type SerializerSnapshot } from './serializer.js'

function bytesBy<T>(serializer: Serializer<T>, value: T): Uint8Array {
  const out = new ByteWriter(1)
  serializer.write(value, out)
  return out.copy()
}

/** A serializer as a manifest remembers it. */
function kept<T>({ id, snapshot }: Serializer<T>): SerializerSnapshot {
  return { id, snapshot: JSON.parse(JSON.stringify(snapshot)) as Json }
}

const refused = (path: string): unknown =>
  expect.objectContaining({
    code: 'INVALID_ARGUMENT',
    message: expect.stringContaining(`does not fit its schema: ${path}`) as string,
  })

describe('the serializer of a schema', () => {
  const schema = s.record({
    name: s.text(),
    tags: s.array(s.text()),
    by: s.map(s.text(), s.record({ n: s.int() })),
    any: s.optional(s.json()),
    big: s.optional(s.bigint()),
  })
  const good = { name: 'n', tags: ['a', 'b'], by: new Map([['k', { n: 1 }]]) }

  it.each<[string, unknown]>([
    ['the value: null, not record (name, tags, by, any, big)', null],
    ['the value: an array, not record', []],
    ['.name: undefined, not text', { ...good, name: undefined }],
    ['.tags[1]: the number 7, not text', { ...good, tags: ['a', 7] }],
    ['.tags[0]: undefined, not text', { ...good, tags: new Array(1) }],
    ['.by: an object (Object), not map from text to record (n)', { ...good, by: {} }],
    [
      '.by{"k"}.n: the number 2147483648, not int',
      { ...good, by: new Map([['k', { n: 2 ** 31 }]]) },
    ],
    ['.by{1} (its key): the number 1, not text', { ...good, by: new Map([[1, { n: 1 }]]) }],
    ['.any.a[0]: undefined, which JSON does not have', { ...good, any: { a: [undefined] } }],
    ['.any.a: an object (Date), which JSON does not have', { ...good, any: { a: new Date(0) } }],
    ['.big: a bigint of 75001 bytes, not bigint', { ...good, big: 1n << 600_000n }],
    ['.more: the schema has no such member', { ...good, more: 1 }],
  ])('refuses a value that does not fit, by its place, and writes nothing: %s', (path, value) => {
    const out = new ByteWriter(4)
    out.text('before')
    const before = out.copy()
    expect(() => schemaSerializer(schema).write(value as typeof good, out)).toThrow(refused(path))
    expect(out.copy()).toEqual(before)
  })

  it('lets what a getter throws through, with nothing written', () => {
    const out = new ByteWriter()
    const value = {
      ...good,
      get by(): never {
        throw new RangeError('of the getter')
      },
    }
    expect(() => schemaSerializer(schema).write(value, out)).toThrow(
      new RangeError('of the getter'),
    )
    expect(out.length).toBe(0)
  })

  it('takes class instances, members in any order, and members that are left out or undefined', () => {
    class Named {
      readonly tags: string[] = []
      readonly by = new Map<string, { n: number }>()
      readonly unused = undefined
      get name(): string {
        return 'of a class'
      }
    }
    const serializer = schemaSerializer(schema)
    const expected = { name: 'of a class', tags: [], by: new Map(), any: undefined, big: undefined }
    expect(serializer.read(bytesBy(serializer, new Named()))).toStrictEqual(expected)
  })

  it('reads values that keep no hold on the bytes they came from, and refuses bytes left over', () => {
    const serializer = schemaSerializer(s.bytes())
    const bytes = Uint8Array.of(2, 7, 8)
    const value = serializer.read(bytes)
    bytes.fill(0)
    expect(value).toEqual(Uint8Array.of(7, 8))
    expect(() => serializer.read(Uint8Array.of(1, 7, 8))).toThrow(
      expect.objectContaining({
        code: 'CORRUPT',
        message: expect.stringMatching(/left over/) as string,
      }),
    )
  })

  it('writes the bytes it always wrote', () => {
    const members: [string, s.SchemaNode, unknown, string][] = [
      ['text', s.text(), 'ab', '046162'],
      ['not ASCII', s.text(), 'é', '04c3a9'],
      ['half a character', s.text(), '\ud800', '0500d8'],
      ['int', s.int(), -2, '03'],
      ['long', s.long(), 300, 'd804'],
      ['the least long', s.long(), -(2 ** 53 - 1), 'fdffffffffffff1f'],
      ['double', s.double(), 1.5, '3ff8000000000000'],
      ['bool', s.bool(), true, '01'],
      ['bytes', s.bytes(), Uint8Array.of(9), '0109'],
      ['bigint', s.bigint(), -258n, '050102'],
      ['date', s.date(), new Date(1), '02'],
      ['json', s.json(), [1], '065b315d'],
      ['array', s.array(s.int()), [1, -1], '020201'],
      ['map', s.map(s.int(), s.bool()), new Map([[1, true]]), '010201'],
      ['absent', s.optional(s.int()), undefined, '00'],
      ['present', s.nullable(s.int()), 3, '0106'],
      ['a choice', s.oneOf('x', 'y'), 'y', '01'],
    ]
    const all = s.record(Object.fromEntries(members.map(([name, of]) => [name, of])))
    const value = Object.fromEntries(members.map(([name, , member]) => [name, member]))
    const hex = Buffer.from(bytesBy(schemaSerializer(all), value as never)).toString('hex')
    expect(hex).toBe(members.map(([, , , bytes]) => bytes).join(''))
  })
})

it('writes the worked example of docs/format/value-format.md', () => {
  const page = readFileSync(new URL('../../docs/format/value-format.md', import.meta.url), 'utf8')
  const blocks = Array.from(
    page.matchAll(/^```(?:json)?\n(.*?)^```$/gms),
    ([, block]) => block ?? '',
  )
  const [json = '', hex = ''] = blocks
  const example = s.record({
    name: s.text(),
    count: s.int(),
    at: s.optional(s.long()),
    kind: s.oneOf('a', 'b'),
    tags: s.array(s.text()),
  })
  const serializer = schemaSerializer(example)
  expect(serializer.snapshot).toEqual(JSON.parse(json))
  const bytes = bytesBy(serializer, { name: 'ab', count: -2, kind: 'b', tags: ['é'] })
  const shown = [...hex.matchAll(/^((?:[0-9a-f]{2} )+)/gm)].map(([, line]) => line).join('')
  expect(shown.replaceAll(' ', '')).toBe(Buffer.from(bytes).toString('hex'))
})

describe('state of an older schema', () => {
  const before = s.record({
    title: s.text(),
    count: s.int(),
    at: s.optional(s.long()),
    kind: s.oneOf('a', 'b'),
    lines: s.array(s.record({ n: s.int(), gone: s.text() })),
    by: s.map(s.int(), s.int()),
  })
  const old = schemaSerializer(before)
  const value: s.TypeOf<typeof before> = {
    title: 't',
    count: 3,
    kind: 'b',
    lines: [{ n: 1, gone: 'x' }],
    by: new Map([[1, 2]]),
  }

  it('is read as the new one says, migrated value by value', () => {
    const now = schemaSerializer(
      s.record({
        ['__proto__']: s.withDefault(s.array(s.int()), [1]),
        kind: s.nullable(s.text()),
        name: s.renamedFrom(s.text(), 'heading', 'title'),
        count: s.bigint(),
        at: s.withDefault(s.double(), -1),
        lines: s.array(s.record({ more: s.optional(s.int()), n: s.double() })),
        by: s.map(s.double(), s.bigint()),
      }),
    )
    const found = now.resolve?.(kept(old))
    if (found?.outcome !== 'after-migration') throw new Error(found?.outcome)
    const first = found.read(bytesBy(old, value))
    expect(Object.entries(first)).toEqual([
      ['__proto__', [1]],
      ['kind', 'b'],
      ['name', 't'],
      ['count', 3n],
      ['at', -1],
      ['lines', [{ more: undefined, n: 1 }]],
      ['by', new Map([[1, 2n]])],
    ])
    expect(now.read(bytesBy(now, first))).toEqual(first)
    // A default is a value of its own each time.
    ;(Object.values(first)[0] as number[]).push(2)
    expect(Object.values(found.read(bytesBy(old, { ...value, at: 5 })))).toEqual(
      expect.arrayContaining([[1], 5]),
    )
    expect(found.differs).toContain('.lines[].gone: removed, was text')
  })

  it('is read in its own order by a serializer made for both, which resolves itself as is', () => {
    const now = schemaSerializer(
      s.record({
        by: s.map(s.int(), s.int()),
        kind: s.oneOf('c', 'b', 'a'),
        lines: s.array(s.record({ gone: s.text(), n: s.long() })),
        at: s.optional(s.long()),
        count: s.long(),
        heading: s.renamedFrom(s.text(), 'title'),
      }),
    )
    const found = now.resolve?.(kept(old))
    if (found?.outcome !== 'reconfigured') throw new Error(found?.outcome)
    const { title: heading, ...same } = value
    const { serializer } = found
    expect(serializer.read(bytesBy(old, value))).toEqual({ ...same, heading, at: undefined })
    const changed = { ...same, heading, kind: 'c', count: 2 ** 40 } as const
    expect(serializer.read(bytesBy(serializer, changed))).toEqual({ ...changed, at: undefined })
    expect(serializer.resolve?.(kept(serializer))).toEqual({ outcome: 'as-is' })
    expect(now.resolve?.(kept(serializer)).outcome).toBe('reconfigured')
  })

  it('is read as it is where only names or the width of ints differ', () => {
    const now = schemaSerializer(s.record({ b: s.renamedFrom(s.long(), 'a') }))
    const narrow = schemaSerializer(s.record({ a: s.int() }))
    expect(now.resolve?.(kept(narrow))).toEqual({ outcome: 'as-is' })
    expect(now.read(bytesBy(narrow, { a: -(2 ** 31) }))).toEqual({ b: -(2 ** 31) })
  })

  it.each<[string, Json | undefined]>([
    ['schema-1', { record: 'damaged' }],
    ['schema-1', undefined],
    ['schema-1', 'of-a-newer-version'],
    ['custom-7', undefined],
  ])('that cannot be read is incompatible, with advice, never an error: %s %j', (id, snapshot) => {
    const found = old.resolve?.({ id, snapshot })
    const advice = expect.stringMatching(/\w/) as string
    expect(found).toMatchObject({ outcome: 'incompatible', advice })
  })
})

describe('state of the default serializer', () => {
  const line = s.record({ n: s.renamedFrom(s.int(), 'm') })
  const schema = s.record({
    name: s.renamedFrom(s.text(), 'title'),
    tags: s.withDefault(s.array(s.text()), ['none']),
    note: s.optional(s.text()),
    parts: s.withDefault(s.map(s.text(), s.array(line)), new Map()),
  })
  const read = (value: unknown): unknown => {
    const found = schemaSerializer(schema).resolve?.({ id: messagePack().id, snapshot: undefined })
    if (found?.outcome !== 'after-migration') throw new Error(found?.outcome)
    return found.read(bytesBy(messagePack(), value))
  }

  it('is taken over, with renamings and defaults', () => {
    const empty = { name: 't', tags: ['none'], note: undefined, parts: new Map() }
    expect(read({ title: 't' })).toStrictEqual(empty)
    const parts = new Map([['k', [{ m: 1 }, { n: 2 }]]])
    expect(read({ name: 'n', tags: undefined, note: 'x', parts })).toStrictEqual({
      name: 'n',
      tags: ['none'],
      note: 'x',
      parts: new Map([['k', [{ n: 1 }, { n: 2 }]]]),
    })
  })

  it.each<[string, unknown]>([
    ['the value: the number 1, not record', 1],
    ['.name: undefined, not text', {}],
    ['.tags[1]: the number 2, not text', { name: '', tags: ['', 2] }],
    ['.parts{"k"}[0].n: undefined, not int', { name: '', parts: new Map([['k', [{}]]]) }],
    ['.old: the schema has no such member', { name: '', old: 1 }],
    ['.title: the schema has no such member', { name: '', title: '' }],
  ])('that does not fit is an error by its place: %s', (place, value) => {
    expect(() => read(value)).toThrow(
      expect.objectContaining({
        code: 'INCOMPATIBLE_STATE',
        message: expect.stringContaining(place) as string,
      }),
    )
  })
})
