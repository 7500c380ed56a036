import { describe, expect, it } from 'vitest'
import { entryOf } from '../../test/recovery/entries.js'
import { type CreateFacts, type CreateVerdict, judgeCreate, stillOwner } from './commit.js'

const KINDS = ['claim', 'checkpoint', 'abort'] as const
const ANSWERS = ['created', 'exists', 'refused', 'failed'] as const

/** Every combination of facts: 3 kinds × 4 answers × 7 things that may stand × 5 attempts. */
const ALL: readonly CreateFacts[] = KINDS.flatMap((kind) => {
  const mine = entryOf(7, { kind, writer: 'me' })
  const theirs = KINDS.map((one) => entryOf(7, { kind: one, writer: 'other' }))
  const own = KINDS.map((one) => entryOf(7, { kind: one, writer: 'me' }))
  return ANSWERS.flatMap((answer) =>
    [undefined, ...own, ...theirs].flatMap((standing) =>
      [1, 2, 3, 4, 5].map((attempts) => ({ mine, answer, standing, attempts })),
    ),
  )
})

function verdicts(of: (facts: CreateFacts) => boolean): CreateVerdict[] {
  const some = ALL.filter(of)
  expect(some.length).toBeGreaterThan(0)
  return [...new Set(some.map(judgeCreate))].sort()
}

describe('judgeCreate', () => {
  it('believes a created: the entry is there, whatever was asked before', () => {
    expect(verdicts((one) => one.answer === 'created' && one.mine.kind !== 'abort')).toEqual([
      'stands',
    ])
    expect(verdicts((one) => one.answer === 'created' && one.mine.kind === 'abort')).toEqual([
      'aborted',
    ])
  })

  it('gives way to whatever another owner has put there', () => {
    const others = verdicts((one) => one.answer !== 'created' && one.standing?.writer === 'other')
    expect(others).toEqual(['taken'])
  })

  it('takes what it finds of its own for the outcome, whatever the answer was', () => {
    for (const kind of KINDS) {
      const own = verdicts(
        ({ answer, standing }) =>
          answer !== 'created' && standing?.writer === 'me' && standing.kind === kind,
      )
      expect(own).toEqual([kind === 'abort' ? 'aborted' : 'stands'])
    }
  })

  it('concludes nothing from a free name, except from a definite no to the very first request', () => {
    const open = ALL.filter((one) => one.answer !== 'created' && one.standing === undefined)
    for (const facts of open) {
      const verdict = judgeCreate(facts)
      const definite =
        facts.answer === 'refused' && facts.attempts === 1 && facts.mine.kind !== 'abort'
      if (definite) expect(verdict).toBe('refused')
      else expect(['again', 'abort', 'unknown']).toContain(verdict)
    }
  })

  it('never takes a definite no to an abort for the end of the checkpoint it was to replace', () => {
    const refused = verdicts(
      ({ mine, answer, standing }) =>
        mine.kind === 'abort' && answer === 'refused' && standing === undefined,
    )
    expect(refused).not.toContain('refused')
  })

  it('repeats a request a few times only; then an abort settles a checkpoint, and nothing a claim', () => {
    const late = (kind: string) =>
      verdicts(
        ({ mine, answer, standing, attempts }) =>
          mine.kind === kind && answer !== 'created' && standing === undefined && attempts >= 3,
      )
    expect(late('checkpoint')).toEqual(['abort'])
    expect(late('claim')).toEqual(['unknown'])
    expect(late('abort')).toEqual(['unknown'])
    const early = verdicts(
      ({ answer, standing, attempts }) =>
        answer === 'failed' && standing === undefined && attempts < 3,
    )
    expect(early).toEqual(['again'])
  })
})

describe('stillOwner', () => {
  it('is lost to any newer number, and to nothing else', () => {
    expect(stillOwner(7, [])).toBe(true)
    expect(stillOwner(7, [1, 5, 7])).toBe(true)
    expect(stillOwner(7, [1, 5, 7, 8])).toBe(false)
  })

  it('is lost to a writer that created a freed number: the newest entry is never collected', () => {
    expect(stillOwner(2, [2, 9, 10])).toBe(false)
  })
})
