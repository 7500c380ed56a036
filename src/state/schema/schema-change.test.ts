import { describe, expect, it } from 'vitest'
import * as s from './schema.js'
import { schemaChange } from './schema-change.js'

const r = s.record
type Row = readonly [old: s.SchemaNode, now: s.SchemaNode, differs: readonly string[]]

const a = s.int()
const ab = r({ a, b: s.text() })

/** One row for each difference, by what it leads to. */
const AS_IS: readonly Row[] = [
  [ab, r({ a, b: s.text() }), []],
  [s.int(), s.long(), []],
  [r({ a: s.array(s.int()) }), r({ a: s.array(s.long()) }), []],
  [s.map(s.int(), a), s.map(s.long(), a), []],
  [r({ a }), r({ z: s.renamedFrom(a, 'a') }), []],
  [r({ a }), r({ z: s.renamedFrom(a, 'y', 'a') }), []],
  [r({ a, z: a }), r({ a, z: s.renamedFrom(a, 'y') }), []],
  [r({ a }), r({ a: s.withDefault(a, 7) }), []],
  [s.oneOf('a', 'b'), s.oneOf('a', 'b', 'c'), []],
]
const RECONFIGURED: readonly Row[] = [
  [ab, r({ b: s.text(), a }), ['the value itself: its members are in another order']],
  [
    r({ x: s.array(ab) }),
    r({ x: s.array(r({ c: s.renamedFrom(s.text(), 'b'), a: s.long() })) }),
    ['.x[]: its members are in another order'],
  ],
  [
    s.oneOf('a', 'b'),
    s.oneOf('b', 'a'),
    ['the value itself: its choices are in another order, or new ones not at the end'],
  ],
  [
    r({ k: s.nullable(s.oneOf('a', 'b')) }),
    r({ k: s.nullable(s.oneOf('c', 'a', 'b')) }),
    ['.k: its choices are in another order, or new ones not at the end'],
  ],
]
const MIGRATED: readonly Row[] = [
  [ab, r({ a }), ['.b: removed, was text']],
  [
    r({ a }),
    r({ a, b: s.optional(s.text()) }),
    ['.b: added as text or undefined; state from before gets undefined'],
  ],
  [
    r({ a }),
    r({ a, b: s.withDefault(s.text(), 'x') }),
    ['.b: added as text; state from before gets its default'],
  ],
  [r({ a }), r({ a: s.optional(a) }), ['.a: now may be undefined']],
  [s.array(a), s.array(s.nullable(a)), ['[]: now may be null']],
  [r({ a: s.optional(a) }), r({ a: s.withDefault(a, 0) }), ['.a: undefined becomes its default']],
  [
    r({ a: s.optional(s.nullable(a)) }),
    r({ a: s.nullable(s.optional(a)) }),
    ['.a: optional and nullable in another order'],
  ],
  [s.int(), s.double(), ['the value itself: was int, now double']],
  [s.map(s.long(), a), s.map(s.double(), a), ['{key}: was long, now double']],
  [r({ a: s.long() }), r({ a: s.bigint() }), ['.a: was long, now bigint']],
  [s.array(s.oneOf('x')), s.array(s.text()), ['[]: was one of "x", now text']],
  [
    r({ a, b: a, c: a }),
    r({ c: a, b: a }),
    ['.a: removed, was int', 'the value itself: its members are in another order'],
  ],
]
const INCOMPATIBLE: readonly Row[] = [
  [r({ a }), r({ a, b: s.text() }), ['.b: added as text, without a default']],
  [r({ a }), r({ a, b: s.nullable(s.text()) }), ['.b: added as text or null, without a default']],
  [r({ a }), r({ A: a }), ['.A: added as int, without a default', '.a: removed, was int']],
  [s.long(), s.int(), ['the value itself: was long, now int']],
  [s.double(), s.long(), ['the value itself: was double, now long']],
  [s.text(), s.oneOf('a'), ['the value itself: was text, now one of "a"']],
  [r({ a: s.text() }), r({ a: s.bytes() }), ['.a: was text, now bytes']],
  [s.array(a), s.map(a, a), ['the value itself: was array of int, now map from int to int']],
  [r({ a: s.optional(a) }), r({ a }), ['.a: could be undefined, now not']],
  [s.array(s.nullable(a)), s.array(a), ['[]: could be null, now not']],
  [
    r({ a: s.nullable(a) }),
    r({ a: s.optional(a) }),
    ['.a: now may be undefined', '.a: could be null, now not'],
  ],
  [s.oneOf('a', 'b', 'c'), s.oneOf('b'), ['the value itself: no longer one of "a", "c"']],
  [
    r({ list: s.array(r({ x: a, y: a })) }),
    r({ list: s.array(r({ x: s.text() })) }),
    ['.list[].x: was int, now text', '.list[].y: removed, was int'],
  ],
]

describe('a change of schema', () => {
  it.each(AS_IS)('is none for the bytes: %j to %j', (old, now) => {
    expect(schemaChange(old, now)).toEqual({ outcome: 'as-is' })
  })

  it.each(RECONFIGURED)(
    'keeps the old order of what it only reorders: %j to %j',
    (old, now, differs) => {
      const change = schemaChange(old, now)
      expect(change).toMatchObject({ outcome: 'reconfigured', differs })
      const layout = 'layout' in change ? change.layout : undefined
      expect(layout && schemaChange(old, layout)).toEqual({ outcome: 'as-is' })
    },
  )

  it.each(MIGRATED)('is made after migration: %j to %j', (old, now, differs) => {
    expect(schemaChange(old, now)).toEqual({ outcome: 'after-migration', differs })
  })

  it.each(INCOMPATIBLE)('is refused, with advice: %j to %j', (old, now, differs) => {
    const change = schemaChange(old, now)
    expect(change).toEqual({
      outcome: 'incompatible',
      differs,
      advice: expect.stringMatching(/\w/) as string,
    })
  })

  it('takes the worst of several, and names them all', () => {
    const old = r({ a, b: a, c: s.text() })
    const now = r({ b: s.double(), a: s.text(), d: a })
    const change = schemaChange(old, now)
    expect(change).toEqual({
      outcome: 'incompatible',
      differs: [
        '.d: added as int, without a default',
        '.a: was int, now text',
        '.b: was int, now double',
        '.c: removed, was text',
        'the value itself: its members are in another order',
      ],
      advice:
        'give .d a default (withDefault), make it optional, or say what it was (renamedFrom); ' +
        '.a was int, now text: add a member of another name and keep the old, or go back to int',
    })
  })
})
