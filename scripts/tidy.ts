/**
 * `npm run tidy`: the house's checks, in parallel. Prints `file:line rule message` for each finding and
 * ends with `tidy: OK (N files)`, or `tidy: N findings` and exit code 1.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Finding, isTypeScript, type SourceFile, textFindings } from './tidy-rules.js'
import { syntaxFindings } from './tidy-syntax.js'
import { biome, dependencyCruiser, knip } from './tidy-tools.js'

const root = fileURLToPath(new URL('..', import.meta.url))

/** The text files that git tracks, or would track if they were added. */
function readFiles(): SourceFile[] {
  const listed = execFileSync(
    'git',
    ['-c', 'safe.directory=*', 'ls-files', '-co', '--exclude-standard', '-z'],
    {
      cwd: root,
      encoding: 'utf8',
    },
  )
  return listed
    .split('\0')
    .filter((path) => path !== '' && existsSync(join(root, path)))
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }))
    .filter((file) => !file.text.includes('\0'))
}

function print(findings: readonly Finding[]): void {
  const sorted = findings.toSorted((a, b) => a.file.localeCompare(b.file) || a.line - b.line)
  for (const { file, line, rule, message } of sorted) {
    process.stdout.write(`${file}:${line} ${rule} ${message}\n`)
  }
}

const tools = [biome(root), dependencyCruiser(root), knip(root)]
const files = readFiles()
const own = [
  ...textFindings(files),
  ...files.filter((file) => isTypeScript(file.path)).flatMap(syntaxFindings),
]
const findings = [...own, ...(await Promise.all(tools)).flat()]
print(findings)
if (findings.length > 0) process.exitCode = 1
const verdict = findings.length === 0 ? `OK (${files.length} files)` : `${findings.length} findings`
process.stdout.write(`tidy: ${verdict}\n`)
