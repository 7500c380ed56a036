import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const read = (path: string): string =>
  readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')

describe('the page of errors', () => {
  it('has a row for every code, with the exit code the command uses, and no other', () => {
    const union =
      /export type ErrorCode =([\s\S]*?)\n\n/.exec(read('src/base/errors.ts'))?.[1] ?? ''
    const codes = [...union.matchAll(/'([A-Z_]+)'/g)].map(([, code]) => code)
    expect(codes.length).toBeGreaterThan(15)
    const rows = [...read('docs/guide/errors.md').matchAll(/^\| `([A-Z_]+)` \|.*\| (\d+) \|$/gm)]
    expect(rows.map(([, code]) => code).sort()).toEqual(codes.sort())
    const source = read('src/cli/exit-codes.ts')
    for (const [, code, exit] of rows) {
      const name = new RegExp(`${code}: EXIT\\.(\\w+)`).exec(source)?.[1]
      expect(new RegExp(`\\b${name}: (\\d+)`).exec(source)?.[1], code).toBe(exit)
    }
  })
})
