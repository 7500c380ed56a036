/**
 * Keyed state as plain Maps, arrays and sets: what a backend is compared with. Shares no code with any backend.
 * Invariant: what is absent has no entry, so that `places` needs no filter; contents are never changed in place, so
 * that a copy is one of references.
 */
import type { Key } from '../state/key.js'
import { type Namespace, VOID_NAMESPACE } from '../state/namespace.js'

/** Where something is kept. */
export interface OraclePlace {
  readonly key: Key
  readonly name: string
  readonly namespace: Namespace
  /** All of it as a text, another for every other place. */
  readonly id: string
}

/** What is kept somewhere. */
export interface Kept {
  readonly at: OraclePlace
  readonly content: unknown
}

/** A timer of a queue. */
export interface OracleTimer {
  readonly queue: string
  readonly time: number
  readonly key: Key
  readonly namespace: Key | undefined
}

/** The state of all keys. */
export class Oracle {
  readonly #kept: Map<string, Kept>
  readonly #timers: Map<string, OracleTimer>

  constructor(kept: Map<string, Kept> = new Map(), timers: Map<string, OracleTimer> = new Map()) {
    this.#kept = kept
    this.#timers = timers
  }

  get({ id }: OraclePlace): unknown {
    return this.#kept.get(id)?.content
  }

  /** Nothing is kept of `undefined`, an empty array or an empty Map. */
  set(at: OraclePlace, content: unknown): void {
    if (isAbsent(content)) this.#kept.delete(at.id)
    else this.#kept.set(at.id, { at, content })
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

  /** Everything that is kept. It may be changed meanwhile, but for adding to it. */
  places(): Iterable<Kept> {
    return this.#kept.values()
  }

  timers(queue: string): OracleTimer[] {
    return Array.from(this.#timers.values()).filter((timer) => timer.queue === queue)
  }

  /** Whether it was not there. */
  addTimer(timer: OracleTimer): boolean {
    const id = timerText(timer)
    if (this.#timers.has(id)) return false
    this.#timers.set(id, timer)
    return true
  }

  /** Whether it was there. */
  removeTimer(timer: OracleTimer): boolean {
    return this.#timers.delete(timerText(timer))
  }

  copy(): Oracle {
    return new Oracle(new Map(this.#kept), new Map(this.#timers))
  }
}

/** The place of a state of a key in a namespace. */
export function placeOf(name: string, key: Key, namespace: Namespace): OraclePlace {
  const within = namespace === VOID_NAMESPACE ? '' : textOf(namespace)
  return { key, name, namespace, id: `${name}@${within} ${textOf(key)}` }
}

/** A text for each timer, another for every other one. */
export function timerText({ queue, time, key, namespace }: OracleTimer): string {
  const within = namespace === undefined ? '' : textOf(namespace)
  return `${queue} ${time}@${within} ${textOf(key)}`
}

/** A text for each key, another for every other key. */
export function textOf(key: Key): string {
  if (typeof key === 'string') return JSON.stringify(key)
  if (typeof key !== 'object') return `${typeof key} ${String(key)}`
  if (key instanceof Uint8Array) return `bytes ${Buffer.from(key).toString('hex')}`
  if (Array.isArray(key)) return `[${key.map(textOf).join()}]`
  const fields = Object.entries(key as Readonly<Record<string, Key>>).toSorted()
  return `{${fields.map(([name, field]) => `${name}:${textOf(field)}`).join()}}`
}

function isAbsent(content: unknown): boolean {
  if (Array.isArray(content)) return content.length === 0
  return content instanceof Map ? content.size === 0 : content === undefined
}
