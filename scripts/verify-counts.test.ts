import { describe, expect, it } from 'vitest'
import { closingLine, countPart, countTests } from './verify-counts.js'

const file = (status: string, tests: number) => ({
  status,
  assertionResults: Array.from({ length: tests }, () => ({})),
})
const report = (passed: number, failed: number, files = [file('passed', passed)]): string =>
  JSON.stringify({ numPassedTests: passed, numFailedTests: failed, testResults: files })

describe('counting', () => {
  it('takes the tests from the report', () => {
    expect(countTests(report(12, 0), true)).toEqual({ passed: 12, failed: 0 })
    expect(countTests(report(12, 3, [file('failed', 15)]), false)).toEqual({
      passed: 12,
      failed: 3,
    })
  })

  it('counts a file that could not be loaded as a failure', () => {
    const files = [file('passed', 12), file('failed', 0)]
    expect(countTests(report(12, 0, files), false)).toEqual({ passed: 12, failed: 1 })
  })

  it('never passes a run that failed, wrote no report or ran no test', () => {
    expect(countTests(report(12, 0), false)).toEqual({ passed: 12, failed: 1 })
    expect(countTests(undefined, true)).toEqual({ passed: 0, failed: 1 })
    expect(countTests(report(0, 0), true)).toEqual({ passed: 0, failed: 1 })
  })

  it('sums tests and parts into one closing line', () => {
    const all = [{ passed: 12, failed: 3 }, countPart(true), countPart(false)]
    expect(closingLine(all)).toBe('13 passed, 4 failed')
  })
})
