import { describe, expect, it } from 'vitest'
import { contentOf } from '../../test/recovery/entries.js'
import type { KeyType } from '../state/key.js'
import { evolving, migrated } from '../testing/evolving-serializers.js'
import { checkDrops, withoutDropped } from './dropping.js'
import { checkEvolution, type OperatorDeclaration, planEvolution } from './evolution.js'
import type { OperatorRecord } from './manifest.js'

const schemas = [{ number: 1, serializer: 'evolving', snapshot: { name: 'a' } }]
const KEPT: OperatorRecord = {
  maxParallelism: 128,
  keyType: 'string',
  states: new Map([
    ['sum', { kind: 'value', schemas }],
    ['seen', { kind: 'map', schemas }],
  ]),
  runs: [],
}
const CONTENT = contentOf(4, {
  operators: new Map([
    ['tally', KEPT],
    ['other', KEPT],
  ]),
})
const A = evolving('a')
const [SUM, SEEN] = [
  { kind: 'value', serializer: A } as const,
  { kind: 'map', serializer: A } as const,
]

function declared(parts: Partial<OperatorDeclaration> = {}): OperatorDeclaration {
  return { uid: 'tally', maxParallelism: undefined, states: { sum: SUM, seen: SEEN }, ...parts }
}
const plan = (parts: Partial<OperatorDeclaration> = {}) => planEvolution(CONTENT, [declared(parts)])

describe('a program and a checkpoint', () => {
  it('fit if nothing that is kept is declared otherwise', () => {
    for (const parts of [
      { maxParallelism: 128, keyType: 'string' },
      { states: {} },
      { states: { sum: SUM, another: SEEN } },
      { uid: 'new', maxParallelism: 7, keyType: 'long' },
      { keyType: 'string', migrateKey: { from: 'long', migrate: String } },
    ] as const) {
      expect(plan(parts)).toMatchObject({ states: [], keys: [], misfits: [] })
    }
  })

  it('are told of every state that goes on in another way', () => {
    const b = evolving('b', { a: migrated })
    const { states, misfits } = plan({
      states: { sum: { kind: 'value', serializer: b }, seen: SEEN },
    })
    expect(misfits).toEqual([])
    expect(states).toEqual([
      {
        operator: 'tally',
        state: 'sum',
        outcome: 'after-migration',
        before: [{ schema: 1, serializer: 'evolving' }],
        now: { schema: 2, serializer: 'evolving' },
        differs: ['"a" was another'],
      },
    ])
  })

  it('are refused with all misfits of all operators at once, each with what to do', () => {
    const decided = planEvolution(CONTENT, [
      declared({
        maxParallelism: 64,
        keyType: 'long',
        states: {
          sum: { kind: 'list', serializer: A },
          seen: { kind: 'map', serializer: evolving('b') },
        },
      }),
      declared({ uid: 'other', states: { sum: { kind: 'value', serializer: evolving('c') } } }),
    ])
    expect(decided.misfits).toHaveLength(5)
    for (const line of decided.misfits)
      expect(line).toMatch(/^operator "\w+".*:\n {4}.*\n {4}to do: /)
    const message = expect.stringMatching(
      /checkpoint 4 of "job" .*"sum".*value.*list.*"seen".*"tally".*128.*64.*string.*long.*"other"/s,
    )
    const refused = expect.objectContaining({ code: 'INCOMPATIBLE_STATE', message })
    expect(() => checkEvolution(decided, 'job')).toThrow(refused)
  })

  it.each<[KeyType | undefined, KeyType, RegExp | undefined]>([
    ['long', 'string', undefined],
    ['string', 'long', undefined],
    ['long', 'double', /string in the checkpoint, long in the program.*migrateKey/s],
  ])('with keys of %s, migrated from %s', (keyType, from, misfit) => {
    const decided = plan({ keyType, migrateKey: { from, migrate: Number } })
    const { migrateKey } = decided.operators.get('tally') ?? {}
    expect(migrateKey !== undefined).toBe(keyType === 'long' && from === 'string')
    expect(decided.keys).toHaveLength(migrateKey === undefined ? 0 : 1)
    if (misfit === undefined) expect(decided.misfits).toEqual([])
    else expect(decided.misfits[0]).toMatch(misfit)
  })

  it('do not migrate keys of state that is not declared: it would be lost', () => {
    const migrateKey = { from: 'string', migrate: Number } as const
    const { misfits } = plan({ keyType: 'long', migrateKey, states: { sum: SUM } })
    expect(misfits).toEqual([expect.stringMatching(/"seen".*--drop tally\/seen/s)])
  })

  it('migrate keys although there is operator state that is not declared: it has none', () => {
    const states = new Map([...KEPT.states, ['parts', { kind: 'split', schemas }] as const])
    const content = contentOf(4, { operators: new Map([['tally', { ...KEPT, states }]]) })
    const migrateKey = { from: 'string', migrate: Number } as const
    const { misfits, keys } = planEvolution(content, [declared({ keyType: 'long', migrateKey })])
    expect(misfits).toEqual([])
    expect(keys).toHaveLength(1)
  })
})

describe('dropping', () => {
  const program = [declared({ states: { sum: SUM } })]
  const held = (content = CONTENT) =>
    [...content.operators].map(([uid, { states }]) => [uid, ...states.keys()])

  it('takes a state or a whole operator out of the content', () => {
    checkDrops(CONTENT, ['tally/seen', 'other'], program)
    expect(held(withoutDropped(CONTENT, ['tally/seen']))).toEqual([
      ['tally', 'sum'],
      ['other', 'sum', 'seen'],
    ])
    expect(held(withoutDropped(CONTENT, ['tally/seen', 'other']))).toEqual([['tally', 'sum']])
    expect(held(withoutDropped(CONTENT, ['other/none', 'none']))).toEqual(held())
  })

  it.each(['tally/sum', 'tally'])('refuses %s, which the program declares', (name) => {
    const refused = expect.objectContaining({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining(name),
    })
    expect(() => checkDrops(CONTENT, [name], program)).toThrow(refused)
  })

  it.each(['tally/none', 'none', 'none/sum', ''])('refuses "%s", saying what there is', (name) => {
    const message = expect.stringMatching(/can be dropped: tally\/seen, other\/sum, other\/seen$/)
    const refused = expect.objectContaining({ code: 'INVALID_ARGUMENT', message })
    expect(() => checkDrops(CONTENT, [name], program)).toThrow(refused)
  })
})
