/**
 * Keyed state as plain Maps and arrays: what a backend is compared with. Shares no code with any backend.
 * Invariant: what is absent has no entry, so that `contents` needs no filter.
 */
import type { Key } from '../state/key.js'
import type { Contents } from './contents.js'

/** The state of all keys. Values are never changed in place. */
export class Oracle {
  readonly #keys: Map<Key, Map<string, unknown>>

  constructor(keys: Map<Key, Map<string, unknown>> = new Map()) {
    this.#keys = keys
  }

  value(key: Key, state: string): unknown {
    return this.#keys.get(key)?.get(state)
  }

  setValue(key: Key, state: string, value: unknown): void {
    const states = this.#keys.get(key) ?? new Map<string, unknown>()
    if (value === undefined) states.delete(state)
    else states.set(state, value)
    if (states.size > 0) this.#keys.set(key, states)
    else this.#keys.delete(key)
  }

  /** A copy. */
  map(key: Key, state: string): Map<Key, unknown> {
    return new Map(this.#keys.get(key)?.get(state) as Map<Key, unknown> | undefined)
  }

  setEntry(key: Key, state: string, [mapKey, value]: readonly [Key, unknown]): void {
    const map = this.map(key, state)
    if (value === undefined) map.delete(mapKey)
    else map.set(mapKey, value)
    this.setValue(key, state, map.size > 0 ? map : undefined)
  }

  clearMap(key: Key, state: string): void {
    this.setValue(key, state, undefined)
  }

  /** A copy. */
  list(key: Key, state: string): unknown[] {
    return [...((this.#keys.get(key)?.get(state) as unknown[] | undefined) ?? [])]
  }

  setList(key: Key, state: string, elements: readonly unknown[]): void {
    this.setValue(key, state, elements.length > 0 ? elements : undefined)
  }

  /** Adds the same to `reducing` and `aggregating` of the suite's states: what they come to, from what they were. */
  fold(key: Key, added: number): void {
    const reduced = this.value(key, 'reducing')
    const [count = '0', all] = String(this.value(key, 'aggregating') ?? '0').split(': ')
    this.setValue(key, 'reducing', reduced === undefined ? added : `${reduced} ${added}`)
    const joined = all === undefined ? added : `${all} ${added}`
    this.setValue(key, 'aggregating', `${Number(count) + 1}: ${joined}`)
  }

  contents(): Contents {
    return new Map(Array.from(this.#keys, ([key, states]) => [key, Object.fromEntries(states)]))
  }

  copy(): Oracle {
    return new Oracle(new Map(Array.from(this.#keys, ([key, states]) => [key, new Map(states)])))
  }
}
