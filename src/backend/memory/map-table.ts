/**
 * A map per key on the heap, each entry a cell of its own. Clearing a map is one change however many
 * entries it has: the map is put aside whole, and one cell stands for "all older entries are gone".
 */
import type { ByteWriter } from '../../base/bytes.js'
import { HoldfastError } from '../../base/errors.js'
import { LIMITS } from '../../base/limits.js'
import { readRowKey } from '../../keygroup/row-key.js'
import { PUT, type Row, type RowKind, type SectionName } from '../../run/format.js'
import type { Key } from '../../state/key.js'
import type { Serializer } from '../../state/serializer.js'
import type { MapTable } from '../state-table.js'
import { Cell, CLEARED, DirtyLog, GONE, type Home } from './cell.js'
import type { HeapTable, HeapTableParts } from './heap-table.js'
import type { KeyContext } from './key-context.js'
import { Shards } from './shards.js'

/** The map of one key. */
class HeapMap implements Home {
  readonly key: Key
  readonly cells: Map<Key, Cell> = new Map()
  /** Entries that are not deleted. */
  live = 0
  detachedAt: number = Number.POSITIVE_INFINITY

  constructor(key: Key) {
    this.key = key
  }
}

/** A map table. */
export class HeapMapTable implements MapTable<unknown>, HeapTable {
  readonly name: SectionName
  readonly serializer: Serializer<unknown>
  readonly log: DirtyLog
  readonly context: KeyContext
  readonly #shards: Shards<HeapMap>

  constructor({ name, serializer, context, range }: HeapTableParts) {
    this.name = name
    this.serializer = serializer
    this.context = context
    this.log = new DirtyLog(range.first, range.last - range.first + 1)
    this.#shards = new Shards(context, range)
  }

  get(mapKey: Key): unknown {
    const cell = this.#shards.current()?.cells.get(mapKey)
    return cell === undefined || cell.value === GONE ? undefined : cell.value
  }

  put(mapKey: Key, value: unknown): void {
    const map = this.#shards.current() ?? this.#shards.insert(new HeapMap(this.context.key))
    const cell = map.cells.get(mapKey) ?? newCell(map, mapKey, this.context.keyGroup)
    if (cell.value === GONE) map.live++
    if (cell.epoch !== this.log.epoch) this.log.touch(cell)
    cell.value = value
  }

  remove(mapKey: Key): void {
    const map = this.#shards.current()
    const cell = map?.cells.get(mapKey)
    if (map === undefined || cell === undefined || cell.value === GONE) return
    if (cell.epoch !== this.log.epoch) this.log.touch(cell)
    cell.value = GONE
    map.live--
  }

  isEmpty(): boolean {
    return (this.#shards.current()?.live ?? 0) === 0
  }

  entries(): IterableIterator<[Key, unknown]> {
    const map = this.#shards.current()
    return map === undefined ? [].values() : entriesOf(map)
  }

  clear(): void {
    const map = this.#shards.current()
    if (map === undefined || map.live === 0) return
    map.detachedAt = this.log.epoch
    const fresh = this.#shards.insert(new HeapMap(map.key))
    const mark = new Cell('', this.context.keyGroup, fresh)
    this.log.touch(mark)
    mark.value = CLEARED
  }

  write(value: unknown, out: ByteWriter): RowKind {
    this.serializer.write(value, out)
    return PUT
  }

  load(row: Row): void {
    const { key, keyGroup, mapKey } = readRowKey(row.key)
    if (mapKey === undefined) throw new HoldfastError('CORRUPT', 'a row of a map has no map key')
    let map = this.#shards.get(key, keyGroup)
    if (map === undefined) {
      map = new HeapMap(key)
      this.#shards.set(key, keyGroup, map)
    }
    newCell(map, mapKey, keyGroup).value = this.serializer.read(row.value)
    map.live++
  }

  *keysOf(keyGroup: number): IterableIterator<Key> {
    for (const map of this.#shards.of(keyGroup).values()) if (map.live > 0) yield map.key
  }

  forget(cell: Cell): void {
    const map = cell.home as HeapMap
    if (cell.value === GONE && map.cells.get(cell.key) === cell) map.cells.delete(cell.key)
    if (map.cells.size === 0) this.#shards.drop(map.key, cell.keyGroup, map)
  }
}

/** Apart from `entries`, so that the map is the one of the key that was current at the call. */
function* entriesOf(map: HeapMap): IterableIterator<[Key, unknown]> {
  for (const cell of map.cells.values()) {
    if (map.detachedAt !== Number.POSITIVE_INFINITY) return
    if (cell.value !== GONE) yield [cell.key, cell.value]
  }
}

function newCell(map: HeapMap, mapKey: Key, keyGroup: number): Cell {
  if (map.cells.size >= LIMITS.shardEntriesMax) {
    throw new HoldfastError(
      'LIMIT_EXCEEDED',
      `a map holds ${map.cells.size} entries, as many as fit: spread it over several keys`,
    )
  }
  const cell = new Cell(mapKey, keyGroup, map)
  map.cells.set(mapKey, cell)
  return cell
}
