/**
 * Runs the checks and counts them; the last line is `N passed, N failed`.
 *
 *     tsx scripts/verify.ts test   what `npm test` runs after the build
 *     tsx scripts/verify.ts rest   what `npm test` leaves out: every seed of the model test, the package, the mutants, the main job
 *     tsx scripts/verify.ts all    both, with every seed of the crash tests
 *
 * A new part is one line of PARTS.
 */
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Counts, closingLine, countPart, countTests } from './verify-counts.js'

interface Part {
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  /** Whether it runs beside the part before it; default: after it. */
  readonly beside?: boolean
  /** Shows its output while it runs, not only when it failed. */
  readonly live?: boolean
  /** vitest's JSON report, for the count of tests. */
  readonly report?: string
}

const root = fileURLToPath(new URL('..', import.meta.url))
const temporary = mkdtempSync(join(tmpdir(), 'holdfast-verify-'))
const report = join(temporary, 'vitest.json')

const BUILD: Part = { name: 'build', command: 'npm', args: ['run', '--silent', 'build'] }

const TEST: readonly Part[] = [
  { name: 'typecheck', command: 'tsc', args: ['-p', 'tsconfig.json'] },
  { name: 'tidy', command: 'tsx', args: ['scripts/tidy.ts'], beside: true },
  {
    name: 'tests',
    command: 'vitest',
    args: ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
    live: true,
    report,
  },
]

const REST: readonly Part[] = [
  // Two processes for two cores; each prints its seeds.
  { name: 'model odd', command: 'tsx', args: ['scripts/model.ts', 'odd'], live: true },
  {
    name: 'model even',
    command: 'tsx',
    args: ['scripts/model.ts', 'even'],
    live: true,
    beside: true,
  },
  { name: 'package', command: 'tsx', args: ['scripts/package-check.ts'] },
  { name: 'publint', command: 'publint', args: ['run', '--strict'] },
  { name: 'mutants', command: 'tsx', args: ['scripts/mutants.ts'] },
  { name: 'main job', command: 'npm', args: ['start'], live: true },
  ...Array.from({ length: 10 }, (_, i) => shortRun(i + 1)),
]

/** The main job over fewer flights with more kills, by seed. */
function shortRun(seed: number): Part {
  const flags = ['--records', '300000', '--kills', '8', '--seed', String(seed)]
  return { name: `seed ${seed}`, command: 'npm', args: ['start', '--', ...flags] }
}

const PARTS: Readonly<Record<string, readonly Part[]>> = {
  test: TEST,
  rest: REST,
  all: [BUILD, ...TEST, ...REST],
}

function environment(mode: string): NodeJS.ProcessEnv {
  const PATH = `${join(root, 'node_modules/.bin')}:${process.env.PATH ?? ''}`
  return mode === 'all' ? { ...process.env, PATH, HOLDFAST_FULL: '1' } : { ...process.env, PATH }
}

/** Runs one part; prints its line, and its output when it failed. */
async function runPart(part: Part, env: NodeJS.ProcessEnv): Promise<Counts> {
  const start = performance.now()
  const { ok, output } = await runCommand(part, env)
  const seconds = ((performance.now() - start) / 1000).toFixed(1)
  if (!ok && output !== '') process.stdout.write(output.endsWith('\n') ? output : `${output}\n`)
  process.stdout.write(`${part.name.padEnd(10)} ${ok ? 'ok    ' : 'FAILED'} ${seconds} s\n`)
  if (part.report === undefined) return countPart(ok)
  return countTests(existsSync(part.report) ? readFileSync(part.report, 'utf8') : undefined, ok)
}

function runCommand(part: Part, env: NodeJS.ProcessEnv): Promise<{ ok: boolean; output: string }> {
  const stdio = part.live === true ? 'inherit' : 'pipe'
  const child = spawn(part.command, part.args, { cwd: root, env, stdio: ['ignore', stdio, stdio] })
  let output = ''
  const collect = (chunk: Buffer): void => {
    output += chunk.toString()
  }
  child.stdout?.on('data', collect)
  child.stderr?.on('data', collect)
  return new Promise((done) => {
    child.on('error', (error) => done({ ok: false, output: `${part.command}: ${error.message}` }))
    child.on('close', (code) => done({ ok: code === 0, output }))
  })
}

/** The parts in turn, except those that run beside the one before them. */
function turns(parts: readonly Part[]): Part[][] {
  const groups: Part[][] = []
  for (const part of parts) {
    const last = groups.at(-1)
    if (part.beside === true && last !== undefined) last.push(part)
    else groups.push([part])
  }
  return groups
}

async function main(mode: string): Promise<void> {
  const parts = PARTS[mode]
  if (parts === undefined) {
    throw new Error(`"${mode}" is not one of ${Object.keys(PARTS).join(', ')}`)
  }
  const env = environment(mode)
  const counts: Counts[] = []
  for (const group of turns(parts)) {
    counts.push(...(await Promise.all(group.map((part) => runPart(part, env)))))
  }
  if (counts.some((one) => one.failed > 0)) process.exitCode = 1
  process.stdout.write(`${closingLine(counts)}\n`)
}

try {
  await main(process.argv[2] ?? 'test')
} finally {
  rmSync(temporary, { recursive: true, force: true })
}
