/**
 * `tsx scripts/mutants.ts [WORD]`: applies each mutant of test/mutants/ (or those whose names contain
 * WORD) to a copy of the tree and runs the tests it names; each must fail. Prints a table, ends with `N passed,
 * N failed`, and exits with 1 if one survives or cannot be applied.
 */
import { spawn } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { EVOLUTION_MUTANTS } from '../test/mutants/evolution.js'
import { JOB_MUTANTS } from '../test/mutants/job.js'
import type { Edit, Mutant } from '../test/mutants/mutant.js'
import { PROTOCOL_MUTANTS } from '../test/mutants/protocol.js'
import { STATE_MUTANTS } from '../test/mutants/state.js'
import { TTL_MUTANTS } from '../test/mutants/ttl.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const temporary = mkdtempSync(join(tmpdir(), 'holdfast-mutants-'))

/** Copies that work side by side. */
const COPIES = 2
/** What a mutant that hangs is given before it counts as caught, in ms. */
const RUN_MS = 60_000
/** The same for one test. */
const TEST_MS = 10_000

const COPIED = [
  'src',
  'test/embedded',
  'test/recovery',
  'package.json',
  'tsconfig.json',
  'vitest.config.ts',
]

/** A copy of the tree, with links to the packages in a folder of its own. */
function copyTree(name: string): string {
  const copy = join(temporary, name)
  for (const path of COPIED) {
    mkdirSync(dirname(join(copy, path)), { recursive: true })
    cpSync(join(root, path), join(copy, path), { recursive: true })
  }
  mkdirSync(join(copy, 'node_modules'))
  for (const name of readdirSync(join(root, 'node_modules'))) {
    if (name.startsWith('.')) continue
    symlinkSync(join(root, 'node_modules', name), join(copy, 'node_modules', name))
  }
  return copy
}

interface Outcome {
  /** Full names of the tests that failed. */
  readonly failed: readonly string[]
  readonly passed: number
  readonly timedOut: boolean
  readonly output: string
}

interface Report {
  readonly numPassedTests: number
  readonly testResults: readonly {
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[]
  }[]
}

async function runTests(copy: string, tests: readonly string[], bail: boolean): Promise<Outcome> {
  const report = join(copy, 'report.json')
  rmSync(report, { force: true })
  const vitest = join(root, 'node_modules/vitest/vitest.mjs')
  const options = ['--reporter=json', `--outputFile=${report}`, `--testTimeout=${TEST_MS}`]
  const args = [vitest, 'run', ...tests, ...options, ...(bail ? ['--bail=1'] : [])]
  const { output, timedOut } = await runNode(copy, args)
  if (!existsSync(report)) return { failed: [], passed: 0, timedOut, output }
  const { numPassedTests, testResults } = JSON.parse(readFileSync(report, 'utf8')) as Report
  const results = testResults.flatMap(({ assertionResults }) => assertionResults)
  const failed = results.filter(({ status }) => status === 'failed')
  const names = failed.map(({ fullName }) => fullName.trim())
  return { failed: names, passed: numPassedTests, timedOut, output }
}

function runNode(
  cwd: string,
  args: readonly string[],
): Promise<{ output: string; timedOut: boolean }> {
  // The few seeds of the default run catch every mutant; all seeds would only take longer.
  const { HOLDFAST_FULL: _full, HOLDFAST_SEED: _seed, ...env } = process.env
  const child = spawn(process.execPath, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  const collect = (chunk: Buffer): void => {
    output += chunk.toString()
  }
  child.stdout.on('data', collect)
  child.stderr.on('data', collect)
  let timedOut = false
  const timer = setTimeout(() => {
    timedOut = true
    child.kill('SIGKILL')
  }, RUN_MS)
  return new Promise((done) => {
    child.on('close', () => {
      clearTimeout(timer)
      done({ output, timedOut })
    })
  })
}

/** The text after an edit; the place must be there, once. */
function edited(text: string, { file, search, replace }: Edit): string {
  const found = text.split(search).length - 1
  if (found === 1) return text.replace(search, () => replace)
  throw new Error(`${JSON.stringify(search)} occurs ${found} times in ${file}; mend the mutant`)
}

/** Tests a mutant in a copy, which is as before afterwards. Resolves to what caught it; `undefined`: nothing. */
async function tryMutant(copy: string, { edits, tests }: Mutant): Promise<string | undefined> {
  const originals = new Map<string, string>()
  try {
    for (const one of edits) {
      const path = join(copy, one.file)
      const text = readFileSync(path, 'utf8')
      if (!originals.has(path)) originals.set(path, text)
      writeFileSync(path, edited(text, one))
    }
    const { failed, passed, timedOut, output } = await runTests(copy, tests, true)
    if (failed[0] !== undefined) return failed[0]
    if (timedOut) return `no end within ${RUN_MS / 1000} s`
    if (passed === 0) throw new Error(`no test has run:\n${output}`)
    return undefined
  } finally {
    for (const [path, text] of originals) writeFileSync(path, text)
  }
}

function line(verdict: string, name: string, caughtBy: string): void {
  process.stdout.write(`${verdict.padEnd(9)} ${name}\n${' '.repeat(10)}${caughtBy}\n`)
}

/** Takes mutants from the queue until it is empty; returns how many were not caught. */
async function work(copy: string, queue: Mutant[]): Promise<number> {
  let failed = 0
  for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
    try {
      const caughtBy = await tryMutant(copy, mutant)
      if (caughtBy === undefined) failed++
      if (caughtBy === undefined) line('SURVIVED', mutant.name, mutant.tests.join(' '))
      else line('caught', mutant.name, caughtBy)
    } catch (error) {
      failed++
      line('BROKEN', mutant.name, error instanceof Error ? error.message : String(error))
    }
  }
  return failed
}

async function main(word: string): Promise<void> {
  const all = [
    ...PROTOCOL_MUTANTS,
    ...JOB_MUTANTS,
    ...STATE_MUTANTS,
    ...TTL_MUTANTS,
    ...EVOLUTION_MUTANTS,
  ]
  const queue = all.filter(({ name }) => name.includes(word))
  const count = queue.length
  const copies = Array.from({ length: COPIES }, (_, index) => copyTree(String(index)))
  const tests = [...new Set(queue.flatMap((mutant) => mutant.tests))]
  const clean = await runTests(copies[0] as string, tests, false)
  if (clean.failed.length > 0 || clean.passed === 0) {
    throw new Error(`the tests fail without a mutant: ${clean.failed.join(', ') || clean.output}`)
  }
  const survivors = await Promise.all(copies.map((copy) => work(copy, queue)))
  const failed = survivors.reduce((sum, one) => sum + one, 0)
  if (failed > 0) process.exitCode = 1
  process.stdout.write(`${count - failed} passed, ${failed} failed\n`)
}

try {
  await main(process.argv[2] ?? '')
} finally {
  rmSync(temporary, { recursive: true, force: true })
}
