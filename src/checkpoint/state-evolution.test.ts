import { describe, expect, it } from 'vitest'
import { ByteWriter } from '../base/bytes.js'
import type { Json } from '../base/json.js'
import { LIMITS } from '../base/limits.js'
import type { Serializer } from '../state/serializer.js'
import { StateCodec } from '../state/state-codec.js'
import {
  adapted,
  evolving,
  incompatible,
  migrated,
  widened,
} from '../testing/evolving-serializers.js'
import type { StateRecord } from './manifest.js'
import { decideState, type StateDecision, snapshotOf } from './state-evolution.js'

type Kind = StateRecord['kind']

/** What a manifest says of a state that these programs wrote, one after another. */
function recordOf(...serializers: readonly Serializer<unknown>[]): StateRecord {
  let record: StateRecord | undefined
  for (const serializer of serializers) {
    record = decideState(record, { kind: 'value', serializer }).record
  }
  return record as StateRecord
}

function decide(
  record: StateRecord | undefined,
  serializer: Serializer<unknown>,
  kind: Kind = 'value',
) {
  return decideState(record, { kind, serializer })
}

const numbers = ({ record }: StateDecision): number[] => record.schemas.map(({ number }) => number)

/** A value as a program of one schema writes it. */
function written(serializer: Serializer<unknown>, schema: number, value: unknown): Uint8Array {
  const out = new ByteWriter()
  new StateCodec(serializer, { schema, others: new Map() }).write(value, out)
  return out.copy()
}

const A = evolving('a')
const B = evolving('b', { a: migrated })
const C = evolving('c', { a: migrated, b: migrated })

describe('a state', () => {
  it('that the checkpoint does not have is new, with schema 1', () => {
    const decision = decide(undefined, A)
    expect(decision).toMatchObject({ outcome: 'as-is', differs: [] })
    expect(decision.record).toEqual({
      kind: 'value',
      schemas: [{ number: 1, serializer: 'evolving', snapshot: { name: 'a' } }],
    })
  })

  const old: readonly (readonly [string, Serializer<unknown>, object])[] = [
    ['is the same', A, { outcome: 'as-is', differs: [], advice: undefined }],
    ['says that it reads it', widened('b', ['a']), { outcome: 'as-is', differs: [] }],
    ['migrates it', B, { outcome: 'after-migration', differs: ['"a" was another'] }],
    [
      'is made for both',
      evolving('b', { a: adapted('b') }),
      { outcome: 'reconfigured', differs: ['"a" goes on'] },
    ],
    [
      'refuses it',
      evolving('b', { a: incompatible }),
      { outcome: 'incompatible', advice: 'keep "a"', differs: ['nothing reads "a"'] },
    ],
    ['cannot decide', evolving('b'), { outcome: 'incompatible', advice: expect.any(String) }],
  ]
  it.each(old)('whose serializer %s has that outcome', (_, serializer, expected) => {
    expect(decide(recordOf(A), serializer)).toMatchObject(expected)
  })

  it('is read by what each value was written with, and written by the newest', () => {
    const decision = decide(recordOf(A, B), C)
    expect(decision.outcome).toBe('after-migration')
    expect(numbers(decision)).toEqual([1, 2, 3])
    const { codec } = decision
    expect(codec.read(written(A, 1, 'x'))).toBe('x, once a')
    expect(codec.read(written(B, 2, 'x'))).toBe('x, once b')
    expect(codec.read(written(C, 3, 'x'))).toBe('x')
    expect(() => codec.read(written(C, 4, 'x'))).toThrow(
      expect.objectContaining({ code: 'CORRUPT' }),
    )
    const out = new ByteWriter()
    codec.write('new', out)
    expect(out.copy()).toEqual(written(C, 3, 'new'))
  })

  it('gets no new number when a program is started again, or an older one is', () => {
    const record = recordOf(A, B)
    expect(numbers(decide(record, B))).toEqual([1, 2])
    const back = decide(record, evolving('a', { b: migrated }))
    expect(numbers(back)).toEqual([2, 1])
    expect(back.codec.schema).toBe(1)
    expect(back.codec.read(written(B, 2, 'x'))).toBe('x, once b')
    const forth = decide(back.record, B)
    expect(numbers(forth)).toEqual([1, 2])
  })

  it('is refused if any of its schemas is, whatever the others are', () => {
    const decision = decide(recordOf(A, B), evolving('c', { a: incompatible, b: migrated }))
    expect(decision.outcome).toBe('incompatible')
    expect(decision.differs).toEqual(['"b" was another', 'nothing reads "a"'])
  })

  it('that is reconfigured for the newest schema goes on so with those before it', () => {
    const made = adapted('c', { a: migrated })
    const decision = decide(recordOf(A, B), evolving('c', { b: made }))
    expect(decision.outcome).toBe('after-migration')
    const { codec } = decision
    expect(codec.read(written(A, 1, 'x'))).toBe('x, once a')
    expect(codec.read(written(B, 2, 'x'))).toBe('x')
    // What takes the place has a schema of its own, and keeps it.
    const again = decide(decision.record, evolving('c', { b: made, 'c after b': made }))
    expect(decision.record.schemas.at(-1)?.snapshot).toEqual({ name: 'c after b' })
    expect(numbers(again).slice(0, 3)).toEqual([1, 2, 3])
  })

  it('has the smallest free number once older schemas are gone', () => {
    const schemas = [{ number: 2, serializer: 'evolving', snapshot: { name: 'b' } }]
    expect(numbers(decide({ kind: 'value', schemas }, C))).toEqual([2, 1])
  })

  it('is refused, with what to do, when a schema more than fit would lie side by side', () => {
    const schemas = Array.from({ length: LIMITS.schemasMax }, (_, i) => ({
      number: i + 1,
      serializer: `s${i}`,
    }))
    const reads = Object.fromEntries(schemas.map(({ serializer }) => [serializer, migrated]))
    const decision = decide({ kind: 'value', schemas }, evolving('new', reads))
    expect(decision.outcome).toBe('incompatible')
    expect(decision.advice).toMatch(/holdfast migrate/)
  })

  it.each<[Kind, Kind, string]>([
    ['value', 'reducing', 'reconfigured'],
    ['reducing', 'value', 'reconfigured'],
    ['value', 'list', 'incompatible'],
    ['map', 'value', 'incompatible'],
    ['aggregating', 'reducing', 'incompatible'],
  ])('of kind %s goes on as %s: %s', (before, now, outcome) => {
    const decision = decide({ ...recordOf(A), kind: before }, A, now)
    expect(decision.outcome).toBe(outcome)
    expect(decision.differs).toEqual([expect.stringMatching(`${before}.*${now}`)])
    expect(decision.record.kind).toBe(now)
  })
})

describe('a serializer that does not keep to its contract', () => {
  const bad: readonly (readonly [string, Serializer<unknown>, RegExp])[] = [
    [
      'throws',
      evolving('b', {
        a: () => {
          throw new Error('no idea')
        },
      }),
      /resolve of serializer "evolving".*no idea/,
    ],
    ['says nothing', evolving('b', { a: () => undefined as never }), /no outcome: as-is/],
    ['says what is none', evolving('b', { a: () => ({ outcome: 'fine' }) as never }), /no outcome/],
    [
      'has no JSON',
      { ...A, snapshot: 1n as never },
      /snapshot of serializer "evolving" is no JSON/,
    ],
  ]
  it.each(bad)('is told so: it %s', (_, serializer, message) => {
    const refused = expect.objectContaining({
      code: 'INVALID_ARGUMENT',
      retryable: false,
      message: expect.stringMatching(message),
    })
    expect(() => decide(recordOf(A), serializer)).toThrow(refused)
  })
})

describe('the snapshot of a serializer', () => {
  it.each<[string, Json | undefined, Json | undefined]>([
    ['members in another order', { a: 1, b: [{}] }, { b: [{}], a: 1 }],
    ['a member without a value', { a: 1 }, { a: 1, b: undefined } as unknown as Json],
    ['nothing', undefined, undefined],
  ])('is the same with %s', (_, before, now) => {
    const kept = snapshotOf({ ...A, ...(before === undefined ? {} : { snapshot: before }) })
    const { snapshot: __, ...without } = A
    const serializer = { ...without, ...(now === undefined ? {} : { snapshot: now }) }
    const schema = {
      number: 1,
      serializer: 'evolving',
      ...(before === undefined ? {} : { snapshot: before }),
    }
    if (before === undefined) expect(kept.snapshot).toEqual({ name: 'a' })
    expect(decide({ kind: 'value', schemas: [schema] }, serializer).outcome).toBe('as-is')
  })

  it.each<[Json, Json]>([
    [
      [1, 2],
      [2, 1],
    ],
    [{ a: 1 }, { a: 1, b: 1 }],
    [{ a: null }, {}],
    [[], {}],
  ])('is another: %j and %j', (before, now) => {
    const schemas = [{ number: 1, serializer: 'evolving', snapshot: before }]
    const decision = decide({ kind: 'value', schemas }, { ...A, snapshot: now })
    expect(decision.outcome).toBe('incompatible')
  })
})
