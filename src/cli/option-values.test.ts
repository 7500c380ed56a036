import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  badRecordPolicy,
  count,
  duration,
  nonEmpty,
  startFrom,
  stateNames,
} from './option-values.js'

const wrong = (option: string): unknown =>
  expect.objectContaining({
    code: 'INVALID_ARGUMENT',
    message: expect.stringMatching(new RegExp(`^${option}: ".*" is not `)),
  })

describe('the value of an option', () => {
  it('is a whole number exactly as people write one, from its least on', () => {
    fc.assert(
      fc.property(fc.nat(1000), fc.nat(1000), (number, least) => {
        const read = (): number => count('--n', least)(String(number))
        if (number < least) expect(read).toThrow(wrong('--n'))
        else expect(read()).toBe(number)
      }),
    )
    for (const text of ['', ' ', '-1', '1.5', '1e3', '0x10', 'abc', '+2', '9'.repeat(30)]) {
      expect(() => count('--n', 0)(text), text).toThrow(wrong('--n'))
    }
  })

  it('is a duration a timer can wait, in milliseconds', () => {
    const texts = ['200ms', '2s', '1.5 min', '7', '24d']
    expect(texts.map(duration('--t'))).toEqual([200, 2000, 90_000, 7, 2_073_600_000])
    for (const text of ['0', '0s', '25d', '-1s', 'abc', '', '1y', 'NaN', 'Infinity']) {
      expect(() => duration('--t')(text), text).toThrow(wrong('--t'))
    }
  })

  it('is a place to start from', () => {
    expect(['latest', 'none', '17'].map(startFrom('--from'))).toEqual(['latest', 'none', 17])
    for (const text of ['0', '-1', '1.5', 'newest', '', 'Latest']) {
      expect(() => startFrom('--from')(text), text).toThrow(wrong('--from'))
    }
  })

  it('is a state or an operator to drop, one more each time', () => {
    const read = stateNames('--drop')
    expect(read('b', read('a/x.y-z'))).toEqual(['a/x.y-z', 'b'])
    for (const text of ['', 'a/', '/b', 'a/b/c', 'a b', '*']) {
      expect(() => read(text), text).toThrow(wrong('--drop'))
    }
  })

  it('is a policy, with a file where it needs one', () => {
    const read = badRecordPolicy('--on-bad-record')
    expect(read('fail')).toBe('fail')
    expect(read('skip')).toBe('skip')
    expect(read('dead-letter=a=b.ndjson')).toEqual({ deadLetter: 'a=b.ndjson' })
    for (const text of ['dead-letter', 'dead-letter=', 'ignore', '']) {
      expect(() => read(text), text).toThrow(wrong('--on-bad-record'))
    }
  })

  it('is text that says something', () => {
    expect(nonEmpty('--c')('a b')).toBe('a b')
    for (const text of ['', '  ']) expect(() => nonEmpty('--c')(text)).toThrow(wrong('--c'))
  })
})
