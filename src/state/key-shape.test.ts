import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anyKey } from '../../test/arbitrary-keys.js'
import { LIMITS } from '../base/limits.js'
import { keyTypeOf } from './key-inference.js'
import { isKeyType, type KeyShape, keyShape } from './key-shape.js'

/** The text of a shape. */
function textOf({ kind, names, parts }: KeyShape): string {
  if (parts.length === 0) return kind
  const within = parts.map((part, i) => `${kind === 'struct' ? `${names[i]}:` : ''}${textOf(part)}`)
  return `${kind}(${within.join(',')})`
}

const nested = (depth: number): string => `${'tuple('.repeat(depth)}long${')'.repeat(depth)}`
const wide = (elements: number): string => `tuple(${Array(elements).fill('long').join(',')})`
const name = 'n'.repeat(LIMITS.keyFieldLengthMax)

const NO_TYPES = [
  '',
  ' string',
  'string ',
  'String',
  'symbol',
  'longer',
  'constructor',
  '__proto__',
  'tuple',
  'tuple(',
  'tuple()',
  'tuple(long',
  'tuple(long,)',
  'tuple(,long)',
  'tuple(long, long)',
  'tuple(long))',
  'tuple(long)long',
  'tuple(a:long)',
  'struct()',
  'struct(long)',
  'struct(a:)',
  'struct(a:long,a:long)',
  'struct(b:long,a:long)',
  'struct(a:long,)',
  'struct(1:long)',
  'struct(é:long)',
  'struct(a b:long)',
  `struct(${name}n:long)`,
  nested(LIMITS.keyDepthMax + 1),
  wide(LIMITS.keyElementsMax + 1),
  `tuple(${Array(12).fill(wide(25)).join(',')})`,
]

describe('the text of a type of key', () => {
  it('names every key there is, and can be taken apart again', () => {
    fc.assert(
      fc.property(anyKey, (key) => {
        const type = keyTypeOf(key)
        expect(isKeyType(type)).toBe(true)
        expect(textOf(keyShape(type))).toBe(type)
      }),
      { numRuns: 1000 },
    )
  })

  it('may be as large as the limits, and not larger', () => {
    for (const type of [
      nested(LIMITS.keyDepthMax),
      wide(LIMITS.keyElementsMax),
      `struct(${name}:long)`,
      'struct(__proto__:long)',
      `tuple(${Array(9).fill(wide(25)).join(',')})`,
    ]) {
      expect(textOf(keyShape(type))).toBe(type)
    }
  })

  it('is refused with a clear error if it is not exactly one', () => {
    for (const text of NO_TYPES) {
      expect(isKeyType(text), text).toBe(false)
      expect(() => keyShape(text), text).toThrow(
        expect.objectContaining({
          code: 'INVALID_KEY',
          message: expect.stringMatching(/^.{50,300}$/),
        }),
      )
    }
    expect(() => keyShape(Symbol('x') as unknown as string)).toThrow(/no type of key/)
  })

  it('is read within bounds however hostile it is', () => {
    const pieces = fc.constantFrom(
      'tuple(',
      'struct(',
      ')',
      ',',
      ':',
      'a',
      'long',
      'bytes',
      ' ',
      '\0',
    )
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 30 }), (some) => {
        const text = some.join('')
        if (isKeyType(text)) expect(textOf(keyShape(text))).toBe(text)
        else expect(() => keyShape(text)).toThrow(/no type of key/)
      }),
      { numRuns: 3000 },
    )
    for (const huge of ['tuple('.repeat(1e6), 'a'.repeat(1e6), `tuple(${'long,'.repeat(1e6)}`]) {
      expect(isKeyType(huge)).toBe(false)
    }
  })
})
