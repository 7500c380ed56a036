/**
 * Counting what was checked: every test is one, every other part of the checks is one. A part that failed
 * never counts as zero failures, whatever its report says.
 */

/** Checks that passed and failed. */
export interface Counts {
  readonly passed: number
  readonly failed: number
}

/** A part without tests of its own. */
export function countPart(ok: boolean): Counts {
  return ok ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 }
}

/** What vitest's JSON report holds, as far as it is read here. */
interface VitestReport {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly testResults: readonly {
    readonly status: string
    readonly assertionResults: readonly unknown[]
  }[]
}

/**
 * The tests of a vitest run. A file that could not be loaded counts as one failure.
 * @param json the report, or `undefined` if none was written
 * @param ok whether vitest ended with exit code 0
 */
export function countTests(json: string | undefined, ok: boolean): Counts {
  if (json === undefined) return { passed: 0, failed: 1 }
  const report = JSON.parse(json) as VitestReport
  const unloaded = report.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.length === 0,
  )
  const failed = report.numFailedTests + unloaded.length
  const ranNone = report.numPassedTests === 0
  return {
    passed: report.numPassedTests,
    failed: failed === 0 && (!ok || ranNone) ? 1 : failed,
  }
}

/** The last line of every run of the checks. */
export function closingLine(all: readonly Counts[]): string {
  const passed = all.reduce((sum, one) => sum + one.passed, 0)
  const failed = all.reduce((sum, one) => sum + one.failed, 0)
  return `${passed} passed, ${failed} failed`
}
