import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { type FlinkRow, flinkSuites, plannedCases } from './flink-suites.js'
import { OUR_SUITES } from './our-cases.js'
import { renderPage } from './page.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const suites = flinkSuites()
const planned = plannedCases()
const cases = OUR_SUITES.flatMap((suite) => suite.cases)
const ids = new Set(cases.map(({ id }) => id))
const rows = suites.flatMap(({ suite, rows: own }) => own.map((row) => ({ suite, row })))

/** What is wrong with some row, a line for each. */
function faults(faultOf: (row: FlinkRow) => string | undefined): string[] {
  return rows.flatMap(({ suite, row }) => {
    const fault = faultOf(row)
    return fault === undefined ? [] : [`${suite}.${row.test}: ${fault}`]
  })
}

/** Whether a file has a test of this title. */
function hasTest(reference: string): boolean {
  const [path = '', title = ''] = reference.split(' › ')
  const file = join(root, path)
  if (!path.endsWith('.test.ts') || !existsSync(file)) return false
  const titles = readFileSync(file, 'utf8').matchAll(/(?:\bit|\))\(\s*(['"`])(.*?)\1,/g)
  return [...titles].some(([, , found]) => found === title)
}

describe("the page of Flink's cases", () => {
  it('is what its generator makes of the rows', () => {
    const page = readFileSync(join(root, 'docs/conformance.md'), 'utf8')
    const hint = 'run `npm run conformance:page`'
    expect(page === renderPage({ suites, ours: OUR_SUITES, planned }), hint).toBe(true)
  })

  it("has every case of each of Flink's suites, each once", () => {
    for (const { suite, cases: stated, rows: own } of suites) {
      expect(new Set(own.map(({ test }) => test)).size, suite).toBe(stated)
      expect(own.length, suite).toBe(stated)
    }
    expect(suites.find(({ suite }) => suite === 'StateBackendTestBase')?.cases).toBe(71)
    expect(suites.find(({ suite }) => suite === 'StateBackendMigrationTestBase')?.cases).toBe(32)
    expect(suites.find(({ suite }) => suite === 'TtlStateTestBase')?.cases).toBe(16 * 9)
  })

  it('explains every row: what it checks, and by what it is answered or why not', () => {
    expect(
      faults(({ behaviour, ours, notApplicable }) => {
        if (behaviour.length < 10) return 'does not say what it checks'
        if (notApplicable === undefined) return ours.length > 0 ? undefined : 'has no answer'
        return notApplicable.length >= 5 ? undefined : 'has no reason'
      }),
    ).toEqual([])
  })

  it('names no case and no test that does not exist, but those still planned', () => {
    expect(
      faults(({ ours }) => {
        const unknown = ours.filter((id) =>
          id.includes(' › ') ? !hasTest(id) : !ids.has(id) && !planned.has(id),
        )
        return unknown.length > 0 ? `unknown: ${unknown.join(', ')}` : undefined
      }),
    ).toEqual([])
  })

  it('plans nothing that exists', () => {
    const written = [...planned.keys()].filter((id) => ids.has(id))
    expect(written, 'written by now: npm run conformance:page -- --resolve').toEqual([])
  })

  it('has a row for every case of ours, whose ids are all different', () => {
    expect(ids.size).toBe(cases.length)
    const page = renderPage({ suites, ours: OUR_SUITES, planned })
    expect([...ids].filter((id) => !page.includes(`\n| \`${id}\` | `))).toEqual([])
  })
})
