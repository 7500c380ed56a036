/** One value per key on the heap. */
import type { ByteWriter } from '../../base/bytes.js'
import { HoldfastError } from '../../base/errors.js'
import { keyIdentity } from '../../keygroup/key-identity.js'
import { readRowKey } from '../../keygroup/row-key.js'
import { PUT, type Row, type RowKind } from '../../run/format.js'
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
      cell.value = this.codec.copy(cell.value)
    }
    return cell.value
  }

  put(value: unknown): void {
    this.touched().value = value
  }

  writeValue(value: unknown, out: ByteWriter): RowKind {
    this.codec.write(value, out)
    return PUT
  }

  stampOf(value: unknown): number {
    return this.codec.stampOf(value)
  }

  load(row: Row): Cell {
    const { key, keyGroup, namespace, mapKey } = readRowKey(row.key)
    if (mapKey !== undefined) throw new HoldfastError('CORRUPT', 'a row of a value has a map key')
    const home = this.cells.bucket(keyGroup, namespace)
    const cell = new Cell(key, home)
    cell.value = this.codec.read(row.value, row.timestamp)
    this.cells.put(home, keyIdentity(key), cell)
    return cell
  }
}
