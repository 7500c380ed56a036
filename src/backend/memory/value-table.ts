/** One value per key on the heap. */
import { ByteWriter } from '../../base/bytes.js'
import { HoldfastError } from '../../base/errors.js'
import { readRowKey } from '../../keygroup/row-key.js'
import { PUT, type Row, type RowKind, type SectionName } from '../../run/format.js'
import type { Key } from '../../state/key.js'
import type { Serializer } from '../../state/serializer.js'
import type { ValueTable } from '../state-table.js'
import { Cell, DirtyLog, GONE } from './cell.js'
import type { HeapTable, HeapTableParts } from './heap-table.js'
import type { KeyContext } from './key-context.js'
import { Shards } from './shards.js'

/** A value table. One lookup per key and record: the current cell is cached until the key changes. */
export class HeapValueTable implements ValueTable<unknown>, HeapTable {
  readonly name: SectionName
  readonly serializer: Serializer<unknown>
  readonly log: DirtyLog
  readonly context: KeyContext
  readonly #shards: Shards<Cell>
  #current: Cell | undefined
  #serial = 0

  constructor({ name, serializer, context, range }: HeapTableParts) {
    this.name = name
    this.serializer = serializer
    this.context = context
    this.log = new DirtyLog(range.first, range.last - range.first + 1)
    this.#shards = new Shards(range)
  }

  get(): unknown {
    const cell = this.#find()
    return cell === undefined || cell.value === GONE ? undefined : cell.value
  }

  getMutable(): unknown {
    const cell = this.#find()
    if (cell === undefined || cell.value === GONE) return undefined
    // Once per key and interval: from then on the cell holds a copy that no snapshot has seen.
    if (cell.epoch !== this.log.epoch) {
      this.log.touch(cell)
      cell.value = copied(cell.value, this.serializer)
    }
    return cell.value
  }

  put(value: unknown): void {
    const cell = this.#find() ?? this.#insert()
    if (cell.epoch !== this.log.epoch) this.log.touch(cell)
    cell.value = value
  }

  remove(): void {
    const cell = this.#find()
    if (cell === undefined || cell.value === GONE) return
    if (cell.epoch !== this.log.epoch) this.log.touch(cell)
    cell.value = GONE
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
    this.#shards.set(key, keyGroup, cell)
  }

  *keysOf(keyGroup: number): IterableIterator<Key> {
    for (const cell of this.#shards.of(keyGroup).values()) if (cell.value !== GONE) yield cell.key
  }

  forget(cell: Cell): void {
    if (cell.value !== GONE || this.#shards.get(cell.key, cell.keyGroup) !== cell) return
    this.#shards.delete(cell.key, cell.keyGroup)
    if (this.#current === cell) this.#current = undefined
  }

  #find(): Cell | undefined {
    const { context } = this
    if (this.#serial === context.serial && this.#serial !== 0) return this.#current
    context.require()
    this.#serial = context.serial
    this.#current = this.#shards.get(context.key, context.keyGroup)
    return this.#current
  }

  #insert(): Cell {
    const { key, keyGroup } = this.context
    const cell = new Cell(key, keyGroup, null)
    this.#shards.set(key, keyGroup, cell)
    this.#current = cell
    return cell
  }
}

function copied(value: unknown, serializer: Serializer<unknown>): unknown {
  if (typeof value !== 'object' || value === null) return value
  const bytes = new ByteWriter()
  serializer.write(value, bytes)
  return serializer.read(bytes.view())
}
