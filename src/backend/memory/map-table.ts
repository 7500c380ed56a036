/**
 * A map per key on the heap, each entry a cell of its own. Clearing a map is one change however many
 * entries it has: the map is put aside whole, and one cell stands for "all older entries are gone".
 */
import type { ByteWriter } from '../../base/bytes.js'
import { HoldfastError } from '../../base/errors.js'
import type { KeyGroupRange } from '../../keygroup/key-group-range.js'
import { keyIdentity } from '../../keygroup/key-identity.js'
import { readRowKey, writeMapKey, writeRowPrefix } from '../../keygroup/row-key.js'
import { PUT, type Row, type RowKind, type SectionName } from '../../run/format.js'
import type { Key } from '../../state/key.js'
import type { StateCodec } from '../../state/state-codec.js'
import type { Lifetime, Stamped } from '../../state/ttl.js'
import type { MapTable } from '../state-table.js'
import { Cell, CLEARED, DirtyLog, GONE } from './cell.js'
import { HeapMap } from './heap-map.js'
import type { HeapTable, HeapTableParts, KeyPlace } from './heap-table.js'
import type { KeyContext } from './key-context.js'
import { type Bucket, Shards } from './shards.js'
import { type KeyOrder, SortedCells } from './sorted-cells.js'

/** A map table. */
export class HeapMapTable implements MapTable<unknown>, HeapTable {
  readonly name: SectionName
  readonly log: DirtyLog
  readonly maps: Shards<HeapMap>
  readonly context: KeyContext
  readonly #codec: StateCodec
  readonly #order: KeyOrder | undefined
  readonly #range: KeyGroupRange
  readonly #lifetime: Lifetime | undefined

  /** @param order in which its maps keep their cells; default: none */
  constructor({ name, codec, context, range, lifetime }: HeapTableParts, order?: KeyOrder) {
    this.name = name
    this.context = context
    this.#range = range
    this.#lifetime = lifetime
    this.log = new DirtyLog(range.first, range.last - range.first + 1)
    this.maps = new Shards(context, range)
    this.#codec = codec
    this.#order = order
  }

  get namespace(): Key | undefined {
    return this.maps.namespace
  }

  set namespace(namespace: Key | undefined) {
    this.maps.namespace = namespace
  }

  get(mapKey: Key): unknown {
    const cell = this.maps.current()?.cells.get(keyIdentity(mapKey))
    return cell === undefined || cell.value === GONE ? undefined : cell.value
  }

  has(mapKey: Key): boolean {
    return this.get(mapKey) !== undefined
  }

  put(mapKey: Key, value: unknown): void {
    const map = this.maps.current() ?? this.#insert()
    const identity = keyIdentity(mapKey)
    const cell = map.cells.get(identity) ?? map.newCell(mapKey, identity)
    if (cell.value === GONE) map.appeared(cell)
    if (cell.epoch !== this.log.epoch) this.log.touch(cell)
    cell.value = value
  }

  removeEntry(mapKey: Key): void {
    const map = this.maps.current()
    const cell = map?.cells.get(keyIdentity(mapKey))
    if (map !== undefined && cell !== undefined && cell.value !== GONE) this.removeCell(map, cell)
  }

  /** Requires: the cell is one of the map's and not deleted. */
  removeCell(map: HeapMap, cell: Cell): void {
    if (cell.epoch !== this.log.epoch) this.log.touch(cell)
    cell.value = GONE
    map.vanished(cell)
  }

  isEmpty(): boolean {
    return (this.maps.current()?.live ?? 0) === 0
  }

  entries(): IterableIterator<[Key, unknown]> {
    const map = this.maps.current()
    return map === undefined ? [].values() : entriesOf(map)
  }

  remove(): void {
    const map = this.maps.current()
    if (map === undefined || map.live === 0) return
    map.detachedAt = this.log.epoch
    const mark = new Cell('', this.#insert())
    // Whether a run holds any entry is not known without a look at all of them.
    mark.held = true
    this.log.touch(mark)
    mark.value = CLEARED
  }

  writeKey({ key, home }: Cell, value: unknown, out: ByteWriter): void {
    writeRowPrefix(out, home.keyGroup, home.key as Key, this.context.keyType, home.namespace)
    if (value !== CLEARED) writeMapKey(out, key)
  }

  writeValue(value: unknown, out: ByteWriter): RowKind {
    this.#codec.write(value, out)
    return PUT
  }

  stampOf(value: unknown): number {
    return this.#codec.stampOf(value)
  }

  load(row: Row): Cell {
    const { key, keyGroup, namespace, mapKey } = readRowKey(row.key)
    if (mapKey === undefined) throw new HoldfastError('CORRUPT', 'a row of a map has no map key')
    const home = this.maps.bucket(keyGroup, namespace)
    const identity = keyIdentity(key)
    let map = home.entries.get(identity)
    if (map === undefined) {
      map = this.#newMap(keyGroup, namespace, key)
      this.maps.put(home, identity, map)
    }
    const cell = map.newCell(mapKey, keyIdentity(mapKey))
    cell.value = this.#codec.read(row.value, row.timestamp)
    map.appeared(cell)
    return cell
  }

  *places(keyGroup: number): IterableIterator<KeyPlace> {
    for (const { namespace, entries } of this.maps.bucketsOf(keyGroup)) {
      for (const map of entries.values()) {
        if (this.#hasLiving(map)) yield { key: map.key as Key, keyGroup, namespace }
      }
    }
  }

  *sweep(): IterableIterator<void> {
    const lifetime = this.#lifetime
    if (lifetime === undefined) return
    for (let keyGroup = this.#range.first; keyGroup <= this.#range.last; keyGroup++) {
      for (const { entries } of this.maps.bucketsOf(keyGroup)) {
        for (const map of entries.values()) {
          for (const cell of map.cells.values()) {
            // Cleared meanwhile: its entries are gone, and are no part of what follows.
            if (map.detachedAt !== Number.POSITIVE_INFINITY) break
            if (!isLiving(cell, lifetime.horizon) && cell.value !== GONE) this.removeCell(map, cell)
            yield
          }
        }
      }
    }
  }

  forget(cell: Cell): void {
    const map = cell.home as HeapMap
    const identity = keyIdentity(cell.key)
    if (cell.value === GONE && map.cells.get(identity) === cell) map.cells.delete(identity)
    if (map.cells.size > 0) return
    const { key, keyGroup, namespace } = map
    this.maps.drop({ key: key as Key, keyGroup, namespace }, map)
  }

  #hasLiving({ cells, live }: HeapMap): boolean {
    const lifetime = this.#lifetime
    if (live === 0 || lifetime === undefined) return live > 0
    const { horizon } = lifetime
    for (const cell of cells.values()) if (isLiving(cell, horizon)) return true
    return false
  }

  /** An empty map for the current key, in the place of the one it has. */
  #insert(): HeapMap {
    const home: Bucket<HeapMap> = this.maps.home()
    return this.maps.insert(home, this.#newMap(home.keyGroup, home.namespace, this.context.key))
  }

  #newMap(keyGroup: number, namespace: Key | undefined, key: Key): HeapMap {
    const map = new HeapMap(keyGroup, namespace, key)
    if (this.#order !== undefined) map.order = new SortedCells(this.#order)
    return map
  }
}

/** Whether a cell of stamped values has one that has not expired. */
function isLiving({ value }: Cell, horizon: number): boolean {
  return value !== GONE && (value as Stamped).timestamp > horizon
}

/** Apart from `entries`, so that the map is the one of the key that was current at the call. */
function* entriesOf(map: HeapMap): IterableIterator<[Key, unknown]> {
  for (const cell of map.cells.values()) {
    if (map.detachedAt !== Number.POSITIVE_INFINITY) return
    if (cell.value !== GONE) yield [cell.key, cell.value]
  }
}
