/** What tables with one cell per key and namespace share: values and lists. */
import type { ByteWriter } from '../../base/bytes.js'
import type { KeyGroupRange } from '../../keygroup/key-group-range.js'
import { writeRowPrefix } from '../../keygroup/row-key.js'
import type { SectionName } from '../../run/format.js'
import type { Key } from '../../state/key.js'
import type { StateCodec } from '../../state/state-codec.js'
import type { Lifetime, Stamped } from '../../state/ttl.js'
import { Cell, DirtyLog, GONE } from './cell.js'
import type { HeapTableParts, KeyPlace } from './heap-table.js'
import type { KeyContext } from './key-context.js'
import { Shards } from './shards.js'

/** A table of cells by key. */
export class CellTable {
  readonly name: SectionName
  readonly codec: StateCodec
  readonly log: DirtyLog
  readonly context: KeyContext
  readonly cells: Shards<Cell>
  readonly range: KeyGroupRange
  readonly lifetime: Lifetime | undefined

  constructor({ name, codec, context, range, lifetime }: HeapTableParts) {
    this.name = name
    this.codec = codec
    this.context = context
    this.range = range
    this.lifetime = lifetime
    this.log = new DirtyLog(range.first, range.last - range.first + 1)
    this.cells = new Shards(context, range)
  }

  get namespace(): Key | undefined {
    return this.cells.namespace
  }

  set namespace(namespace: Key | undefined) {
    this.cells.namespace = namespace
  }

  remove(): void {
    const cell = this.cells.current()
    if (cell !== undefined && cell.value !== GONE) this.removeCell(cell)
  }

  /** Requires: the cell is not deleted. */
  removeCell(cell: Cell): void {
    if (cell.epoch !== this.log.epoch) this.log.touch(cell)
    cell.value = GONE
  }

  *places(keyGroup: number): IterableIterator<KeyPlace> {
    for (const { namespace, entries } of this.cells.bucketsOf(keyGroup)) {
      for (const { key, value } of entries.values()) {
        if (value !== GONE && this.#lives(value)) yield { key, keyGroup, namespace }
      }
    }
  }

  *sweep(): IterableIterator<void> {
    const { lifetime, range } = this
    if (lifetime === undefined) return
    for (let keyGroup = range.first; keyGroup <= range.last; keyGroup++) {
      for (const { entries } of this.cells.bucketsOf(keyGroup)) {
        for (const cell of entries.values()) {
          if (cell.value !== GONE) this.expire(cell, lifetime.horizon)
          yield
        }
      }
    }
  }

  /** Removes what has expired of a cell. Requires: there is a lifetime, and the cell is not deleted. */
  expire(cell: Cell, horizon: number): void {
    if (!this.isLiving(cell.value, horizon)) this.removeCell(cell)
  }

  /** Whether anything of a value has not expired. Requires: there is a lifetime. */
  isLiving(value: unknown, horizon: number): boolean {
    return (value as Stamped).timestamp > horizon
  }

  writeKey({ key, home }: Cell, _: unknown, out: ByteWriter): void {
    writeRowPrefix(out, home.keyGroup, key, this.context.keyType, home.namespace)
  }

  forget(cell: Cell): void {
    const { key, home, value } = cell
    if (value !== GONE) return
    this.cells.drop({ key, keyGroup: home.keyGroup, namespace: home.namespace }, cell)
  }

  #lives(value: unknown): boolean {
    const { lifetime } = this
    return lifetime === undefined || this.isLiving(value, lifetime.horizon)
  }

  /** The current key's cell, made if need be, in the log of this epoch: about to be changed. */
  touched(): Cell {
    const { context, cells, log } = this
    let cell = cells.current()
    if (cell === undefined) {
      const home = cells.home()
      cell = cells.insert(home, new Cell(context.key, home))
    }
    if (cell.epoch !== log.epoch) log.touch(cell)
    return cell
  }
}
