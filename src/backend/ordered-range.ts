/**
 * Ranges as users give them, checked and made into what tables take. A range also says what is removed, so nothing
 * that could be a slip is taken for an open end: not a word that is none of its own, not an end that is undefined.
 */
import { HoldfastError } from '../base/errors.js'
import { keyText } from '../state/key.js'
import type { OrderedRange } from '../state/ordered-state.js'
import type { MapRange } from './state-table.js'

const WORDS: ReadonlySet<string> = new Set(['gt', 'gte', 'lt', 'lte', 'reverse', 'limit'])

/** A range whose ends are `B`s yet. */
export type CheckedRange<B> = Omit<MapRange, 'low' | 'high'> & {
  readonly low: B | undefined
  readonly high: B | undefined
}

/**
 * The range, each end as `checked` gives it.
 * @throws `INVALID_ARGUMENT`, and what `checked` throws
 */
export function checkedRange<A, B>(
  range: OrderedRange<A>,
  checked: (end: A) => B,
): CheckedRange<B> {
  if (typeof range !== 'object' || range === null) throw badRange(`${keyText(range)} is no range`)
  for (const word of Object.keys(range)) {
    if (!WORDS.has(word)) throw badRange(`"${word}" is not known`)
  }
  const { reverse = false, limit = Number.POSITIVE_INFINITY } = range
  if (typeof reverse !== 'boolean') throw badRange(`\`reverse\` is ${keyText(reverse)}`)
  if (limit !== Number.POSITIVE_INFINITY && !(Number.isSafeInteger(limit) && limit >= 0)) {
    throw badRange(`\`limit\` is ${keyText(limit)}, which is no whole number from 0`)
  }
  const low = endOf(range, ['gte', 'gt'])
  const high = endOf(range, ['lte', 'lt'])
  return {
    low: low && checked(low.at),
    lowIncluded: low?.included ?? false,
    high: high && checked(high.at),
    highIncluded: high?.included ?? false,
    reverse,
    limit,
  }
}

interface End<A> {
  readonly at: A
  readonly included: boolean
}

/** @param words that of an end which is included, and of one which is not */
function endOf<A>(
  range: OrderedRange<A>,
  [within, beyond]: readonly ['gte', 'gt'] | readonly ['lte', 'lt'],
): End<A> | undefined {
  const included = within in range
  if (included && beyond in range) throw badRange(`it has both \`${within}\` and \`${beyond}\``)
  if (!included && !(beyond in range)) return undefined
  const word = included ? within : beyond
  const at = range[word]
  if (at !== undefined) return { at, included }
  throw badRange(`\`${word}\` is undefined; leave it out if there is no such end`)
}

function badRange(what: string): HoldfastError {
  const known = 'gt or gte, lt or lte, reverse (true or false), limit'
  return new HoldfastError(
    'INVALID_ARGUMENT',
    `a range has ${known}, but ${what}; nothing was changed`,
  )
}
