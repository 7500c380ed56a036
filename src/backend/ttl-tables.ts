/**
 * Time to live, above any backend's tables: each of these is a table over one whose values are `Stamped`. What has
 * expired is absent and is removed when it is met; state without a time to live never comes here.
 *
 * Invariant: what is read decides by the lifetime's horizon alone, as the merge of a checkpoint's runs does.
 */
import type { Key } from '../state/key.js'
import { type Lifetime, Stamped } from '../state/ttl.js'
import type { ListTable, MapTable, StateTable, ValueTable } from './state-table.js'

/** What they share. */
class TtlTable<T extends StateTable> {
  protected readonly inner: T
  protected readonly lifetime: Lifetime

  constructor(inner: T, lifetime: Lifetime) {
    this.inner = inner
    this.lifetime = lifetime
  }

  get namespace(): Key | undefined {
    return this.inner.namespace
  }

  set namespace(namespace: Key | undefined) {
    this.inner.namespace = namespace
  }

  remove(): void {
    this.inner.remove()
  }
}

/** A value table with a time to live. */
export class TtlValueTable extends TtlTable<ValueTable<Stamped>> implements ValueTable<unknown> {
  readonly #inPlace: boolean

  /** @param inPlace whether values are changed in place after `getMutable` */
  constructor(inner: ValueTable<Stamped>, lifetime: Lifetime, inPlace = false) {
    super(inner, lifetime)
    this.#inPlace = inPlace
  }

  get(): unknown {
    const stamped = this.inner.get()
    if (stamped === undefined) return undefined
    const { lifetime } = this
    if (stamped.timestamp <= lifetime.horizon) {
      this.inner.remove()
      return lifetime.returnsExpired ? stamped.value : undefined
    }
    if (lifetime.refreshedByReads) this.#refresh(stamped)
    return stamped.value
  }

  /** Never what has expired: a new value does not go on from it. A copy only if it is changed in place. */
  getMutable(): unknown {
    // Before anything is changed in place.
    if (this.lifetime.inEventTime) this.lifetime.stamp(undefined)
    const { inner } = this
    const stamped = inner.get()
    if (stamped === undefined) return undefined
    if (stamped.timestamp > this.lifetime.horizon) {
      return this.#inPlace ? inner.getMutable()?.value : stamped.value
    }
    inner.remove()
    return undefined
  }

  put(value: unknown): void {
    const { inner, lifetime } = this
    const before = lifetime.inEventTime ? inner.get()?.timestamp : undefined
    inner.put(new Stamped(value, lifetime.stamp(before)))
  }

  #refresh(stamped: Stamped): void {
    const timestamp = this.lifetime.refreshed(stamped.timestamp)
    if (timestamp === stamped.timestamp) return
    // A copy, if it may be changed in place: a snapshot may need the one there is, and putting it hides that.
    const value = this.#inPlace ? this.inner.getMutable()?.value : stamped.value
    this.inner.put(new Stamped(value, timestamp))
  }
}

/** The living values of a table, stamped, for merging namespaces: a merge is no read and no write. */
export class LivingValueTable extends TtlTable<ValueTable<Stamped>> implements ValueTable<Stamped> {
  readonly #inPlace: boolean

  /** @param inPlace whether values are changed in place after `getMutable` */
  constructor(inner: ValueTable<Stamped>, lifetime: Lifetime, inPlace: boolean) {
    super(inner, lifetime)
    this.#inPlace = inPlace
  }

  get(): Stamped | undefined {
    return this.#living(this.inner.get())
  }

  getMutable(): Stamped | undefined {
    return this.#living(this.#inPlace ? this.inner.getMutable() : this.inner.get())
  }

  put(value: Stamped): void {
    this.inner.put(value)
  }

  #living(stamped: Stamped | undefined): Stamped | undefined {
    return stamped !== undefined && stamped.timestamp > this.lifetime.horizon ? stamped : undefined
  }
}

/** Merges stamped accumulators: the newer timestamp counts. */
export function mergeStamped(
  merge: (accumulator: unknown, other: unknown) => unknown,
): (one: unknown, other: unknown) => unknown {
  return (one, other) => {
    const [a, b] = [one as Stamped, other as Stamped]
    return new Stamped(merge(a.value, b.value), Math.max(a.timestamp, b.timestamp))
  }
}

/** A map table with a time to live: each entry has its own. */
export class TtlMapTable extends TtlTable<MapTable<Stamped>> implements MapTable<unknown> {
  get(mapKey: Key): unknown {
    const stamped = this.inner.get(mapKey)
    if (stamped === undefined) return undefined
    const { lifetime } = this
    if (stamped.timestamp <= lifetime.horizon) {
      this.inner.removeEntry(mapKey)
      return lifetime.returnsExpired ? stamped.value : undefined
    }
    if (lifetime.refreshedByReads) this.refresh(mapKey, stamped)
    return stamped.value
  }

  /** Agrees with what `get` would return, and leaves it there. */
  has(mapKey: Key): boolean {
    const stamped = this.inner.get(mapKey)
    if (stamped === undefined) return false
    const { lifetime } = this
    if (stamped.timestamp <= lifetime.horizon) {
      if (lifetime.returnsExpired) return true
      this.inner.removeEntry(mapKey)
      return false
    }
    if (lifetime.refreshedByReads) this.refresh(mapKey, stamped)
    return true
  }

  put(mapKey: Key, value: unknown): void {
    const { inner, lifetime } = this
    const before = lifetime.inEventTime ? inner.get(mapKey)?.timestamp : undefined
    inner.put(mapKey, new Stamped(value, lifetime.stamp(before)))
  }

  removeEntry(mapKey: Key): void {
    this.inner.removeEntry(mapKey)
  }

  isEmpty(): boolean {
    const { inner, lifetime } = this
    if (lifetime.returnsExpired || inner.isEmpty()) return inner.isEmpty()
    const { horizon } = lifetime
    for (const [mapKey, stamped] of inner.entries()) {
      if (stamped.timestamp > horizon) return false
      inner.removeEntry(mapKey)
    }
    return true
  }

  /** What has expired is removed at once, not on the way: by then another key may be current. */
  entries(): IterableIterator<[Key, unknown]> {
    const { inner, lifetime } = this
    const { horizon } = lifetime
    const expired: [Key, unknown][] = []
    for (const [mapKey, stamped] of inner.entries()) {
      if (stamped.timestamp <= horizon) {
        if (lifetime.returnsExpired) expired.push([mapKey, stamped.value])
        inner.removeEntry(mapKey)
      } else if (lifetime.refreshedByReads) this.refresh(mapKey, stamped)
    }
    return livingEntries(expired, inner.entries(), lifetime)
  }

  /** The entry was read. */
  protected refresh(mapKey: Key, { value, timestamp }: Stamped): void {
    const newer = this.lifetime.refreshed(timestamp)
    if (newer !== timestamp) this.inner.put(mapKey, new Stamped(value, newer))
  }
}

/** Those that expired, then those that live when they are reached. */
export function* livingEntries(
  expired: readonly [Key, unknown][],
  entries: IterableIterator<[Key, Stamped]>,
  lifetime: Lifetime,
): IterableIterator<[Key, unknown]> {
  yield* expired
  for (const [mapKey, { value, timestamp }] of entries) {
    if (timestamp > lifetime.horizon) yield [mapKey, value]
  }
}

/** A list table with a time to live: each element has its own. */
export class TtlListTable extends TtlTable<ListTable<Stamped>> implements ListTable<unknown> {
  get(): readonly unknown[] {
    const { inner, lifetime } = this
    const all = inner.get()
    if (all.length === 0) return all
    const living = livingElements(all, lifetime.horizon)
    const seen = lifetime.returnsExpired ? all : living
    if (living !== all && (lifetime.returnsExpired || worthRemoving(all, living))) {
      if (living.length > 0) inner.replace([...living])
      else inner.remove()
    }
    if (lifetime.refreshedByReads) this.#refresh(living)
    return seen.map(({ value }) => value)
  }

  append(elements: readonly unknown[]): void {
    this.inner.append(elements.length === 0 ? [] : this.#stamped(elements))
  }

  replace(elements: unknown[]): void {
    this.inner.replace(this.#stamped(elements))
  }

  #stamped(elements: readonly unknown[]): Stamped[] {
    const timestamp = this.lifetime.stamp(undefined)
    return elements.map((element) => new Stamped(element, timestamp))
  }

  #refresh(living: readonly Stamped[]): void {
    let raised = false
    const refreshed = living.map((stamped) => {
      const timestamp = this.lifetime.refreshed(stamped.timestamp)
      if (timestamp === stamped.timestamp) return stamped
      raised = true
      return new Stamped(stamped.value, timestamp)
    })
    if (raised) this.inner.replace(refreshed)
  }
}

/** The elements that have not expired; the same array if all have not. */
export function livingElements(elements: readonly Stamped[], horizon: number): readonly Stamped[] {
  const some = elements.some(({ timestamp }) => timestamp <= horizon)
  return some ? elements.filter(({ timestamp }) => timestamp > horizon) : elements
}

/**
 * Whether so many elements have expired that the list is written anew without them: half of them or more, so that what
 * it costs is a part of what adding them has cost.
 */
export function worthRemoving(all: readonly Stamped[], living: readonly Stamped[]): boolean {
  return living.length * 2 <= all.length
}
