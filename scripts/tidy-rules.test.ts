import { describe, expect, it } from 'vitest'
import {
  BOUNDS,
  bannedWords,
  fileNameFindings,
  machinePathFindings,
  openingFindings,
  sizeFindings,
  suppressionFindings,
  textFindings,
} from './tidy-rules.js'
import { syntaxFindings } from './tidy-syntax.js'

const lines = (count: number): string => 'const line = 1\n'.repeat(count)
const shipped = (text: string, path = 'src/run/x.ts') => ({ path, text })
const rules = (text: string, path = 'src/runtime/x.ts'): string[] =>
  syntaxFindings({ path, text }).map((finding) => `${finding.line} ${finding.rule}`)

describe('the size of files', () => {
  it('is at most 500 lines each, tests and scripts too', () => {
    for (const path of ['src/a.ts', 'src/a.test.ts', 'scripts/a.ts']) {
      const padding = Array.from({ length: 10 }, (_, i) => shipped(lines(10), `src/${i}.ts`))
      expect(sizeFindings([shipped(lines(500), path), ...padding])).toEqual([])
      expect(sizeFindings([shipped(lines(501), path), ...padding])).toMatchObject([
        { file: path, rule: 'file-size', line: 501 },
      ])
    }
  })

  it('has a median and a 90th percentile over the shipped files alone', () => {
    const sized = (sizes: number[], suffix = '.ts') =>
      sizes.map((size, i) => shipped(lines(size), `src/${i}${suffix}`))
    expect(sizeFindings(sized([1, 120, 300]))).toEqual([])
    expect(sizeFindings(sized([1, 121, 300])).map(({ message }) => message)).toEqual([
      'the median of 3 files is 121 lines, at most 120',
    ])
    expect(sizeFindings(sized([1, 1, 1, 301])).map(({ message }) => message)).toEqual([
      'the 90th percentile of 4 files is 301 lines, at most 300',
    ])
    expect(sizeFindings(sized([400, 400, 400], '.test.ts'))).toEqual([])
  })
})

describe('the text of a file', () => {
  it('opens with a comment when it is shipped, after a hash-bang at most', () => {
    expect(openingFindings(shipped('/** What. */\n'))).toEqual([])
    expect(openingFindings(shipped('#!/usr/bin/env node\n/** What. */\n'))).toEqual([])
    expect(openingFindings(shipped('import x\n/** What. */\n'))).toHaveLength(1)
    expect(openingFindings(shipped('// What.\n'))).toHaveLength(1)
    expect(openingFindings(shipped('import x\n', 'src/x.test.ts'))).toEqual([])
  })

  it('is in a file whose path has no empty word, src/base itself aside', () => {
    const wrong = [
      'src/run/utils.ts',
      'src/run-manager.ts',
      'src/common/a.ts',
      'src/base/fileInfo.ts',
    ]
    for (const path of wrong) expect(fileNameFindings(shipped('', path)), path).toHaveLength(1)
    const right = ['src/base/bytes.ts', 'src/run/database.ts', 'src/run/informed.ts']
    for (const path of right) expect(fileNameFindings(shipped('', path)), path).toEqual([])
  })

  it('names no path of one machine, in documents neither', () => {
    for (const folder of ['work', 'tmp', 'home', 'root']) {
      const text = `first\nsee /${folder}/somebody/file\n`
      expect(machinePathFindings({ path: 'docs/guide/a.md', text })).toMatchObject([{ line: 2 }])
      expect(machinePathFindings({ path: 'src/a.test.ts', text })).toEqual([])
    }
    const text = 'hdfs://host/tmp/a src/home/b ./work/c https://host/root/d'
    expect(machinePathFindings({ path: 'README.md', text })).toEqual([])
  })

  it('hides no finding when it is shipped', () => {
    for (const comment of ['// biome-ignore lint: no', '// @ts-expect-error', '/** @public */']) {
      expect(suppressionFindings(shipped(comment)), comment).toHaveLength(1)
      expect(suppressionFindings(shipped(comment, 'src/x.test.ts'))).toEqual([])
    }
    expect(suppressionFindings(shipped('/** a public thing */'))).toEqual([])
  })

  it('meets every text rule at once', () => {
    const found = textFindings([shipped('// @ts-ignore /tmp/x\n', 'src/misc.ts')])
    expect(found.map(({ rule }) => rule)).toEqual([
      'opening-comment',
      'file-name',
      'suppression',
      'machine-path',
    ])
  })
})

describe('a name', () => {
  it('is split at its humps and hyphens, and only whole words are banned', () => {
    expect(bannedWords('KeyInfo')).toEqual(['Info'])
    expect(bannedWords('AbstractBase')).toEqual(['Base'])
    expect(bannedWords('RunImpl')).toEqual(['Impl'])
    expect(bannedWords('user-data')).toEqual(['data'])
    expect(bannedWords('Database Metadata Informed')).toEqual([])
  })

  it('of an exported type has no empty word', () => {
    expect(rules('export interface RunInfo {}')).toEqual(['1 type-name'])
    expect(rules('\nexport type JobData = 1')).toEqual(['2 type-name'])
    expect(rules('export class StoreManager {}')).toEqual(['1 type-name'])
    expect(rules('interface RunInfo {}\nexport interface Run {}')).toEqual([])
  })
})

describe('a function', () => {
  const body = (count: number): string => `{\n${'  f()\n'.repeat(count - 2)}}`

  it('has at most 70 lines, whatever its form', () => {
    expect(BOUNDS.functionMax).toBe(70)
    const forms = [
      'function a() ',
      'const a = () => ',
      'class A { a() ',
      'class A { constructor() ',
    ]
    for (const form of forms) {
      const end = form.startsWith('class') ? ' }' : ''
      expect(rules(form + body(70) + end), form).toEqual([])
      expect(rules(form + body(71) + end), form).toEqual(['1 function-length'])
    }
  })

  it('may list more tests than that in a describe', () => {
    const text = `describe('a', () => ${body(100)})`
    expect(rules(text, 'src/a.test.ts')).toEqual([])
    expect(rules(text, 'src/a.ts')).toEqual(['1 function-length'])
    expect(rules(`it('a', () => ${body(71)})`, 'src/a.test.ts')).toEqual(['1 function-length'])
  })

  it('takes at most three parameters, six in the byte loops', () => {
    const four = 'function f(this: X, a: 1, b: 1, c: 1, d: 1) {}'
    expect(rules(four)).toEqual(['1 parameter-count'])
    expect(rules('interface F { f(a: 1, b: 1, c: 1, d: 1): void }')).toEqual(['1 parameter-count'])
    expect(rules(four.replace(', d: 1', ''))).toEqual([])
    for (const folder of ['run', 'keygroup', 'backend/memory']) {
      const path = `src/${folder}/x.ts`
      expect(rules('(a, b, c, d, e, f) => 1', path)).toEqual([])
      expect(rules('(a, b, c, d, e, f, g) => 1', path)).toEqual(['1 parameter-count'])
    }
  })
})

describe('shipped code', () => {
  const reaches: readonly [string, string][] = [
    ['clock', 'Date.now()'],
    ['clock', "Date['now']()"],
    ['clock', 'new Date()'],
    ['clock', 'new Date'],
    ['clock', 'Date()'],
    ['clock', 'const { now } = Date'],
    ['clock', 'performance.now()'],
    ['clock', 'setTimeout(f, 1)'],
    ['clock', 'const later = setImmediate'],
    ['clock', 'const all = { setInterval }'],
    ['clock', "import { setTimeout as wait } from 'node:timers/promises'"],
    ['clock', "import { performance as p } from 'node:perf_hooks'"],
    ['chance', 'Math.random()'],
    ['chance', "import { randomUUID } from 'node:crypto'"],
    ['chance', 'crypto.randomUUID()'],
    ['disk', "import * as disk from 'node:fs'"],
    ['disk', "import type { FileHandle } from 'fs/promises'"],
    ['disk', "const disk = await import('node:fs/promises')"],
    ['disk', "export { open } from 'node:fs'"],
    ['network', 'fetch(url)'],
    ['network', "import 'node:http'"],
    ['environment', 'process.env'],
    ['environment', "import { env } from 'node:process'"],
    ['environment', 'const { env: e } = process'],
  ]

  it.each(reaches)('does not reach for the %s by %s', (rule, text) => {
    expect(rules(`/** x */\n${text}`)).toEqual([`2 ${rule}`])
    expect(rules(text, 'src/runtime/x.test.ts')).toEqual([])
    expect(rules(text, 'bench/x.ts')).toEqual([])
  })

  it('does not reach around a ban through globalThis', () => {
    expect(rules('globalThis.setTimeout(f, 1)')).toEqual(['1 global'])
  })

  it('may use what the bans do not mean', () => {
    const harmless = [
      'new Date(ms); Date.UTC(1, 2); x instanceof Date',
      'Math.floor(1); process.on(f); performance.mark(f)',
      "import { createHash } from 'node:crypto'",
      'clock.setTimeout(f); const o = { fetch: 1 }; o.fetch',
      'function f(fetch: typeof globalThis.fetch): void { fetch(1) }',
      'interface F { fetch(url: string): void; setTimeout: number }',
      "import { fetch as get } from './get.js'",
      "import { x } from './fs.js'",
      "// Date.now()\nconst s = 'Date.now()'",
    ]
    for (const text of harmless) expect(rules(text), text).toEqual([])
  })

  it('stands at the edge in the listed files only, and each for its own reach', () => {
    expect(rules('Date.now()', 'src/base/clock.ts')).toEqual([])
    expect(rules('Math.random()', 'src/base/clock.ts')).toEqual(['1 chance'])
    expect(rules("import 'node:fs'", 'src/base/files.ts')).toEqual([])
    expect(rules("import 'node:fs'", 'src/connectors/parquet/decoder.ts')).toEqual([])
    expect(rules("import 'node:fs'", 'src/connectors/parquet/reader.ts')).toEqual(['1 disk'])
    expect(rules('process.env; Date.now()', 'src/cli/commands/run.ts')).toEqual([])
    expect(rules('Date.now()', 'src/clint.ts')).toEqual(['1 clock'])
  })
})
