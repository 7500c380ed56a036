/**
 * The documented order of keys, written a second time for the model test: types first, then numbers by size, text by
 * code point, bytes by byte, tuples and structs part by part. Shares no code with `src/keygroup`.
 */
import type { Key } from '../state/key.js'
import type { OrderedRange } from '../state/ordered-state.js'

const TYPES: readonly string[] = ['boolean', 'number', 'string', 'bigint', 'object']

/** Negative if `a` comes first, positive if `b` does, 0 if they are the same. Of tuples and structs of one type only. */
export function orderOf(a: Key, b: Key): number {
  if (typeof a !== typeof b) return TYPES.indexOf(typeof a) - TYPES.indexOf(typeof b)
  if (typeof a === 'string')
    return orderOfParts([...a].map(codePoint), [...(b as string)].map(codePoint))
  if (typeof a !== 'object') return a === b ? 0 : a < (b as typeof a) ? -1 : 1
  return orderOfParts(partsOf(a), partsOf(b as object))
}

/** Those in a range, as their `at` says. Requires: the entries are in order. */
export function within<T, B extends Key>(
  entries: readonly T[],
  at: (entry: T) => B,
  range: OrderedRange<B>,
): T[] {
  const { gt, gte, lt, lte, reverse, limit } = range
  const found = entries.filter((entry) => {
    const key = at(entry)
    return (
      (gt === undefined || orderOf(key, gt) > 0) &&
      (gte === undefined || orderOf(key, gte) >= 0) &&
      (lt === undefined || orderOf(key, lt) < 0) &&
      (lte === undefined || orderOf(key, lte) <= 0)
    )
  })
  if (reverse === true) found.reverse()
  return limit === undefined ? found : found.slice(0, limit)
}

function codePoint(character: string): number {
  return character.codePointAt(0) as number
}

function partsOf(key: object): readonly Key[] {
  if (key instanceof Uint8Array) return [...key]
  if (Array.isArray(key)) return key as readonly Key[]
  return Object.entries(key as Readonly<Record<string, Key>>)
    .toSorted()
    .map(([, field]) => field)
}

function orderOfParts(a: readonly Key[], b: readonly Key[]): number {
  for (const [i, part] of a.entries()) {
    const other = b[i]
    if (other === undefined) return 1
    const order = orderOf(part, other)
    if (order !== 0) return order
  }
  return a.length - b.length
}
