/** The states users see, put together from a backend's tables: with a time to live or without. */
import type { Aggregation } from '../state/descriptor.js'
import type { Key } from '../state/key.js'
import type { Lifetime, Stamped } from '../state/ttl.js'
import { FoldAccessor, ListAccessor, MapAccessor, ValueAccessor } from './accessors.js'
import { OrderedMapAccessor, TimeListAccessor } from './ordered-accessors.js'
import type { ListTable, MapTable, OrderedMapTable, ValueTable } from './state-table.js'
import { TtlOrderedMapTable } from './ttl-ordered-table.js'
import {
  LivingValueTable,
  mergeStamped,
  TtlListTable,
  TtlMapTable,
  TtlValueTable,
} from './ttl-tables.js'

/*
 * Each takes the table of one state, whose values are `Stamped` if there is a lifetime.
 */

/** A value state. */
export function valueAccessor(
  table: ValueTable<unknown>,
  lifetime: Lifetime | undefined,
): ValueAccessor<unknown> {
  if (lifetime === undefined) return new ValueAccessor(table)
  return new ValueAccessor(new TtlValueTable(table as ValueTable<Stamped>, lifetime))
}

/** A map state. */
export function mapAccessor(
  table: MapTable<unknown>,
  lifetime: Lifetime | undefined,
): MapAccessor<Key, unknown> {
  if (lifetime === undefined) return new MapAccessor(table)
  return new MapAccessor(new TtlMapTable(table as MapTable<Stamped>, lifetime))
}

/** An ordered map state. */
export function orderedMapAccessor(
  table: OrderedMapTable<unknown>,
  lifetime: Lifetime | undefined,
): OrderedMapAccessor<Key, unknown> {
  if (lifetime === undefined) return new OrderedMapAccessor(table)
  const stamped = table as OrderedMapTable<Stamped>
  return new OrderedMapAccessor(new TtlOrderedMapTable(stamped, lifetime))
}

/** A time list state. */
export function timeListAccessor(
  table: OrderedMapTable<unknown>,
  lifetime: Lifetime | undefined,
): TimeListAccessor<unknown> {
  if (lifetime === undefined) return new TimeListAccessor(table)
  const stamped = table as OrderedMapTable<Stamped>
  return new TimeListAccessor(new TtlOrderedMapTable(stamped, lifetime), table)
}

/** A list state. */
export function listAccessor(
  table: ListTable<unknown>,
  lifetime: Lifetime | undefined,
): ListAccessor<unknown> {
  if (lifetime === undefined) return new ListAccessor(table)
  return new ListAccessor(new TtlListTable(table as ListTable<Stamped>, lifetime), table)
}

/** A reducing or aggregating state. */
export function foldAccessor(
  table: ValueTable<unknown>,
  aggregation: Aggregation,
  lifetime: Lifetime | undefined,
): FoldAccessor {
  if (lifetime === undefined) return new FoldAccessor(table, aggregation)
  const { merge, inPlace } = aggregation
  const stamped = table as ValueTable<Stamped>
  const values = new TtlValueTable(stamped, lifetime, inPlace)
  // In place for all of them: `getMutable` never gives what has expired, so that every sum starts over.
  return new FoldAccessor(
    values,
    { ...aggregation, inPlace: true },
    {
      table: new LivingValueTable(stamped, lifetime, inPlace) as ValueTable<unknown>,
      merge: merge && mergeStamped(merge),
    },
  )
}
