/** The second reader, written from docs/format/ alone, reads keys of all types as the first one does. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ByteWriter } from '../../src/base/bytes.js'
import { hasCode } from '../../src/base/errors.js'
import { keyGroupOf } from '../../src/keygroup/hash.js'
import { readRowKey, writeMapKey, writeRowPrefix } from '../../src/keygroup/row-key.js'
import { keyTypeOf } from '../../src/state/key.js'
import { anyKey } from '../arbitrary-keys.js'
import { Refused } from './reader-cursor.js'
import * as hash from './reader-hash.js'
import * as reader from './reader-keys.js'

describe('row keys of all types', () => {
  it('are what the second reader reads, in the key group it computes', () => {
    const namespaces = fc.option(anyKey, { nil: undefined })
    fc.assert(
      fc.property(anyKey, namespaces, anyKey, (key, namespace, mapKey) => {
        const type = keyTypeOf(key)
        const keyGroup = keyGroupOf(key, type, 32_768)
        const out = new ByteWriter()
        writeRowPrefix(out, keyGroup, key, type, namespace)
        const prefixLength = out.length
        writeMapKey(out, mapKey)
        expect(reader.readRowKey(out.copy())).toStrictEqual({ keyGroup, key, mapKey, prefixLength })
        expect(hash.keyGroupOf(key, type, 32_768)).toBe(keyGroup)
      }),
      { numRuns: 1000 },
    )
  })

  it('are refused by one reader if the other refuses them', () => {
    const tags = fc.constantFrom(0, 1, 2, 8, 9, 10, 0x61, 0x62, 0xff)
    const bytes = fc.array(tags, { maxLength: 30 }).map((some) => Uint8Array.from([0, 0, ...some]))
    fc.assert(
      fc.property(bytes, (row) => {
        const ours = outcome(() => readRowKey(row))
        const theirs = outcome(() => reader.readRowKey(row))
        expect(theirs).toBe(ours)
      }),
      { numRuns: 3000 },
    )
  })
})

function outcome(read: () => unknown): 'read' | 'CORRUPT' {
  try {
    read()
    return 'read'
  } catch (error) {
    if (hasCode(error, 'CORRUPT') || (error instanceof Refused && error.code === 'CORRUPT')) {
      return 'CORRUPT'
    }
    throw error
  }
}
