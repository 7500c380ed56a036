/** The random choices of the model test. Invariant: a seed gives the same choices in the same order. */
import { type Random, seededRandom } from '../base/random.js'
import type { Key, KeyType } from '../state/key.js'
import { type Namespace, VOID_NAMESPACE } from '../state/namespace.js'
import type { OrderedRange } from '../state/ordered-state.js'

const HOT_KEYS = 4
const COLD_KEYS = 60
const MAP_KEYS = 12

const KEY_TYPES: readonly KeyType[] = [
  'string',
  'long',
  'double',
  'boolean',
  'bigint',
  'bytes',
  'tuple(string,long)',
  'struct(a:long,b:bytes)',
]

const ORDERED_KEYS: readonly Key[] = [
  ...[false, true, -1e9, -2, -1.5, 0, 0.5, 1, 1.5, 2, 3, 10, 2 ** 60],
  ...['', '1', 'a', 'a\0', 'ab', '\ud7ff', '\uff5e', '\u{1f600}'],
  ...[-5n, 5n],
]

const NAMESPACES: readonly Namespace[] = ['w', '', 3, 'wide', true, 7n]

/** Names, each with the sum of the weights up to its own. */
export interface Weights {
  readonly upTo: readonly (readonly [name: string, upTo: number])[]
  readonly sum: number
}

/** Sums up the weights. */
export function weightsOf(weights: Iterable<readonly [string, number]>): Weights {
  let sum = 0
  const upTo = Array.from(weights, ([name, weight]) => {
    sum += weight
    return [name, sum] as const
  })
  return { upTo, sum }
}

/** Draws keys, states and values. */
export class ModelDraw {
  readonly keyType: KeyType
  readonly #random: Random
  #serial = 0

  constructor(seed: number) {
    this.#random = seededRandom(seed)
    this.keyType = this.pick(KEY_TYPES)
  }

  /** A whole number from 0 to `bound - 1`. */
  below(bound: number): number {
    return Math.floor(this.#random.next() * bound)
  }

  pick<const T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)] as T
  }

  /** One of the names, each as often as its weight says. */
  weighted(weights: Weights): string {
    const at = this.#random.next() * weights.sum
    return (weights.upTo.find(([, upTo]) => at < upTo) ?? weights.upTo[0] ?? [''])[0]
  }

  /** Mostly one of a few hot keys, else a cold one. */
  key(): Key {
    const hot = this.below(10) < 7
    return keyOf(this.keyType, this.below(hot ? HOT_KEYS : COLD_KEYS))
  }

  /** Mostly the void one. */
  namespace(): Namespace {
    return this.below(4) > 0 ? VOID_NAMESPACE : this.pick(NAMESPACES)
  }

  /** A target and up to three sources, which may be the same. */
  namespaces(): [Namespace, ...Namespace[]] {
    const sources = Array.from({ length: this.below(4) }, () => this.pick(NAMESPACES))
    return [this.namespace(), ...sources]
  }

  mapKey(): Key {
    return keyOf(this.pick(['string', 'long']), this.below(MAP_KEYS))
  }

  /** Fewer than others: what expired is to be written again, too. */
  agingMapKey(): Key {
    return keyOf(this.pick(['string', 'long']), this.below(4))
  }

  /** Of all types with one order; those beyond U+FFFF are where code points and UTF-16 units differ. */
  orderedKey(): Key {
    return this.pick(ORDERED_KEYS)
  }

  /** Few, so that several elements are of one time. */
  listTime(): number {
    return this.pick([-(2 ** 40), -1, 0, 1, 2, 5, 10, 100, 2 ** 41])
  }

  /** Ends drawn each by itself: the lower one may be above the upper one. */
  range<B>(end: () => B): OrderedRange<B> {
    return {
      ...this.pick([() => ({}), () => ({ gt: end() }), () => ({ gte: end() })])(),
      ...this.pick([() => ({}), () => ({ lt: end() }), () => ({ lte: end() })])(),
      ...(this.below(2) === 0 ? { reverse: true } : {}),
      ...(this.below(3) === 0 ? { limit: this.below(4) } : {}),
    }
  }

  valueName(): 'value' | 'other' {
    return this.pick(['value', 'value', 'other'])
  }

  mapName(): 'map' | 'otherMap' {
    return this.pick(['map', 'map', 'otherMap'])
  }

  listName(): 'list' | 'otherList' {
    return this.pick(['list', 'list', 'otherList'])
  }

  /** Of what is cleared at once, a map aside. */
  clearedName(): 'value' | 'other' | 'list' | 'otherList' | 'reducing' | 'aggregating' {
    return this.pick(['value', 'value', 'other', 'list', 'otherList', 'reducing', 'aggregating'])
  }

  /** None to four values. */
  elements(): unknown[] {
    return Array.from({ length: this.below(5) }, () => this.value())
  }

  /** One that no other is equal to. */
  newValue(): number {
    return 1_000_000 + this.#serial++
  }

  /** One in most cases; none to four. */
  newValues(): number[] {
    return Array.from({ length: this.pick([1, 1, 1, this.below(5)]) }, () => this.newValue())
  }

  /** Mostly a new one, so that an old value is told from it; sometimes one that looks absent. */
  value(): unknown {
    const serial = this.#serial++
    switch (this.below(8)) {
      case 0:
        return null
      case 1:
        return { serial }
      case 2:
        return `value ${serial}`
      case 3:
        return this.pick([0, '', false])
      default:
        return serial
    }
  }
}

function keyOf(type: KeyType, index: number): Key {
  if (type === 'string') return index === 0 ? '' : `key ${index}`
  if (type === 'boolean') return index % 2 === 0
  if (type === 'bigint') return BigInt(index - 2) * 2n ** 57n
  if (type === 'bytes')
    return Uint8Array.from({ length: index % 5 }, (_, i) => (index * 7 + i) % 256)
  if (type === 'tuple(string,long)') return [`${index % 5}`, index]
  if (type === 'struct(a:long,b:bytes)') return { a: index, b: Uint8Array.of(index % 3) }
  return type === 'long' ? (index - 2) * 2 ** 31 : index / 2 - 3
}
