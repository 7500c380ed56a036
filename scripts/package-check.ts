/**
 * Tries the package as its users get it: packs it, installs the tarball into an empty folder without any
 * optional peer, imports every subpath, compiles against every subpath's types, starts the command.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

interface Manifest {
  readonly name: string
  readonly exports: Readonly<Record<string, unknown>>
  readonly bin?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

const root = fileURLToPath(new URL('..', import.meta.url))
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest
const folder = mkdtempSync(join(tmpdir(), 'holdfast-package-'))
const subpaths = Object.keys(manifest.exports)
  .filter((subpath) => !subpath.endsWith('.json'))
  .map((subpath) => manifest.name + subpath.slice(1))

function run(command: string, args: readonly string[], cwd: string): string {
  // npm tells its scripts about the project they run in; an npm started here is in another one.
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^npm_(?!config_)|_prefix$/.test(name),
  )
  return execFileSync(command, args, {
    cwd,
    encoding: 'utf8',
    env: Object.fromEntries(kept),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

let failures = 0
function check(what: string, action: () => void): void {
  try {
    action()
    process.stdout.write(`ok      ${what}\n`)
  } catch (error) {
    failures++
    process.stdout.write(`FAILED  ${what}\n${reasonOf(error)}\n`)
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const printed = 'stdout' in error && typeof error.stdout === 'string' ? error.stdout : ''
  return `${printed}${error.message}`
}

function packAndInstall(): void {
  const packed = run('npm', ['pack', '--silent', '--pack-destination', folder], root).trim()
  const tarball = packed.split('\n').at(-1) ?? ''
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }\n')
  const quietly = ['--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error']
  run('npm', ['install', ...quietly, '--prefer-offline', `./${tarball}`], folder)
}

function installsNoPeer(): void {
  const found = Object.keys(manifest.peerDependencies ?? {}).filter((peer) =>
    existsSync(join(folder, 'node_modules', peer)),
  )
  if (found.length > 0) throw new Error(`installed without being asked for: ${found.join(', ')}`)
}

function imports(subpath: string): void {
  const script = `const names = Object.keys(await import('${subpath}'))
    if (names.length === 0) throw new Error('it exports nothing')`
  run(process.execPath, ['--input-type=module', '--eval', script], folder)
}

/** What needs a package says so, and which. */
function namesThePackage(): void {
  const script = `const { avroSerializer } = await import('${manifest.name}/avro')
    const error = await avroSerializer('int').catch((reason) => reason)
    if (error?.code !== 'MISSING_PACKAGE' || !error.message.includes('npm install avsc')) throw error`
  run(process.execPath, ['--input-type=module', '--eval', script], folder)
}

function compiles(): void {
  const uses = subpaths.map(
    (subpath, i) => `import * as part${i} from '${subpath}'\nvoid part${i}\n`,
  )
  writeFileSync(join(folder, 'user.ts'), uses.join(''))
  const options = {
    compilerOptions: {
      target: 'ES2023',
      lib: ['ES2023', 'ESNext.Disposable'],
      module: 'NodeNext',
      strict: true,
      exactOptionalPropertyTypes: true,
      skipLibCheck: true,
      noEmit: true,
      typeRoots: [join(root, 'node_modules/@types')],
      types: ['node'],
    },
    files: ['user.ts'],
  }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(options))
  run(process.execPath, [join(root, 'node_modules/.bin/tsc'), '-p', '.'], folder)
}

function starts(command: string): void {
  const help = run('npx', ['--no-install', command, '--help'], folder)
  if (!help.includes(command)) throw new Error(`its help does not name it: ${help}`)
}

try {
  check('npm pack, npm install', packAndInstall)
  check('no optional peer is installed', installsNoPeer)
  for (const subpath of subpaths) check(`import '${subpath}'`, () => imports(subpath))
  check('a missing optional peer is named', namesThePackage)
  check('the types of every subpath', compiles)
  for (const command of Object.keys(manifest.bin ?? {})) {
    check(`${command} --help`, () => starts(command))
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
if (failures > 0) process.exitCode = 1
