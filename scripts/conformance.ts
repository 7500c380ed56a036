/**
 * `npm run conformance`: every case of the state backend and operator state contracts in all modes, on the memory backend, without a test
 * framework. Prints a table; with `--json` one line
 *
 *     {"backend":"memory","cases":…,"modes":3,"passed":…,"failed":…,"skipped":[{"reason":…,"cases":[…]}]}
 *
 * where `cases` counts distinct cases, `passed` and `failed` count each case in each of its modes. Failures are
 * listed on stderr and the exit code is 1.
 */
import { memoryBackend } from '../src/backend/memory/memory-backend.js'
import {
  type BackendSuiteOptions,
  backendCases,
  backendSuite,
} from '../src/testing/backend-suite.js'
import { operatorStateCases, operatorStateSuite } from '../src/testing/operator-state-suite.js'
import type { Skip } from '../src/testing/suite.js'

/** What the memory backend does not pass, and why. */
const SKIPPED: readonly Skip[] = []

interface Test {
  /** `case/mode: what it says`. */
  readonly name: string
  readonly body: () => Promise<void>
}

interface Outcome {
  readonly caseId: string
  readonly mode: string
  readonly name: string
  /** `undefined`: passed. */
  readonly error: unknown
}

function collectTests(): Test[] {
  const tests: Test[] = []
  const options: BackendSuiteOptions = {
    runner: {
      describe: (_, body) => body(),
      it: (name, body) => void tests.push({ name, body }),
    },
    name: 'memory',
    backend: memoryBackend,
    skip: SKIPPED,
  }
  backendSuite(options)
  operatorStateSuite({ ...options, skip: [] })
  return tests
}

async function runTest({ name, body }: Test): Promise<Outcome> {
  const [caseId = '', mode = ''] = (name.split(':')[0] ?? '').split('/')
  try {
    await body()
    return { caseId, mode, name, error: undefined }
  } catch (error) {
    return { caseId, mode, name, error: error ?? new Error('it threw nothing at all') }
  }
}

/** A line for each family of cases (the first word of their ids), a column for each mode: passed of all. */
function table(outcomes: readonly Outcome[], modes: readonly string[]): string {
  const familyOf = ({ caseId }: Outcome): string => caseId.split('-')[0] ?? ''
  const families = [...new Set(outcomes.map(familyOf))]
  const line = (name: string, of: readonly Outcome[]): string => {
    const cells = modes.map((mode) => {
      const ofMode = of.filter((outcome) => outcome.mode === mode)
      return `${ofMode.filter(({ error }) => error === undefined).length}/${ofMode.length}`
    })
    return [name.padEnd(14), ...cells.map((cell) => cell.padStart(10))].join('')
  }
  const header = ['case'.padEnd(14), ...modes.map((mode) => mode.padStart(10))].join('')
  return [
    header,
    ...families.map((family) =>
      line(
        family,
        outcomes.filter((one) => familyOf(one) === family),
      ),
    ),
    line('all', outcomes),
  ].join('\n')
}

const outcomes: Outcome[] = []
for (const test of collectTests()) outcomes.push(await runTest(test))

const modes = [...new Set(outcomes.map(({ mode }) => mode))]
const failures = outcomes.filter(({ error }) => error !== undefined)
const verdict = {
  backend: memoryBackend().name,
  cases: new Set([...backendCases, ...operatorStateCases].map(({ id }) => id)).size,
  modes: modes.length,
  passed: outcomes.length - failures.length,
  failed: failures.length,
  skipped: SKIPPED.map(({ reason, cases }) => ({ reason, cases })),
}

for (const { name, error } of failures) {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  process.stderr.write(`FAILED ${name}\n  ${text.replaceAll('\n', '\n  ')}\n`)
}
if (process.argv.includes('--json')) process.stdout.write(`${JSON.stringify(verdict)}\n`)
else {
  const { backend, cases, passed, failed } = verdict
  const skipped = SKIPPED.map((skip) => `skipped, ${skip.reason}: ${skip.cases.join(', ')}\n`)
  process.stdout.write(`${table(outcomes, modes)}\n${skipped.join('')}`)
  process.stdout.write(`${backend}: ${cases} cases, ${passed} passed, ${failed} failed\n`)
}
if (failures.length > 0) process.exitCode = 1
