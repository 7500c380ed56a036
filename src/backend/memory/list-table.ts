/**
 * A list per key on the heap. A snapshot captures an array and a length: appending does not disturb it, so
 * nothing is copied. The delta is what lies beyond the part that older runs hold (APPEND), or the whole list
 * after any other change (PUT).
 */
import type { ByteWriter } from '../../base/bytes.js'
import { HoldfastError } from '../../base/errors.js'
import { LIMITS } from '../../base/limits.js'
import { keyIdentity } from '../../keygroup/key-identity.js'
import { readRowKey } from '../../keygroup/row-key.js'
import { APPEND, PUT, type Row, type RowKind } from '../../run/format.js'
import { keyText } from '../../state/key.js'
import type { Stamped } from '../../state/ttl.js'
import type { ListTable } from '../state-table.js'
import { livingElements, worthRemoving } from '../ttl-tables.js'
import { Cell, GONE } from './cell.js'
import { CellTable } from './cell-table.js'
import type { HeapTable } from './heap-table.js'

/** Says that no older run holds any of the list. */
const NOTHING = -1

/** A list as it was or is in one epoch. Later epochs may share the array and append to it. */
class HeapList {
  readonly items: unknown[]
  length: number
  /** Elements that older runs hold, snapshots in flight among them; `NOTHING`: the next row is a PUT. */
  held: number
  /** What `held` was in the epoch before, whose snapshot may fail; `undefined`: this list owes it nothing. */
  readonly heldBefore: number | undefined
  /** The list in that epoch: it may not be written yet, so that its size is not known. */
  #before: HeapList | undefined
  /** Bytes of the elements that are held. */
  #heldBytes = 0
  /** Bytes of all elements, once they were written; −1: not yet. */
  bytes = -1

  constructor(items: unknown[], held: number, before?: HeapList) {
    this.items = items
    this.length = items.length
    this.held = held
    this.heldBefore = before?.held
    this.#before = before
    before?.settle()
  }

  /** Bytes of the elements that are held. */
  get heldBytes(): number {
    const before = this.#before
    if (before === undefined) return this.#heldBytes
    return this.held === before.held ? before.heldBytes : Math.max(before.bytes, before.heldBytes)
  }

  /** Lets go of the epoch before, so that no chain of them is kept. */
  settle(): void {
    this.#heldBytes = this.heldBytes
    this.#before = undefined
  }
}

/** A list table. */
export class HeapListTable extends CellTable implements ListTable<unknown>, HeapTable {
  get(): readonly unknown[] {
    const value = this.cells.current()?.value
    return value instanceof HeapList ? value.items : EMPTY
  }

  append(elements: readonly unknown[]): void {
    const count = elements.length
    if (count === 0) {
      this.context.require()
      return
    }
    const kept = this.cells.current()?.value
    if (kept instanceof HeapList && isFull(kept)) throw this.#full(kept)
    const list = this.#forAppending()
    // Counted before: the elements may be the list's own.
    for (let i = 0; i < count; i++) list.items.push(elements[i])
    list.length = list.items.length
  }

  replace(elements: unknown[]): void {
    const cell = this.touched()
    cell.value = new HeapList(elements, NOTHING)
  }

  writeValue(value: unknown, out: ByteWriter): RowKind {
    const list = value as HeapList
    const { items, length, held } = list
    const from = Math.max(0, held)
    const start = out.length
    for (let i = from; i < length; i++) this.codec.writeOperand(items[i], out)
    list.bytes = out.length - start + (held > 0 ? list.heldBytes : 0)
    return held === NOTHING ? PUT : APPEND
  }

  /** The newest of the operands that are written. */
  stampOf(value: unknown): number {
    if (!this.codec.stamped) return Number.NaN
    const { items, length, held } = value as HeapList
    let newest = Number.NEGATIVE_INFINITY
    for (let i = Math.max(0, held); i < length; i++) {
      newest = Math.max(newest, (items[i] as Stamped).timestamp)
    }
    return newest
  }

  override isLiving(value: unknown, horizon: number): boolean {
    const items = (value as HeapList).items as Stamped[]
    return items.findLast(({ timestamp }) => timestamp > horizon) !== undefined
  }

  override expire(cell: Cell, horizon: number): void {
    const all = (cell.value as HeapList).items as Stamped[]
    const living = livingElements(all, horizon)
    if (living === all || !worthRemoving(all, living)) return
    if (living.length === 0) {
      this.removeCell(cell)
      return
    }
    if (cell.epoch !== this.log.epoch) this.log.touch(cell)
    cell.value = new HeapList([...living], NOTHING)
  }

  /** What the failed snapshot would have added is held by no run: the next delta begins where it began. */
  unconfirm(cell: Cell): void {
    const { value } = cell
    if (value instanceof HeapList && value.heldBefore !== undefined) value.held = value.heldBefore
  }

  load(row: Row): Cell {
    const { key, keyGroup, namespace, mapKey } = readRowKey(row.key)
    if (mapKey !== undefined) throw new HoldfastError('CORRUPT', 'a row of a list has a map key')
    const home = this.cells.bucket(keyGroup, namespace)
    const cell = new Cell(key, home)
    const items = this.codec.readOperands(row.value)
    const list = new HeapList(items, items.length)
    list.bytes = row.value.length
    cell.value = list
    this.cells.put(home, keyIdentity(key), cell)
    return cell
  }

  unheld(cell: Cell): void {
    if (cell.value instanceof HeapList) cell.value.held = NOTHING
  }

  #full({ bytes, heldBytes }: HeapList): HoldfastError {
    const { state, operator } = this.name
    const where = `state "${state}" of operator "${operator}", key ${keyText(this.context.key)}`
    return new HoldfastError(
      'LIMIT_EXCEEDED',
      `${where}: the list has ${Math.max(bytes, heldBytes)} bytes, at most ${LIMITS.valueBytesMax} are kept: spread ` +
        'it over several keys, or use a timeListState, whose elements are kept one by one; nothing was changed',
    )
  }

  /** The current key's list, its own in this epoch. */
  #forAppending(): HeapList {
    const before = this.cells.current()
    const fresh = before === undefined || before.epoch !== this.log.epoch || before.value === GONE
    if (!fresh) return before.value as HeapList
    const cell = this.touched()
    const old = cell.value
    // A deletion that no run has yet must not be lost: the row that replaces it is a PUT.
    const list =
      old instanceof HeapList ? new HeapList(old.items, old.length, old) : new HeapList([], NOTHING)
    cell.value = list
    return list
  }
}

/** Whether what is known to be written of a list is as much as a list may have. */
function isFull({ bytes, heldBytes }: HeapList): boolean {
  return bytes >= LIMITS.valueBytesMax || heldBytes >= LIMITS.valueBytesMax
}

const EMPTY: readonly unknown[] = Object.freeze([])
