import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { jsonFault } from './json-fault.js'

function parses(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** Text of JSON's own characters: mostly wrong, often nearly right. */
const nearlyJson = fc
  .array(fc.constantFrom(...'{}[]:,"\\ue0 1-+.\t\u0001', 'true', 'null', '"a"', 'é', '\uFEFF'), {
    maxLength: 12,
  })
  .map((parts) => parts.join(''))

describe('jsonFault', () => {
  it('finds a fault exactly where JSON.parse refuses', () => {
    fc.assert(
      fc.property(nearlyJson, (text) => {
        expect(jsonFault(text) === undefined).toBe(parses(text))
      }),
      { numRuns: 3000 },
    )
  })

  it('finds none in JSON, and puts that of a cut text at its end', () => {
    fc.assert(
      fc.property(fc.json(), fc.nat(), (json, seed) => {
        const text = `{"a":[${json}]}`
        expect(jsonFault(text)).toBeUndefined()
        const cut = text.slice(0, seed % text.length)
        expect(jsonFault(cut)).toBe(cut.length)
      }),
    )
  })

  it('points at the first character that cannot be there', () => {
    const cases: readonly [string, number][] = [
      ['', 0],
      ['{"a":1,}', 7],
      ['{"a" 1}', 5],
      ['{a:1}', 1],
      ['[1 2]', 3],
      ['[1,]', 3],
      ['nul!', 3],
      ['01', 1],
      ['-', 1],
      ['1.', 2],
      ['1.e5', 2],
      ['1e+', 3],
      ['"a\tb"', 2],
      ['"\\x"', 2],
      ['"\\u12g4"', 5],
      ['{"a":1}}', 7],
      ['[}', 1],
      ['{"a":1]', 6],
    ]
    for (const [text, fault] of cases) expect([text, jsonFault(text)]).toEqual([text, fault])
  })

  it('is not exhausted by deep nesting', () => {
    expect(jsonFault('['.repeat(200_000))).toBe(200_000)
  })
})
