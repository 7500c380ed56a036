/** What tables with one cell per key share: values and lists. */

import type { SectionName } from '../../run/format.js'
import type { Key } from '../../state/key.js'
import type { Serializer } from '../../state/serializer.js'
import { Cell, DirtyLog, GONE } from './cell.js'
import type { HeapTableParts } from './heap-table.js'
import type { KeyContext } from './key-context.js'
import { Shards } from './shards.js'

/** A table of cells by key. */
export class CellTable {
  readonly name: SectionName
  readonly serializer: Serializer<unknown>
  readonly log: DirtyLog
  readonly context: KeyContext
  readonly cells: Shards<Cell>

  constructor({ name, serializer, context, range }: HeapTableParts) {
    this.name = name
    this.serializer = serializer
    this.context = context
    this.log = new DirtyLog(range.first, range.last - range.first + 1)
    this.cells = new Shards(context, range)
  }

  remove(): void {
    const cell = this.cells.current()
    if (cell === undefined || cell.value === GONE) return
    if (cell.epoch !== this.log.epoch) this.log.touch(cell)
    cell.value = GONE
  }

  *keysOf(keyGroup: number): IterableIterator<Key> {
    for (const cell of this.cells.of(keyGroup).values()) if (cell.value !== GONE) yield cell.key
  }

  forget(cell: Cell): void {
    if (cell.value === GONE) this.cells.drop(cell.key, cell.keyGroup, cell)
  }

  /** The current key's cell, made if need be, in the log of this epoch: about to be changed. */
  touched(): Cell {
    const { context, cells, log } = this
    const cell = cells.current() ?? cells.insert(new Cell(context.key, context.keyGroup, null))
    if (cell.epoch !== log.epoch) log.touch(cell)
    return cell
  }
}
