import fc from 'fast-check'
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

  it('hashes a bigint as a long, on all 64 bits', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (key) => {
        const expected = Number(BigInt.asIntN(32, key ^ (key >> 32n)))
        expect(javaHash(key, 'bigint')).toBe(expected)
      }),
    )
    expect(javaHash(5n, 'bigint')).toBe(javaHash(5, 'long'))
  })

  it('hashes bytes as arrays of signed bytes', () => {
    expect(javaHash(new Uint8Array(), 'bytes')).toBe(1)
    expect(javaHash(Uint8Array.of(1, 2, 3), 'bytes')).toBe(30817)
    expect(javaHash(Uint8Array.of(255), 'bytes')).toBe(30)
  })

  it('hashes a tuple from its elements, a struct as the tuple of its values in order of their names', () => {
    expect(javaHash(['a'], 'tuple(string)')).toBe(97)
    expect(javaHash(['a', 5, true], 'tuple(string,long,boolean)')).toBe((97 * 31 + 5) * 31 + 1231)
    expect(javaHash([[1, 2], 3], 'tuple(tuple(long,long),long)')).toBe((1 * 31 + 2) * 31 + 3)
    expect(javaHash([2], 'tuple(double)')).toBe(javaHash(2, 'double'))
    expect(javaHash({ a: 'a', b: 5 }, 'struct(a:string,b:long)')).toBe(97 * 31 + 5)
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
