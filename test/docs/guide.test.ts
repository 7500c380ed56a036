import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const PAGES = [
  'README.md',
  'docs/guide/state.md',
  'docs/guide/schemas.md',
  'docs/guide/evolution.md',
  'docs/guide/timers.md',
]

/** The TypeScript of a page, block by block. */
function blocksOf(page: string): string[] {
  const text = readFileSync(join(root, page), 'utf8')
  return Array.from(text.matchAll(/^```ts\n(.*?)^```$/gms), ([, block]) => block ?? '')
}

/** What the compiler says to these files, as modules of a program that uses the package. */
function compile(files: ReadonlyMap<string, string>): string {
  mkdirSync(join(root, 'build'), { recursive: true })
  // Within the repository, so that `holdfast` is the package itself.
  const folder = mkdtempSync(join(root, 'build', 'guide-'))
  try {
    for (const [name, text] of files) writeFileSync(join(folder, name), text)
    const config = { extends: '../../tsconfig.json', include: ['*.ts'] }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
    const tsc = join(root, 'node_modules/typescript/bin/tsc')
    execFileSync(process.execPath, [tsc, '-p', folder], { encoding: 'utf8', stdio: 'pipe' })
    return ''
  } catch (error) {
    return String((error as { stdout?: unknown }).stdout ?? error)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

it('every TypeScript block of the guides compiles against the package, and a wrong one would not', () => {
  const files = new Map<string, string>()
  for (const page of PAGES) {
    const blocks = blocksOf(page)
    expect(blocks, page).not.toHaveLength(0)
    for (const [i, block] of blocks.entries()) {
      files.set(`${page.replaceAll(/\W/g, '-')}-${i + 1}.ts`, block)
    }
  }
  files.set(
    'wrong.ts',
    "import { valueState } from 'holdfast'\nexport const wrong: number = valueState()\n",
  )
  const found = compile(files)
    .split('\n')
    .filter((line) => line !== '')
  expect(found).toEqual([expect.stringMatching(/wrong\.ts\(2,14\): error TS2322/)])
}, 120_000)
