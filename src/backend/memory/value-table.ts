/** One value per key on the heap. */
import { ByteWriter } from '../../base/bytes.js'
import { HoldfastError } from '../../base/errors.js'
import { readRowKey } from '../../keygroup/row-key.js'
import { PUT, type Row, type RowKind } from '../../run/format.js'
import type { Serializer } from '../../state/serializer.js'
import type { ValueTable } from '../state-table.js'
import { Cell, GONE } from './cell.js'
import { CellTable } from './cell-table.js'
import type { HeapTable } from './heap-table.js'

/** A value table. One lookup per key and record: the current cell is cached until the key changes. */
export class HeapValueTable extends CellTable implements ValueTable<unknown>, HeapTable {
  get(): unknown {
    const cell = this.cells.current()
    return cell === undefined || cell.value === GONE ? undefined : cell.value
  }

  getMutable(): unknown {
    const cell = this.cells.current()
    if (cell === undefined || cell.value === GONE) return undefined
    // Once per key and interval: from then on the cell holds a copy that no snapshot has seen.
    if (cell.epoch !== this.log.epoch) {
      this.log.touch(cell)
      cell.value = copied(cell.value, this.serializer)
    }
    return cell.value
  }

  put(value: unknown): void {
    this.touched().value = value
  }

  write(value: unknown, out: ByteWriter): RowKind {
    this.serializer.write(value, out)
    return PUT
  }

  load(row: Row): void {
    const { key, keyGroup, mapKey } = readRowKey(row.key)
    if (mapKey !== undefined) throw new HoldfastError('CORRUPT', 'a row of a value has a map key')
    const cell = new Cell(key, keyGroup, null)
    cell.value = this.serializer.read(row.value)
    this.cells.set(key, keyGroup, cell)
  }
}

function copied(value: unknown, serializer: Serializer<unknown>): unknown {
  if (typeof value !== 'object' || value === null) return value
  const bytes = new ByteWriter()
  serializer.write(value, bytes)
  return serializer.read(bytes.view())
}
