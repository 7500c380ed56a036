import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Finding } from './tidy-rules.js'
import { biome, dependencyCruiser, knip } from './tidy-tools.js'

const repository = fileURLToPath(new URL('..', import.meta.url))
const CONFIGURATION = [
  'biome.json',
  'knip.json',
  '.dependency-cruiser.cjs',
  'tsconfig.json',
  'package.json',
]

/** A small project that breaks one rule per file, and breaks none in `fine` ones. */
const PROJECT: Readonly<Record<string, string>> = {
  'src/index.ts':
    "export { above } from './base/upward.js'\nexport { used } from './keygroup/spare.js'\nexport { memory } from './backend/memory/fine.js'\n",
  'src/base/fine.ts': 'export const fine = 1\n',
  'src/base/fine.test.ts': "import { suite } from '../testing/fine.js'\n\nsuite()\n",
  'src/base/upward.test.ts': "import { run } from '../run/fine.js'\n\nrun()\n",
  'src/base/upward.ts': "import { run } from '../run/fine.js'\n\nexport const above = run()\n",
  'src/keygroup/spare.ts': 'export const used = 1\nexport const spare = 2\n',
  'src/run/fine.ts':
    "import { fine } from '../base/fine.js'\n\nexport function run(): number {\n  return fine\n}\n",
  'src/run/untestable.ts':
    "import { suite } from '../testing/fine.js'\n\nexport const nobody = suite()\n",
  'src/state/here.ts': "import type { There } from './there.js'\n\nexport type Here = There[]\n",
  'src/state/there.ts':
    "export type There = { of: import('./here.js').Here } | { key: import('./here.js').Here }\n",
  'src/backend/memory/fine.ts': 'export const memory = 1\n',
  'src/runtime/plugged.ts':
    "import { memory } from '../backend/memory/fine.js'\n\nexport const plugged = memory\n",
  'src/testing/fine.ts':
    "import { memory } from '../backend/memory/fine.js'\n\nexport function suite(): number {\n  return memory\n}\n",
  'src/testing/runner.ts': "export { it } from 'vitest'\n",
  'src/state/any.ts': 'export const anything = (value: any): number => value\n',
  'src/state/enumeration.ts': 'export enum Colour {\n  Red = 1,\n}\n',
  'src/state/space.ts': 'export namespace Space {\n  export const a = 1\n}\n',
  'src/state/default.ts': 'export default 1\n',
  'src/state/floating.ts':
    'async function later(): Promise<void> {}\n\nexport function start(): void {\n  later()\n}\n',
  'src/state/format.ts': 'export const quoted = "double";\n',
  'src/state/order.ts':
    "import { b } from './there.js'\nimport { a } from './here.js'\n\nexport const both = [a, b]\n",
  'examples/fine/job.ts': "import { memory } from 'holdfast'\n\nexport default memory\n",
  'examples/inside.ts': "import { fine } from '../src/base/fine.js'\n\nfine.toString()\n",
}

describe('the bought checks', () => {
  let root = ''
  const found: Record<'biome' | 'dependencyCruiser' | 'knip', Finding[]> = {
    biome: [],
    dependencyCruiser: [],
    knip: [],
  }

  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'holdfast-tidy-'))
    for (const name of CONFIGURATION) cpSync(join(repository, name), join(root, name))
    symlinkSync(join(repository, 'node_modules'), join(root, 'node_modules'))
    for (const [path, text] of Object.entries(PROJECT)) {
      mkdirSync(dirname(join(root, path)), { recursive: true })
      writeFileSync(join(root, path), text)
    }
    const reports = await Promise.all([biome(root), dependencyCruiser(root), knip(root)])
    ;[found.biome, found.dependencyCruiser, found.knip] = reports
  })

  afterAll(() => rmSync(root, { recursive: true, force: true }))

  const rulesFor = (findings: readonly Finding[], file: string): string[] =>
    findings.filter((one) => one.file === file).map((one) => `${one.line} ${one.rule}`)

  it.each([
    ['src/state/any.ts', '1 suspicious/noExplicitAny'],
    ['src/state/enumeration.ts', '1 style/noEnum'],
    ['src/state/space.ts', '1 style/noNamespace'],
    ['src/state/default.ts', '1 style/noDefaultExport'],
    ['src/state/floating.ts', '4 nursery/noFloatingPromises'],
    ['src/state/format.ts', '1 format'],
    ['src/state/order.ts', '1 assist/source/organizeImports'],
  ])('Biome finds what is wrong in %s', (file, rule) => {
    expect(rulesFor(found.biome, file)).toEqual([rule])
  })

  it.each([
    ['src/base/upward.ts', '1 layer-base'],
    ['src/base/upward.test.ts', '1 layer-base-tests'],
    ['src/run/untestable.ts', '1 layer-run'],
    ['src/runtime/plugged.ts', '1 plug-in'],
    ['src/testing/runner.ts', '1 no-development-package'],
    ['examples/inside.ts', '1 example-uses-the-package'],
  ])('dependency-cruiser finds the forbidden import of %s', (file, rule) => {
    expect(rulesFor(found.dependencyCruiser, file)).toEqual([rule])
  })

  it('dependency-cruiser finds a cycle of type imports alone', () => {
    const cycles = found.dependencyCruiser.filter((one) => one.rule === 'no-cycle')
    expect(cycles.map((one) => one.file)).toEqual(['src/state/here.ts'])
    expect(cycles[0]?.message).toContain('src/state/there.ts -> src/state/here.ts')
  })

  it('knip finds the file that no entry point reaches, and the export that nobody imports', () => {
    expect(rulesFor(found.knip, 'src/runtime/plugged.ts')).toEqual(['0 unused-files'])
    expect(rulesFor(found.knip, 'src/keygroup/spare.ts')).toEqual(['2 unused-exports'])
  })

  it('find nothing in what is right', () => {
    const all = [...found.biome, ...found.dependencyCruiser, ...found.knip]
    expect(all.filter((one) => one.file.includes('fine'))).toEqual([])
  })
})
