/**
 * Keyed state as plain Maps and arrays: what a backend is compared with. Shares no code with any backend.
 * Invariant: what is absent has no entry, so that `contents` needs no filter.
 */
import type { Key } from '../state/key.js'
import type { Contents } from './contents.js'

/** Where something is kept. */
export interface OraclePlace {
  readonly key: Key
  /** The state and its namespace, as contents name them. */
  readonly state: string
}

interface Kept extends OraclePlace {
  readonly content: unknown
}

/** The state of all keys. Contents are never changed in place. */
export class Oracle {
  readonly #kept: Map<string, Kept>

  constructor(kept: Map<string, Kept> = new Map()) {
    this.#kept = kept
  }

  get(at: OraclePlace): unknown {
    return this.#kept.get(idOf(at))?.content
  }

  /** Nothing is kept of `undefined`, an empty array or an empty Map. */
  set(at: OraclePlace, content: unknown): void {
    if (isAbsent(content)) this.#kept.delete(idOf(at))
    else this.#kept.set(idOf(at), { ...at, content })
  }

  /** A copy. */
  map(at: OraclePlace): Map<Key, unknown> {
    return new Map(this.get(at) as Map<Key, unknown> | undefined)
  }

  setEntry(at: OraclePlace, [mapKey, value]: readonly [Key, unknown]): void {
    const map = this.map(at)
    if (value === undefined) map.delete(mapKey)
    else map.set(mapKey, value)
    this.set(at, map)
  }

  /** A copy. */
  list(at: OraclePlace): unknown[] {
    return [...((this.get(at) as unknown[] | undefined) ?? [])]
  }

  contents(): Contents {
    const contents = new Map<string, { key: Key; found: Record<string, unknown> }>()
    for (const { key, state, content } of this.#kept.values()) {
      const id = textOf(key)
      const of = contents.get(id) ?? { key, found: {} }
      contents.set(id, of)
      of.found[state] = content
    }
    return new Map(Array.from(contents.values(), ({ key, found }) => [key, found]))
  }

  copy(): Oracle {
    return new Oracle(new Map(this.#kept))
  }
}

function isAbsent(content: unknown): boolean {
  if (Array.isArray(content)) return content.length === 0
  return content instanceof Map ? content.size === 0 : content === undefined
}

function idOf({ key, state }: OraclePlace): string {
  return `${state} ${textOf(key)}`
}

/** A text for each key, another for every other key. */
function textOf(key: Key): string {
  if (typeof key === 'string') return JSON.stringify(key)
  if (typeof key !== 'object') return `${typeof key} ${String(key)}`
  if (key instanceof Uint8Array) return `bytes ${Buffer.from(key).toString('hex')}`
  if (Array.isArray(key)) return `[${key.map(textOf).join()}]`
  const fields = Object.entries(key as Readonly<Record<string, Key>>).toSorted()
  return `{${fields.map(([name, field]) => `${name}:${textOf(field)}`).join()}}`
}
