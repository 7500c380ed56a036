import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anyKey } from '../../test/arbitrary-keys.js'
import { ByteReader, ByteWriter } from '../base/bytes.js'
import { checkedKey, type Key, keyTypeOf } from '../state/key.js'
import { compareKeys } from './compare-keys.js'
import { keyIdentity } from './key-identity.js'
import { readOrdered, writeOrdered } from './ordered.js'

describe('the identity of a key', () => {
  it('is one of a primitive that is equal exactly if the keys are the same', () => {
    fc.assert(
      fc.property(anyKey, anyKey, (a, b) => {
        const [x, y] = [keyIdentity(a), keyIdentity(b)]
        expect(typeof x).not.toBe('object')
        expect(x === y).toBe(compareKeys(a, b) === 0)
      }),
      { numRuns: 5000 },
    )
  })

  it('is never that of a text made from the identity of another key', () => {
    fc.assert(
      fc.property(anyKey, (key) => {
        const identity = keyIdentity(key)
        if (identity === key) return
        expect(keyIdentity(String(identity))).not.toBe(identity)
        expect(keyIdentity([identity])).not.toBe(identity)
      }),
      { numRuns: 2000 },
    )
  })

  it('is kept through the bytes, and by a copy', () => {
    fc.assert(
      fc.property(anyKey, (key) => {
        const out = new ByteWriter(4)
        writeOrdered(out, key)
        const back = readOrdered(new ByteReader(out.view(), 'test')) as Key
        expect(keyIdentity(back)).toBe(keyIdentity(key))
        expect(keyIdentity(checkedKey(back, keyTypeOf(key)))).toBe(keyIdentity(key))
      }),
      { numRuns: 1000 },
    )
  })

  it('is the key itself for a primitive, text that begins like bytes apart', () => {
    for (const key of ['', 'a', '\0', '\x05', '\v', 1, 1n, 0.5, true]) {
      expect(keyIdentity(key)).toBe(key)
    }
    for (const key of ['\x06', '\b\0\x01', '\tx', '\n']) expect(keyIdentity(key)).not.toBe(key)
    expect(keyIdentity(1)).not.toBe(keyIdentity(1n))
  })

  it('is that of the value where integers are declared to be doubles', () => {
    const [a, b] = [
      checkedKey([1, 0.5], 'tuple(double,double)'),
      checkedKey([1, 0.5], 'tuple(long,double)'),
    ]
    expect(keyIdentity(a)).toBe(keyIdentity(b))
  })
})
