/** Time to live of ordered maps and time lists: as that of maps, in order. */
import type { Key } from '../state/key.js'
import type { Lifetime, Stamped } from '../state/ttl.js'
import type { MapRange, OrderedMapTable } from './state-table.js'
import { livingEntries, TtlMapTable } from './ttl-tables.js'

/**
 * An ordered map table with a time to live: each entry has its own. What has expired counts for no limit, and is never
 * returned by what reads in order: it would be out of order by then.
 */
export class TtlOrderedMapTable extends TtlMapTable implements OrderedMapTable<unknown> {
  readonly #ordered: OrderedMapTable<Stamped>

  constructor(inner: OrderedMapTable<Stamped>, lifetime: Lifetime) {
    super(inner, lifetime)
    this.#ordered = inner
  }

  override entries(): IterableIterator<[Key, unknown]> {
    return this.range(ALL)
  }

  range(range: MapRange): IterableIterator<[Key, unknown]> {
    this.#expire(range)
    const living = livingEntries([], this.#ordered.range(unlimited(range)), this.lifetime)
    return limited(living, range.limit)
  }

  first(range: MapRange): [Key, unknown] | undefined {
    const { value } = this.range({ ...range, limit: 1 }).next()
    return value
  }

  removeRange(range: MapRange): void {
    this.#expire(range)
    this.#ordered.removeRange(range)
  }

  /** Removes at once, not on the way, what has expired before the range's last entry: by then another key may be current. */
  #expire(range: MapRange): void {
    const { inner, lifetime } = this
    const { horizon } = lifetime
    const expired: Key[] = []
    const read: [Key, Stamped][] = []
    for (const entry of this.#ordered.range(unlimited(range))) {
      if (read.length >= range.limit) break
      if (entry[1].timestamp <= horizon) expired.push(entry[0])
      else read.push(entry)
    }
    for (const mapKey of expired) inner.removeEntry(mapKey)
    if (lifetime.refreshedByReads) for (const [key, stamped] of read) this.refresh(key, stamped)
  }
}

/** All of a map, upwards. */
const ALL: MapRange = {
  low: undefined,
  lowIncluded: false,
  high: undefined,
  highIncluded: false,
  reverse: false,
  limit: Number.POSITIVE_INFINITY,
}

function unlimited(range: MapRange): MapRange {
  return { ...range, limit: Number.POSITIVE_INFINITY }
}

function* limited<T>(entries: Iterable<T>, limit: number): IterableIterator<T> {
  let left = limit
  if (left <= 0) return
  for (const entry of entries) {
    yield entry
    if (--left <= 0) return
  }
}
