/**
 * The bought part of the checks: Biome, dependency-cruiser and knip, each run as a process on a folder,
 * its report turned into findings. A tool that fails without a finding is a finding itself.
 */
import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Finding } from './tidy-rules.js'

const BIN = fileURLToPath(new URL('../node_modules/.bin/', import.meta.url))
const CODE_FOLDERS = ['src', 'test', 'examples', 'bench', 'scripts']

interface Report {
  readonly stdout: string
  readonly stderr: string
  readonly failed: boolean
}

function run(root: string, tool: string, args: readonly string[]): Promise<Report> {
  return new Promise((done) => {
    const options = { cwd: root, maxBuffer: 268_435_456 }
    execFile(process.execPath, [join(BIN, tool), ...args], options, (error, stdout, stderr) => {
      done({ stdout, stderr, failed: error !== null })
    })
  })
}

function orFailure(tool: string, report: Report, findings: Finding[]): Finding[] {
  if (!report.failed || findings.length > 0) return findings
  const message = `failed: ${report.stderr.trim() || report.stdout.trim() || 'without a word'}`
  return [{ file: '.', line: 0, rule: tool, message }]
}

/** Lint, formatting and order of imports. */
export async function biome(root: string): Promise<Finding[]> {
  const report = await run(root, 'biome', [
    'check',
    '--reporter=github',
    '--max-diagnostics=none',
    '--colors=off',
  ])
  const findings: Finding[] = []
  const pattern = /^::(?:error|warning) title=(.*?),file=(.*?),line=(\d+),.*?::(.*)$/gm
  for (const [, title = '', file = '', line = '', text = ''] of report.stdout.matchAll(pattern)) {
    const path = relative(root, resolve(root, file))
    const message = title === 'format' ? `not formatted: npx biome check --write ${path}` : text
    findings.push({
      file: path,
      line: Number(line),
      rule: title.replace(/^lint\//, ''),
      message: message.replaceAll('%0A', ' '),
    })
  }
  return orFailure('biome', report, findings)
}

interface Cruise {
  readonly summary: {
    readonly violations: readonly {
      readonly from: string
      readonly to: string
      readonly rule: { readonly name: string }
      readonly comment?: string
      readonly cycle?: readonly { readonly name: string }[]
    }[]
    readonly ruleSetUsed: {
      readonly forbidden: readonly { readonly name: string; readonly comment: string }[]
    }
  }
  readonly modules: readonly {
    readonly source: string
    readonly dependencies: readonly { readonly module: string; readonly resolved: string }[]
  }[]
}

/** Layers, plug-ins and cycles, type imports included. */
export async function dependencyCruiser(root: string): Promise<Finding[]> {
  const folders = CODE_FOLDERS.filter((folder) => existsSync(join(root, folder)))
  const report = await run(root, 'depcruise', ['-c', '-T', 'json', ...folders])
  const findings = report.stdout.startsWith('{') ? cruiseFindings(root, report.stdout) : []
  return orFailure('dependency-cruiser', report, findings)
}

function cruiseFindings(root: string, json: string): Finding[] {
  const { summary, modules } = JSON.parse(json) as Cruise
  return summary.violations.map(({ from, to, rule, cycle }) => {
    const source = modules.find((module) => module.source === from)
    const written = source?.dependencies.find((one) => one.resolved === to)?.module ?? to
    const why = summary.ruleSetUsed.forbidden.find((one) => one.name === rule.name)?.comment ?? ''
    const way = cycle === undefined ? to : cycle.map((step) => step.name).join(' -> ')
    return {
      file: from,
      line: lineOfImport(join(root, from), written),
      rule: rule.name,
      message: `imports ${way}: ${why}`,
    }
  })
}

function lineOfImport(path: string, specifier: string): number {
  const lines = readFileSync(path, 'utf8').split('\n')
  return 1 + lines.findIndex((line) => line.includes(`'${specifier}'`))
}

interface KnipIssue {
  readonly name: string
  readonly line?: number
}

/** Files, exports and packages that nobody uses, and packages that nobody declared. */
export async function knip(root: string): Promise<Finding[]> {
  const report = await run(root, 'knip', ['--reporter', 'json', '--no-progress'])
  if (!report.stdout.startsWith('{')) return orFailure('knip', report, [])
  const { issues } = JSON.parse(report.stdout) as { issues: readonly Record<string, unknown>[] }
  const findings = issues.flatMap(({ file, ...kinds }) =>
    Object.entries(kinds).flatMap(([kind, found]) =>
      (found as readonly KnipIssue[]).flat().map(({ name, line = 0 }) => ({
        file: String(file),
        line,
        rule: `unused-${kind}`,
        message: KNIP_SAYS[kind]?.(name) ?? `${kind}: ${name}`,
      })),
    ),
  )
  return orFailure('knip', report, findings)
}

const KNIP_SAYS: Readonly<Record<string, (name: string) => string>> = {
  files: () => 'no entry point reaches this file',
  exports: (name) => `nobody imports ${name}: do not export it, or remove it`,
  types: (name) => `nobody imports the type ${name}: do not export it, or remove it`,
  dependencies: (name) => `nothing imports the package ${name}`,
  devDependencies: (name) => `nothing uses the package ${name}`,
  unlisted: (name) => `${name} is imported and not declared in package.json`,
  unresolved: (name) => `${name} resolves to nothing`,
}
