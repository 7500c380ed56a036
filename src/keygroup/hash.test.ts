import { describe, expect, it } from 'vitest'
import { javaHash, keyGroupOf, murmur } from './hash.js'

// Values of Java's own hashCode methods, from the language's documentation of the formulas.
describe('the key hash', () => {
  it('hashes strings as Java does', () => {
    expect(javaHash('', 'string')).toBe(0)
    expect(javaHash('a', 'string')).toBe(97)
    expect(javaHash('hello', 'string')).toBe(99162322)
    expect(javaHash('polygenelubricants', 'string')).toBe(-2147483648)
  })

  it('hashes longs as Java does, on both sides of 32 bits', () => {
    expect(javaHash(0, 'long')).toBe(0)
    expect(javaHash(-1, 'long')).toBe(0)
    expect(javaHash(-2, 'long')).toBe(1)
    expect(javaHash(2 ** 32, 'long')).toBe(1)
    expect(javaHash(2 ** 32 + 5, 'long')).toBe(4)
    expect(javaHash(2 ** 31, 'long')).toBe(-2147483648)
    expect(javaHash(-(2 ** 32), 'long')).toBe(-1)
  })

  it('agrees with 64-bit arithmetic for every safe integer tried', () => {
    for (let i = 0; i < 2000; i++) {
      const value = Math.trunc((i - 1000) * 9_007_199_254_740)
      const long = BigInt.asUintN(64, BigInt(value))
      const expected = Number(BigInt.asIntN(32, long ^ (long >> 32n)))
      expect(javaHash(value, 'long')).toBe(expected)
    }
  })

  it('hashes doubles by their bits, an integer among them too', () => {
    expect(javaHash(1.5, 'double')).toBe(1073217536)
    expect(javaHash(2, 'double')).toBe(1073741824)
    expect(javaHash(true, 'boolean')).toBe(1231)
    expect(javaHash(false, 'boolean')).toBe(1237)
  })

  it('never yields a negative murmur and keeps every group in range', () => {
    for (let i = -50_000; i < 50_000; i += 7) {
      expect(murmur(i)).toBeGreaterThanOrEqual(0)
      const group = keyGroupOf(i, 'long', 128)
      expect(group).toBeGreaterThanOrEqual(0)
      expect(group).toBeLessThan(128)
    }
  })
})
