/**
 * An ordered map per key on the heap: a map table whose maps keep their live cells in order as well, so that looking
 * an entry up costs what it does in any map, and a range begins after two binary searches.
 */
import type { ByteWriter } from '../../base/bytes.js'
import { writeRowPrefix } from '../../keygroup/row-key.js'
import { compareMapKeys, writeSortedMapKey } from '../../keygroup/sorted-map-key.js'
import type { Key } from '../../state/key.js'
import type { MapRange, OrderedMapTable } from '../state-table.js'
import { type Cell, CLEARED } from './cell.js'
import type { HeapMap } from './heap-map.js'
import type { HeapTableParts } from './heap-table.js'
import { HeapMapTable } from './map-table.js'
import type { KeyOrder, SortedCells } from './sorted-cells.js'

/** All of a map, upwards. */
const ALL: MapRange = {
  low: undefined,
  lowIncluded: false,
  high: undefined,
  highIncluded: false,
  reverse: false,
  limit: Number.POSITIVE_INFINITY,
}

/** A table of ordered maps. */
export class HeapOrderedMapTable extends HeapMapTable implements OrderedMapTable<unknown> {
  /** @param order that of the bytes of its map keys, if there is a quicker one than that of all map keys */
  constructor(parts: HeapTableParts, order: KeyOrder = compareMapKeys) {
    super(parts, order)
  }

  override entries(): IterableIterator<[Key, unknown]> {
    return this.range(ALL)
  }

  range(range: MapRange): IterableIterator<[Key, unknown]> {
    const map = this.maps.current()
    return map === undefined ? [].values() : entriesOf(map, range)
  }

  first(range: MapRange): [Key, unknown] | undefined {
    const cell = this.maps.current()?.order?.first(range)
    return cell === undefined ? undefined : [cell.key, cell.value]
  }

  removeRange(range: MapRange): void {
    const map = this.maps.current()
    if (map === undefined) return
    const cells = [...orderOf(map).cells(range)]
    // One row instead of many; but what no run holds needs none at all.
    const all = cells.length === map.live && cells.filter(({ held }) => held).length > 1
    if (all) this.remove()
    else for (const cell of cells) this.removeCell(map, cell)
  }

  override writeKey({ key, home }: Cell, value: unknown, out: ByteWriter): void {
    writeRowPrefix(out, home.keyGroup, home.key as Key, this.context.keyType, home.namespace)
    if (value !== CLEARED) writeSortedMapKey(out, key)
  }
}

/** Apart from `range`, so that the map is the one of the key that was current at the call. */
function* entriesOf(map: HeapMap, range: MapRange): IterableIterator<[Key, unknown]> {
  for (const cell of orderOf(map).cells(range)) {
    yield [cell.key, cell.value]
    if (map.detachedAt !== Number.POSITIVE_INFINITY) return
  }
}

function orderOf(map: HeapMap): SortedCells {
  return map.order as SortedCells
}
