import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { contentOf, entryOf, runOf } from '../../test/recovery/entries.js'
import { sha256 } from '../base/checksums.js'
import type { Json } from '../base/json.js'
import { LIMITS } from '../base/limits.js'
import {
  type CheckpointContent,
  encodeEntry,
  type LogEntry,
  type OperatorRecord,
  type RunRef,
  type SchemaRecord,
  type StateRecord,
} from './manifest.js'
import { decodeEntry } from './manifest-reader.js'

const PATH = 'log/0000000000000004.json'
const CORRUPT = expect.objectContaining({ code: 'CORRUPT' })

/** Any JSON, signed. */
function signed(value: Json | string): Uint8Array {
  const body = Buffer.from(`${typeof value === 'string' ? value : JSON.stringify(value)}\n`)
  return Buffer.concat([body, Buffer.from(`${sha256([body])}\n`)])
}

const OPERATOR: OperatorRecord = {
  maxParallelism: 128,
  keyType: 'string',
  states: new Map([['sum', { kind: 'value', schemas: [{ number: 1, serializer: 'msgpack' }] }]]),
  runs: [{ run: runOf(4).path, order: 4, keyGroups: { first: 0, last: 127 } }],
}

const ENTRY = entryOf(4, {
  content: contentOf(4, {
    takenAtMs: 17,
    sinks: new Map([['sink', [{ part: 'one' }]]]),
    operators: new Map([['tally', OPERATOR]]),
    runs: [runOf(4)],
  }),
})

/** The entry as JSON, changed at one place, signed again. */
function changed(place: readonly (string | number)[], value: Json | undefined): Uint8Array {
  const text = Buffer.from(encodeEntry(ENTRY)).toString()
  const root = JSON.parse(text.slice(0, text.trimEnd().lastIndexOf('\n'))) as Json
  let at = root as Record<string | number, Json>
  for (const name of place.slice(0, -1)) at = at[name] as Record<string | number, Json>
  const last = place.at(-1) as string
  if (value === undefined) delete at[last]
  else at[last] = value
  return signed(root)
}

const uids = fc.constantFrom('a', 'b-2', 'tally', '__proto__', 'constructor')
const counts = fc.oneof(fc.nat(), fc.constantFrom(0, 1, Number.MAX_SAFE_INTEGER))
const position = fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as Json)
const mapOf = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<Map<string, T>> =>
  fc.array(fc.tuple(uids, value), { maxLength: 4 }).map((entries) => new Map(entries.sort(byName)))

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : a > b ? 1 : 0
}

const runs = fc
  .uniqueArray(fc.nat(1000), { maxLength: 5 })
  .chain((numbers) =>
    fc.tuple(
      ...numbers.map(
        (number): fc.Arbitrary<RunRef> =>
          fc
            .option(fc.base64String(), { nil: undefined })
            .map((inline) => ({ ...runOf(number), inline })),
      ),
    ),
  )

const contents: fc.Arbitrary<CheckpointContent> = runs.chain((refs) =>
  fc.record({
    checkpoint: counts,
    takenAtMs: counts,
    finished: fc.boolean(),
    sources: mapOf(position),
    watermarks: mapOf(fc.maxSafeInteger()),
    sinks: mapOf(fc.array(position, { maxLength: 2 })),
    operators: mapOf(operators(refs)),
    runs: fc.constant(refs),
  }),
)

const schemas: fc.Arbitrary<SchemaRecord[]> = fc.uniqueArray(
  fc
    .record({
      number: fc.integer({ min: 1, max: LIMITS.schemasMax }),
      serializer: fc.string(),
      snapshot: fc.option(position, { nil: undefined }),
      stamped: fc.constantFrom(true, undefined),
    })
    .map(defined),
  { selector: ({ number }) => number, minLength: 1, maxLength: 4 },
)

const states: fc.Arbitrary<StateRecord> = fc
  .record({
    kind: fc.constantFrom('value', 'map'),
    schemas,
    since: fc.option(counts, { nil: undefined }),
  })
  .map(defined)

/** Without the members that are `undefined`. */
function defined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const members = Object.entries(value).filter(([, member]) => member !== undefined)
  return Object.fromEntries(members) as { [K in keyof T]: Exclude<T[K], undefined> }
}

function operators(refs: readonly RunRef[]) {
  return fc
    .record({
      maxParallelism: fc.integer({ min: 1, max: LIMITS.keyGroupsMax }),
      keyType: fc.constantFrom(
        'string',
        'long',
        'double',
        'boolean',
        'bigint',
        'bytes',
        'tuple(string,long)',
        'struct(at:tuple(double),by:bytes)',
        undefined,
      ),
      states: mapOf(states),
      used: fc.subarray([...refs]),
      cut: fc.nat(LIMITS.keyGroupsMax),
    })
    .map(({ used, cut, maxParallelism, ...rest }) => {
      const first = cut % maxParallelism
      const keyGroups = { first, last: maxParallelism - 1 }
      const parts = used.map(({ path }, order) => ({ run: path, order, keyGroups }))
      return { maxParallelism, ...rest, runs: parts }
    })
}

const entries: fc.Arbitrary<LogEntry> = fc
  .record({
    kind: fc.constantFrom('claim', 'checkpoint', 'abort'),
    job: fc.string(),
    number: counts,
    epoch: counts,
    writer: fc.string(),
    keyHash: fc.string(),
    collected: counts,
    content: contents,
  })
  .map((entry) => (entry.kind === 'abort' ? { ...entry, content: undefined } : entry))

describe('a log entry', () => {
  it('is read as it was written, whatever it holds; equal ones have equal bytes', () => {
    fc.assert(
      fc.property(entries, (entry) => {
        const bytes = encodeEntry(entry)
        const read = decodeEntry(bytes, PATH)
        expect(read).toEqual(entry)
        expect(encodeEntry(read)).toEqual(bytes)
      }),
      { numRuns: process.env.HOLDFAST_FULL ? 800 : 100 },
    )
  })

  it('does not depend on the order in which maps were filled', () => {
    const filled = (uid: string[]) =>
      entryOf(4, { content: contentOf(4, { sources: new Map(uid.map((one) => [one, one])) }) })
    expect(encodeEntry(filled(['a', 'b', 'c']))).toEqual(encodeEntry(filled(['c', 'a', 'b'])))
  })

  it('with any one byte changed is damaged, and cut anywhere too', () => {
    const bytes = encodeEntry(ENTRY)
    for (let at = 0; at < bytes.length; at++) {
      const copy = Uint8Array.from(bytes)
      copy[at] = (copy[at] as number) ^ (1 << (at % 8))
      expect(() => decodeEntry(copy, PATH)).toThrow(CORRUPT)
      expect(() => decodeEntry(bytes.subarray(0, at), PATH)).toThrow(CORRUPT)
    }
    expect(() => decodeEntry(Buffer.concat([bytes, bytes]), PATH)).toThrow(CORRUPT)
  })

  it('of a version this one must not judge is no damage, whatever else it holds', () => {
    const newer = expect.objectContaining({
      code: 'NEWER_FORMAT',
      message: expect.stringContaining(PATH),
    })
    for (const value of [
      { format: 2 },
      { format: 1, draft: 1 },
      { format: 1, draft: 3 },
      { format: 1 },
      { format: 2, kind: 7 },
    ]) {
      expect(() => decodeEntry(signed(value), PATH)).toThrow(newer)
    }
    expect(() => decodeEntry(changed(['format'], 2), PATH)).toThrow(newer)
    expect(() => decodeEntry(changed(['draft'], undefined), PATH)).toThrow(newer)
    for (const value of [{}, { format: 'one' }, { format: -1 }, [], null, 'no JSON']) {
      expect(() => decodeEntry(signed(value), PATH)).toThrow(CORRUPT)
    }
  })

  const run = ['content', 'runs', 0] as const
  const state = ['content', 'operators', 'tally', 'states', 'sum'] as const
  const part = ['content', 'operators', 'tally', 'runs', 0] as const
  it.each<[string, readonly (string | number)[], Json | undefined]>([
    ['an unknown kind', ['kind'], 'truce'],
    ['no writer', ['writer'], undefined],
    ['half a number', ['number'], 4.5],
    ['a negative boundary', ['collected'], -1],
    ['a number beyond 2^53', ['epoch'], 2 ** 53],
    ['no content', ['content'], undefined],
    ['sources that are a list', ['content', 'sources'], []],
    ['a word for a flag', ['content', 'finished'], 'yes'],
    ['prepared output that is no list', ['content', 'sinks', 'sink'], {}],
    ['a run that leads elsewhere', [...run, 'path'], '../../etc/passwd'],
    ['a run among the entries', [...run, 'path'], PATH],
    ['a run with a short digest', [...run, 'sha256'], 'abc'],
    ['a run of no size', [...run, 'sizeBytes'], undefined],
    ['inlined bytes that are no text', [...run, 'inline'], 7],
    ['a run that is not listed', [...part, 'run'], runOf(5).path],
    ['key groups beyond the last', [...part, 'last'], 128],
    ['key groups the wrong way round', [...part, 'first'], 128],
    ['no key groups at all', ['content', 'operators', 'tally', 'maxParallelism'], 0],
    ['too many key groups', ['content', 'operators', 'tally', 'maxParallelism'], 32_769],
    ['an unknown type of key', ['content', 'operators', 'tally', 'keyType'], 'symbol'],
    ['an unknown kind of state', [...state, 'kind'], 'tree'],
    ['a state without a schema', [...state, 'schemas'], []],
    ['a schema of no serializer', [...state, 'schemas', 0, 'serializer'], undefined],
    ['a schema of the number 0', [...state, 'schemas', 0, 'number'], 0],
    ['a schema of too high a number', [...state, 'schemas', 0, 'number'], 128],
    [
      'a type of key with a space',
      ['content', 'operators', 'tally', 'keyType'],
      'tuple(string, long)',
    ],
    [
      'a type of key that does not end',
      ['content', 'operators', 'tally', 'keyType'],
      'struct(a:long',
    ],
    ['split lists of no number of subtasks', [...state, 'kind'], 'split'],
    [
      'two schemas of one number',
      [...state, 'schemas'],
      ['a', 'b'].map((serializer) => ({ number: 1, serializer })),
    ],
    ['a word for a stamp', [...state, 'schemas', 0, 'stamped'], 'yes'],
    ['a state that counts since no number', [...state, 'since'], 'ever'],
  ])('with %s is damaged, though its digest is right', (_, place, value) => {
    expect(() => decodeEntry(changed(place, value), PATH)).toThrow(CORRUPT)
  })

  it('that lists a run twice is damaged', () => {
    const twice = entryOf(4, { content: contentOf(4, { runs: [runOf(3), runOf(3)] }) })
    expect(() => decodeEntry(encodeEntry(twice), PATH)).toThrow(CORRUPT)
  })

  it('puts the runs of an operator in order', () => {
    const keyGroups = { first: 0, last: 127 }
    const parts = [3, 2].map((order) => ({ run: runOf(order).path, order, keyGroups }))
    const runRefs = [runOf(2), runOf(3)]
    const operator = { ...OPERATOR, runs: parts }
    const content = contentOf(4, { runs: runRefs, operators: new Map([['tally', operator]]) })
    const read = decodeEntry(encodeEntry(entryOf(4, { content })), PATH)
    expect(read.content?.operators.get('tally')?.runs).toEqual(parts.toReversed())
  })

  it('is never written if it is too large to be read', () => {
    const large = 'x'.repeat(LIMITS.manifestBytesMax)
    const entry = entryOf(4, { content: contentOf(4, { sources: new Map([['source', large]]) }) })
    expect(() => encodeEntry(entry)).toThrow(expect.objectContaining({ code: 'LIMIT_EXCEEDED' }))
  })
})
