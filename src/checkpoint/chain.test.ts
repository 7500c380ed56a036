import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { contentOf, runOf } from '../../test/recovery/entries.js'
import { LIMITS } from '../base/limits.js'
import { extendChain, inlinedRuns, isInlined, type NewRun, type OperatorShapes } from './chain.js'
import { type CheckpointContent, NO_CONTENT, type StateRecord } from './manifest.js'

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
