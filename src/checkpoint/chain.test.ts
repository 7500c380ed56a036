import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { contentOf, runOf } from '../../test/recovery/entries.js'
import { LIMITS } from '../base/limits.js'
import {
  countedSections,
  extendChain,
  inlinedRuns,
  isInlined,
  type NewRun,
  type OperatorShapes,
  type StateShape,
} from './chain.js'
import { withoutDropped } from './dropping.js'
import { type CheckpointContent, NO_CONTENT, type StateRecord } from './manifest.js'
import { planRestore } from './restore-plan.js'

const SUM: StateRecord = { kind: 'value', schemas: [{ number: 1, serializer: 'msgpack' }] }
const SHAPE = { maxParallelism: 8, keyType: 'string', states: new Map([['sum', SUM]]) } as const

function shapes(...uids: readonly string[]): OperatorShapes {
  return new Map(uids.map((uid) => [uid, SHAPE]))
}

/** A run as the coordinator makes one: inlined if it may be, else a file that takes the inlined ones in. */
function added(content: CheckpointContent, order: number, delta: Delta): NewRun | undefined {
  if (delta.operators.length === 0) return undefined
  const { sizeBytes } = delta
  if (isInlined(sizeBytes, content)) {
    const ref = { ...runOf(order), sizeBytes, inline: 'AAAA' }
    return { ref, operators: delta.operators, replacesInlined: false }
  }
  const below = new Set(inlinedRuns(content).map(({ path }) => path))
  const merged = [...content.operators].filter(([, { runs }]) =>
    runs.some(({ run }) => below.has(run)),
  )
  const operators = [...new Set([...delta.operators, ...merged.map(([uid]) => uid)])]
  return { ref: { ...runOf(order), sizeBytes }, operators, replacesInlined: true }
}

interface Delta {
  readonly sizeBytes: number
  readonly operators: readonly string[]
  readonly declared: readonly string[]
}

const UIDS = ['a', 'b', 'c', 'd']
const deltas = fc.array(
  fc
    .record({
      sizeBytes: fc.oneof(fc.integer({ min: 1, max: 30_000 }), fc.constant(16_384)),
      declared: fc.subarray(UIDS, { minLength: 1 }),
      touched: fc.subarray(UIDS),
    })
    .map(({ sizeBytes, declared, touched }) => ({
      sizeBytes,
      declared,
      operators: touched.filter((uid) => declared.includes(uid)),
    })),
  { maxLength: 25 },
)

/** Every operator's rows, by the checkpoints that wrote them: a run stands for all that was merged into it. */
type Written = Map<string, number[]>

describe('the chain of runs', () => {
  it('keeps every delta of every operator, in order, the inlined ones last, and nothing unused', () => {
    fc.assert(
      fc.property(deltas, (all) => {
        let content: CheckpointContent = NO_CONTENT
        const holds = new Map<string, Written>()
        const written: Written = new Map()
        all.forEach((delta, index) => {
          const order = index + 2
          const run = added(content, order, delta)
          if (run !== undefined) holds.set(run.ref.path, heldBy(run, content, holds, order, delta))
          for (const uid of delta.operators) written.set(uid, [...(written.get(uid) ?? []), order])
          const chain = extendChain(content, shapes(...delta.declared), { run, number: order })
          content = { ...contentOf(order), ...chain }
          checkShape(content)
          for (const [uid, { runs }] of content.operators) {
            const found = runs.flatMap((one) => holds.get(one.run)?.get(uid) ?? [])
            expect(found).toEqual(written.get(uid) ?? [])
          }
        })
      }),
    )
  })

  it('inlines a small delta, and only as long as all of them together stay small', () => {
    const { inlineRunBytesMax, inlineTotalBytesMax } = LIMITS
    expect(isInlined(inlineRunBytesMax, NO_CONTENT)).toBe(true)
    expect(isInlined(inlineRunBytesMax + 1, NO_CONTENT)).toBe(false)
    const inlined = (sizeBytes: number) => ({ ...runOf(sizeBytes), sizeBytes, inline: 'AAAA' })
    const left = 10_000
    const content = contentOf(9, { runs: [runOf(1), inlined(inlineTotalBytesMax - left)] })
    expect(isInlined(left, content)).toBe(true)
    expect(isInlined(left + 1, content)).toBe(false)
  })

  it('keeps operators and states that the program does not declare any more', () => {
    const other = new Map([['other', { ...SUM, kind: 'map' } as const]])
    const run = { ref: runOf(2), operators: ['a'], replacesInlined: true }
    const first = extendChain(NO_CONTENT, shapes('a'), { run, number: 2 })
    const without = { number: 3, run: undefined }
    const gone = extendChain({ ...contentOf(2), ...first }, shapes('b'), without)
    expect(gone.operators.get('a')).toEqual(first.operators.get('a'))
    const changed: OperatorShapes = new Map([['a', { ...SHAPE, states: other }]])
    const back = extendChain({ ...contentOf(3), ...gone }, changed, { number: 4, run: undefined })
    expect(back.operators.get('a')?.states).toEqual(
      new Map([
        ['sum', SUM],
        ['other', { ...SUM, kind: 'map', since: 4 }],
      ]),
    )
    expect(back.runs).toEqual([runOf(2)])
  })
})

/** A state of one operator that a checkpoint touches, writes anew, leaves undeclared or drops. */
interface Doing {
  readonly touched: boolean
  readonly rewritten: boolean
  readonly declared: boolean
  readonly dropped: boolean
}

const SECTIONS = ['a/s', 'a/t', 'b/s', 'b/t'] as const
const doing: fc.Arbitrary<Doing> = fc.record({
  touched: fc.boolean(),
  rewritten: fc.boolean(),
  declared: fc.constantFrom(true, true, true, false),
  dropped: fc.boolean(),
})
const steps = fc.array(
  fc.record({
    large: fc.boolean(),
    doings: fc.tuple(doing, doing, doing, doing),
  }),
  { maxLength: 12 },
)

describe('the rows that count', () => {
  it('are those written since a state was written anew, or declared again after a drop', () => {
    fc.assert(
      fc.property(steps, (all) => {
        let content: CheckpointContent = NO_CONTENT
        const holds = new Map<string, Map<string, number[]>>()
        const expected = new Map<string, number[]>()
        all.forEach(({ large, doings }, index) => {
          const number = index + 2
          const of = (section: string): Doing =>
            doings[SECTIONS.indexOf(section as (typeof SECTIONS)[number])] as Doing
          content = withoutDropped(
            content,
            SECTIONS.filter((section) => of(section).dropped && !of(section).declared),
          )
          const kept = new Set(listed(content))
          const written = SECTIONS.filter((section) => {
            const { declared, touched, rewritten } = of(section)
            return declared && (touched || (rewritten && kept.has(section)))
          })
          for (const section of expected.keys()) if (!kept.has(section)) expected.delete(section)
          for (const section of written) {
            const anew = of(section).rewritten && kept.has(section)
            expected.set(section, [...(anew ? [] : (expected.get(section) ?? [])), number])
          }
          const changed = new Map(
            ['a', 'b'].map((uid) => [uid, { ...SHAPE, states: statesOf(uid, of, content) }]),
          )
          const ref = large ? runOf(number) : { ...runOf(number), inline: 'AAAA' }
          const below = large ? inlinedRuns(content) : []
          const rows = new Map<string, number[]>(written.map((section) => [section, [number]]))
          for (const { path } of below.toReversed()) {
            for (const { operator, state } of countedSections(content, path, {
              shapes: changed,
              number,
            })) {
              const older = holds.get(path)?.get(`${operator}/${state}`) ?? []
              const section = `${operator}/${state}`
              if (older.length > 0) rows.set(section, [...older, ...(rows.get(section) ?? [])])
            }
          }
          holds.set(ref.path, rows)
          const operators = [...new Set([...rows.keys()].map((section) => section.slice(0, 1)))]
          const run = rows.size > 0 ? { ref, operators, replacesInlined: large } : undefined
          content = { ...contentOf(number), ...extendChain(content, changed, { number, run }) }
          for (const section of listed(content)) {
            const [operator = '', state = ''] = section.split('/')
            const found = planRestore(content, { operator, state }, { first: 0, last: 7 })
            const orders = found.flatMap((one) => holds.get(one.run.path)?.get(section) ?? [])
            expect(orders).toEqual(expected.get(section) ?? [])
          }
          for (const { runs } of content.operators.values())
            expect(runs.map(({ order }) => order)).toEqual(
              runs.map(({ order }) => order).toSorted((x, y) => x - y),
            )
        })
      }),
      { numRuns: process.env.HOLDFAST_FULL ? 2000 : 300 },
    )
  })
})

function listed({ operators }: CheckpointContent): string[] {
  return [...operators].flatMap(([uid, { states }]) =>
    [...states.keys()].map((name) => `${uid}/${name}`),
  )
}

function statesOf(
  uid: string,
  of: (section: string) => Doing,
  content: CheckpointContent,
): Map<string, StateShape> {
  const kept = content.operators.get(uid)?.states
  const states = ['s', 't'].filter((name) => of(`${uid}/${name}`).declared)
  return new Map(
    states.map((name): [string, StateShape] => {
      const rewritten = of(`${uid}/${name}`).rewritten && kept?.has(name)
      return [name, rewritten ? { ...SUM, rewrittenFrom: content.checkpoint } : SUM]
    }),
  )
}

/** What a new run holds: its delta, and all that the inlined ones it replaces held. */
function heldBy(
  run: NewRun,
  content: CheckpointContent,
  ...[holds, order, delta]: [ReadonlyMap<string, Written>, number, Delta]
): Written {
  const held: Written = new Map()
  const replaced = run.replacesInlined ? inlinedRuns(content) : []
  for (const { path } of replaced) {
    for (const [uid, orders] of holds.get(path) ?? []) {
      held.set(uid, [...(held.get(uid) ?? []), ...orders])
    }
  }
  for (const uid of delta.operators) held.set(uid, [...(held.get(uid) ?? []), order])
  return held
}

function checkShape({ runs, operators }: CheckpointContent): void {
  const inlined = runs.map(({ inline }) => inline !== undefined)
  expect(inlined).toEqual(inlined.toSorted((a, b) => Number(a) - Number(b)))
  const total = runs.reduce((sum, run) => sum + (run.inline === undefined ? 0 : run.sizeBytes), 0)
  expect(total).toBeLessThanOrEqual(LIMITS.inlineTotalBytesMax)
  const used = new Set<string>()
  for (const operator of operators.values()) {
    const orders = operator.runs.map(({ order }) => order)
    expect(orders).toEqual(orders.toSorted((a, b) => a - b))
    for (const { run, keyGroups } of operator.runs) {
      used.add(run)
      expect(keyGroups).toEqual({ first: 0, last: 7 })
    }
  }
  expect(runs.map(({ path }) => path).toSorted()).toEqual([...used].sort())
}
