/** The random choices of the model test. Invariant: a seed gives the same choices in the same order. */
import { type Random, seededRandom } from '../base/random.js'
import type { Key, KeyType } from '../state/key.js'
import { type Namespace, VOID_NAMESPACE } from '../state/namespace.js'

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

const NAMESPACES: readonly Namespace[] = ['w', '', 3, 'wide', true, 7n]

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
  weighted<N extends string>(weights: Readonly<Record<N, number>>): N {
    const all = Object.entries<number>(weights) as [N, number][]
    let at = this.#random.next() * all.reduce((sum, [, weight]) => sum + weight, 0)
    const found = all.find(([, weight]) => {
      at -= weight
      return at < 0
    })
    return (found ?? (all[0] as [N, number]))[0]
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
