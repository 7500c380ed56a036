/** Keys of all types for property tests, in the form they are kept in, with what is likely to be mixed up. */
import fc from 'fast-check'
import { checkedKey, type Key, keyTypeOf } from '../src/state/key.js'

const units = fc.constantFrom(
  0,
  1,
  6,
  7,
  8,
  9,
  10,
  0x41,
  0xff,
  0xd7ff,
  0xd800,
  0xdbff,
  0xdc00,
  0xdfff,
  0xe000,
  0xffff,
)
const oddText = fc.array(units, { maxLength: 5 }).map((some) => String.fromCharCode(...some))
const bytes = fc.uint8Array({ maxLength: 6 })
const fewBytes = fc
  .array(fc.constantFrom(0, 1, 0xff), { maxLength: 4 })
  .map((some) => Uint8Array.from(some))

/** Text of any kind, lone surrogates and NUL among it. */
export const anyText: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  oddText,
)

const anyPlain: fc.Arbitrary<Key> = fc.oneof(
  anyText,
  fc.integer({ min: -2, max: 2 }),
  fc.maxSafeInteger(),
  fc.double({ noNaN: true }),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.bigInt({ min: -2n, max: 2n }),
  fc.boolean(),
  bytes,
  fewBytes,
)

const fieldName = fc.constantFrom('a', 'aa', 'b', 'B', '_', '$', '__proto__', 'length', 'a1')

const { nested } = fc.letrec<{ nested: Key }>((tie) => ({
  nested: fc.oneof(
    { depthSize: 'small', maxDepth: 3 },
    anyPlain,
    fc.array(tie('nested'), { minLength: 1, maxLength: 3 }),
    fc
      .uniqueArray(fc.tuple(fieldName, tie('nested')), {
        minLength: 1,
        maxLength: 3,
        selector: ([name]) => name,
      })
      .map((fields) => Object.fromEntries(fields)),
  ),
}))

/** A key of any type. */
export const anyKey: fc.Arbitrary<Key> = nested.map((key) => checkedKey(key, keyTypeOf(key)))
