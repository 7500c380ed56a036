/** Wrong use of the command: one clear line, exit code 2, and nothing touched. */
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { DIST, eventsOf, holdfast, type Outcome, PATIENT } from './command.js'
import { temporaryFolder, writeJob } from './counting.js'

const JOB = ['run', 'job.mjs', '--checkpoints', 'cp']

/** Arguments, and the line after `holdfast: INVALID_ARGUMENT: `. */
const WRONG: readonly (readonly [readonly string[], RegExp])[] = [
  [['rn', 'job.mjs'], /^unknown command 'rn' \(Did you mean run\?\); see holdfast --help$/],
  [['--colour'], /^unknown option '--colour'; see holdfast --help$/],
  [['run'], /^missing required argument 'FILE'; see holdfast run --help$/],
  [[...JOB, '--parallel', '2'], /^unknown option '--parallel' .*--parallelism.*run --help$/],
  [[...JOB, 'other.mjs'], /^too many arguments .*; see holdfast run --help$/],
  [[...JOB, '--interval', '-1s'], /^--interval: "-1s" is not a duration; write .*'10s'/],
  [[...JOB, '--interval', '0'], /^--interval: "0" is not a time above zero/],
  [[...JOB, '--interval', 'abc'], /^--interval: "abc" is not a duration/],
  [[...JOB, '--parallelism', '0'], /^--parallelism: "0" is not a whole number from 1 on$/],
  [[...JOB, '--parallelism', '1.5'], /^--parallelism: "1.5" is not a whole number from 1 on$/],
  [
    [...JOB, '--parallelism', '9', '--max-parallelism', '8'],
    /^parallelism 9 with max parallelism 8: .*1 <= parallelism <= max parallelism <= 32768$/,
  ],
  [[...JOB, '--retained', '0'], /^--retained: "0" is not a whole number from 1 on$/],
  [[...JOB, '--from', '-1'], /^--from: "-1" is not latest, none or the number of a checkpoint$/],
  [[...JOB, '--on-bad-record', 'drop'], /^--on-bad-record: "drop" is not fail, skip or dead-/],
  [['run', 'job.mjs', '--checkpoints', ''], /^--checkpoints: "" is not a folder or URI$/],
  [
    ['run', 'job.mjs', '--checkpoints', 's3://bucket/path?key=secret'],
    /^checkpoints cannot be kept in "s3:": this version supports a folder(?!.*secret)/,
  ],
]

/** Modules, and the line about them. */
const MODULES: readonly (readonly [string, string | undefined, RegExp])[] = [
  ['missing.mjs', undefined, /^there is no file missing\.mjs; name the module of the job$/],
  ['named.mjs', 'export const orders = 1', /as its default \(it exports orders\); write: export /],
  ['number.mjs', 'export default 5', /^number\.mjs does not export a job as its default; write/],
  ['nothing.mjs', '', /^nothing\.mjs does not export a job as its default; write: export default/],
  ['throws.mjs', "throw new Error('boom')", /^throws\.mjs cannot be loaded: boom \(--stack/],
  ['wrong.mjs', 'const = 5', /^wrong\.mjs cannot be loaded: Unexpected token '=' \(--stack/],
  ['needs.mjs', "import 'no-such-pkg'", /cannot be loaded: Cannot find package 'no-such-pkg'/],
  ['job.py', 'print(1)', /^job\.py is not a module; name a file that ends in \.js, \.mjs/],
]

/** A few at a time: most of the time of a start is waiting. */
async function inTurns<T>(all: readonly T[], one: (item: T) => Promise<void>): Promise<void> {
  for (let at = 0; at < all.length; at += 4) await Promise.all(all.slice(at, at + 4).map(one))
}

function wrongUse({ code, stdout, stderr }: Outcome, line: RegExp): void {
  expect(stderr).toMatch(/^holdfast: INVALID_ARGUMENT: [^\n]+\n$/)
  expect(stderr.slice('holdfast: INVALID_ARGUMENT: '.length, -1)).toMatch(line)
  expect([code, stdout]).toEqual([2, ''])
}

describe.concurrent('wrong use of the command', PATIENT, () => {
  it('is told in one line and exits with 2, for every wrong option', async () => {
    const folder = temporaryFolder()
    writeJob(folder, 10, 2)
    const before = readdirSync(folder)
    await inTurns(WRONG, async ([args, line]) => {
      wrongUse(await holdfast(args, { cwd: folder }), line)
    })
    expect(readdirSync(folder)).toEqual(before)
  })

  it('is told likewise for every module that is no job', async () => {
    const folder = temporaryFolder()
    for (const [file, text] of MODULES)
      if (text !== undefined) writeFileSync(join(folder, file), text)
    mkdirSync(join(folder, 'folder.mjs'))
    const before = readdirSync(folder)
    await inTurns(MODULES, async ([file, , line]) => {
      wrongUse(await holdfast(['run', file], { cwd: folder }), line)
    })
    wrongUse(await holdfast(['run', 'folder.mjs'], { cwd: folder }), /^folder\.mjs is not a module/)
    expect(readdirSync(folder)).toEqual(before)
  })

  it('shows where a module threw with --stack', async () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'throws.mjs'), "\n\nthrow new Error('boom')")
    const { code, stderr } = await holdfast(['run', 'throws.mjs', '--stack'], { cwd: folder })
    expect(code).toBe(2)
    expect(stderr).toMatch(/cannot be loaded: boom\nError: boom\n +at .*throws\.mjs:3:7/)
  })

  it('is an event with --json', async () => {
    const { code, stdout } = await holdfast(['run', 'no.mjs', '--json'], { cwd: temporaryFolder() })
    expect(code).toBe(2)
    expect(eventsOf(stdout)).toMatchObject([{ event: 'failed', code: 'INVALID_ARGUMENT' }])
    const wrong = await holdfast(['run', '--json', '--nope'], { cwd: temporaryFolder() })
    expect(eventsOf(wrong.stdout)).toMatchObject([{ event: 'failed', code: 'INVALID_ARGUMENT' }])
  })
})

describe.concurrent('the help', PATIENT, () => {
  const cwd = dirname(fileURLToPath(import.meta.url))

  it('is on standard output when asked for, with examples and exit codes', async () => {
    const help = await holdfast(['run', '--help'], { cwd })
    expect([help.code, help.stderr]).toEqual([0, ''])
    for (const part of ['Examples:', 'Exit codes:', '--on-bad-record <policy>', 'SIGTERM'])
      expect(help.stdout).toContain(part)
    const short = await holdfast(['--help'], { cwd })
    expect([short.code, short.stderr]).toEqual([0, ''])
    expect(short.stdout).toMatch(/run \[options\] <FILE>.*holdfast run --help/s)
  })

  it('names every option and exit code that the guide names, and no other', async () => {
    const guide = readFileSync(join(DIST, '../docs/guide/cli.md'), 'utf8')
    const { stdout } = await holdfast(['run', '--help'], { cwd })
    const found = (text: string, pattern: RegExp): (string | undefined)[] =>
      [...text.matchAll(pattern)].map((match) => match[1])
    const options = found(stdout, /^ {2}(--[a-z-]+(?: <\w+>)?) /gm)
    expect(options.length).toBeGreaterThan(10)
    expect(found(guide, /^\| `(--[^`]+)` \|/gm)).toEqual(options)
    const exitCodes = found(stdout, /^ +(\d+) {2}\w/gm)
    expect(exitCodes.length).toBeGreaterThan(7)
    expect(found(guide, /^\| (\d+) \|/gm)).toEqual(exitCodes)
  })

  it('is shown for no command at all, as an error', async () => {
    const { code, stdout, stderr } = await holdfast([], { cwd })
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(/^Usage: holdfast/)
  })

  it('leaves the version to --version', async () => {
    const { version } = JSON.parse(readFileSync(join(DIST, '../package.json'), 'utf8')) as {
      version: string
    }
    expect(await holdfast(['--version'], { cwd })).toMatchObject({
      code: 0,
      stdout: `${version}\n`,
      stderr: '',
    })
  })
})

describe.concurrent('a job in TypeScript', PATIENT, () => {
  const SOURCE = `import { fromArray, job, jsonLines } from 'holdfast'
const numbers: number[] = [1, 2, 3]
export default job('typed').from(fromArray(numbers)).to(jsonLines<number>('out'))
`
  /** Puts the package where a job finds it, as an installation would: built, with what it needs. */
  function install(folder: string): string {
    const root = join(DIST, '..')
    const home = join(folder, 'node_modules/holdfast')
    cpSync(DIST, join(home, 'dist'), { recursive: true })
    cpSync(join(root, 'package.json'), join(home, 'package.json'))
    for (const name of ['commander', 'msgpackr']) link(folder, name)
    return join(home, 'dist/cli/main.js')
  }

  function link(folder: string, name: string): void {
    symlinkSync(join(DIST, '../node_modules', name), join(folder, 'node_modules', name))
  }

  it('runs where tsx is installed, and names the package where it is not', async () => {
    const cwd = temporaryFolder()
    writeFileSync(join(cwd, 'package.json'), '{ "type": "module" }')
    writeFileSync(join(cwd, 'typed.ts'), SOURCE)
    const main = install(cwd)
    const without = await holdfast(['run', 'typed.ts'], { cwd, main })
    expect([without.code, without.stdout]).toEqual([2, ''])
    expect(without.stderr).toMatch(
      /^holdfast: MISSING_PACKAGE: running TypeScript \(typed\.ts\) needs the package "tsx", .*: npm install tsx .*\n$/,
    )
    link(cwd, 'tsx')
    const { code, stderr } = await holdfast(['run', 'typed.ts'], { cwd, main })
    expect(stderr).toMatch(/^job "typed" starts .*\njob "typed" finished: 3 records/)
    expect(code).toBe(0)
  })

  it.each(['module', 'commonjs'])(
    'of type %s meets the same errors as one in JavaScript',
    async (type) => {
      const cwd = temporaryFolder()
      writeFileSync(join(cwd, 'package.json'), JSON.stringify({ type }))
      const source = SOURCE.replaceAll('fromArray', 'ndjson')
        .replace('numbers)', "'no.ndjson')")
        .replace("'holdfast'", JSON.stringify(join(DIST, 'index.js')))
      writeFileSync(join(cwd, 'typed.ts'), source)
      const { code, stderr } = await holdfast(['run', 'typed.ts'], { cwd })
      expect(stderr).toMatch(/\nholdfast: INPUT_MISSING: cannot read no\.ndjson/)
      expect(code).toBe(5)
    },
  )
})
