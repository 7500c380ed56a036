import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ByteWriter } from '../base/bytes.js'
import { messagePack } from './serializer.js'

const serializer = messagePack<unknown>()

function bytesOf(value: unknown): Uint8Array {
  const out = new ByteWriter(4)
  serializer.write(value, out)
  return out.copy()
}

function throughBytes(value: unknown): unknown {
  return serializer.read(bytesOf(value))
}

/** Anything the serializer promises to keep. Nested −0 is left out: JSON does not keep it either. */
const text = fc.string({ unit: 'binary', maxLength: 80 })
const leaf: fc.Arbitrary<unknown> = fc.oneof(
  text,
  fc.maxSafeInteger().map((value) => value + 0),
  fc.double().map((value) => (value === 0 ? 0 : value)),
  fc.constantFrom(null, undefined, true, false),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
  fc.date({ noInvalidDate: true }),
  fc.uint8Array({ maxLength: 40 }),
  fc.float64Array({ maxLength: 5 }),
)
const anyValue = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    leaf,
    tie('list'),
    tie('object'),
    tie('map'),
    tie('set'),
  ),
  list: fc.array(tie('value'), { maxLength: 5 }),
  object: fc.dictionary(
    text.filter((name) => name !== '__proto__'),
    tie('value'),
    { maxKeys: 5, noNullPrototype: true },
  ),
  map: fc.array(fc.tuple(leaf, tie('value')), { maxLength: 5 }).map((pairs) => new Map(pairs)),
  set: fc.array(leaf, { maxLength: 5 }).map((members) => new Set(members)),
})).value

describe('the default serializer', () => {
  it('brings back every value it promises to keep, nested in any way', () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        expect(isDeepStrictEqual(throughBytes(value), value)).toBe(true)
      }),
      { numRuns: 600 },
    )
  })

  it('gives the same bytes for a value whatever was written before it, refused values too', () => {
    fc.assert(
      fc.property(anyValue, anyValue, (value, other) => {
        const alone = bytesOf(value)
        expect(() => bytesOf([other, Symbol('refused')])).toThrow(/cannot be kept/)
        bytesOf(other)
        expect(bytesOf(value)).toEqual(alone)
      }),
      { numRuns: 150 },
    )
  })

  it('appends to what the writer holds, and leaves value and writer apart', () => {
    const out = new ByteWriter(1)
    const value = { list: [1, 'two'], map: new Map([[{ key: 1 }, new Set(['member'])]]) }
    out.text('before')
    const start = out.length
    serializer.write(value, out)
    expect(serializer.read(out.copy().subarray(start))).toEqual(value)
    expect(value).toEqual({ list: [1, 'two'], map: new Map([[{ key: 1 }, new Set(['member'])]]) })
  })

  it('reads values that keep no hold on the bytes they came from', () => {
    const bytes = bytesOf({ part: Uint8Array.of(1, 2, 3) })
    const value = serializer.read(bytes)
    bytes.fill(0)
    expect(value).toEqual({ part: Uint8Array.of(1, 2, 3) })
  })

  it('keeps what plain MessagePack has no room for: many members, Maps of any size and depth', () => {
    const many = Array.from({ length: 70_000 }, (_, i) => i)
    const object = Object.fromEntries(many.map((i) => [`m${i}`, i]))
    expect(Object.keys(throughBytes(object) as object).length).toBe(70_000)
    const map = throughBytes(new Map(many.map((i) => [i, 0 - i]))) as Map<number, number>
    expect([map.size, map.get(0), map.get(69_999)]).toEqual([70_000, 0, -69_999])
  })

  it('turns class instances into plain objects, with the Maps they hold', () => {
    class Basket {
      readonly items = new Map([['apple', 3]])
      get size(): number {
        return this.items.size
      }
    }
    expect(throughBytes(new Basket())).toStrictEqual({ items: new Map([['apple', 3]]) })
    expect(throughBytes(Object.create(null))).toStrictEqual({})
    expect(throughBytes(Buffer.from('abc'))).toStrictEqual(new TextEncoder().encode('abc'))
  })

  it('refuses functions and symbols at any depth, and values without end, saying so', () => {
    const endless: unknown[] = []
    endless.push(endless)
    const refused = [() => 1, Symbol('x'), { a: [() => 1] }, [Symbol('y')], class {}, endless]
    const tricky = { toJSON: () => new Map([[1, 1]]) }
    class Tricky {
      readonly toJSON = (): unknown => tricky.toJSON()
    }
    for (const value of [...refused, ...refused.map((one) => new Map([[1, one]])), new Tricky()]) {
      expect(() => bytesOf(value)).toThrow(
        expect.objectContaining({
          code: 'INVALID_ARGUMENT',
          message: expect.stringContaining('cannot be kept as state'),
        }),
      )
    }
  })

  it('refuses bytes it did not write as CORRUPT, whatever they are', () => {
    const corrupt = expect.objectContaining({ code: 'CORRUPT' })
    for (const bytes of [[], [0xc0, 0xc0], [0xd2, 0]]) {
      expect(() => serializer.read(Uint8Array.from(bytes))).toThrow(corrupt)
    }
    const good = bytesOf({ list: ['some', 'text'], map: new Map([[1, 2.5]]) })
    for (let length = 0; length < good.length; length++) {
      expect(() => serializer.read(good.subarray(0, length)), `${length} bytes`).toThrow(corrupt)
    }
  })
})
