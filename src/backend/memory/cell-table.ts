/** What tables with one cell per key and namespace share: values and lists. */
import type { ByteWriter } from '../../base/bytes.js'
import { writeRowPrefix } from '../../keygroup/row-key.js'
import type { SectionName } from '../../run/format.js'
import type { Key } from '../../state/key.js'
import type { StateCodec } from '../../state/state-codec.js'
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

  constructor({ name, codec, context, range }: HeapTableParts) {
    this.name = name
    this.codec = codec
    this.context = context
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
    if (cell === undefined || cell.value === GONE) return
    if (cell.epoch !== this.log.epoch) this.log.touch(cell)
    cell.value = GONE
  }

  *places(keyGroup: number): IterableIterator<KeyPlace> {
    for (const { namespace, entries } of this.cells.bucketsOf(keyGroup)) {
      for (const { key, value } of entries.values()) {
        if (value !== GONE) yield { key, keyGroup, namespace }
      }
    }
  }

  writeKey({ key, home }: Cell, _: unknown, out: ByteWriter): void {
    writeRowPrefix(out, home.keyGroup, key, this.context.keyType, home.namespace)
  }

  forget(cell: Cell): void {
    const { key, home, value } = cell
    if (value !== GONE) return
    this.cells.drop({ key, keyGroup: home.keyGroup, namespace: home.namespace }, cell)
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
