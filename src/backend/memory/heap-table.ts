/**
 * What all kinds of heap table share: the dirty log, and turning a frozen log into rows. A table supplies
 * what its keys and values look like, and how to drop an entry whose deletion is committed.
 */
import type { ByteWriter } from '../../base/bytes.js'
import { HoldfastError, messageOf } from '../../base/errors.js'
import type { KeyGroupRange } from '../../keygroup/key-group-range.js'
import { CLEAR, DELETE, type Row, type RowKind, type SectionName } from '../../run/format.js'
import type { RowEncoder } from '../../run/row-batch.js'
import { type Key, keyText } from '../../state/key.js'
import type { StateCodec } from '../../state/state-codec.js'
import type { Lifetime } from '../../state/ttl.js'
import type { BackendSnapshot, Pause } from '../state-backend.js'
import { type Cell, CLEARED, type DirtyLog, type FrozenLog, GONE } from './cell.js'
import type { KeyContext } from './key-context.js'

/** What a table is made of. */
export interface HeapTableParts {
  readonly name: SectionName
  readonly codec: StateCodec
  readonly context: KeyContext
  /** The key groups it holds. */
  readonly range: KeyGroupRange
  /** Set if its values are `Stamped`, which is for the tables above it to do. */
  readonly lifetime?: Lifetime | undefined
}

/** Something kept: of which key, in which namespace. */
export interface KeyPlace {
  readonly key: Key
  readonly keyGroup: number
  /** `undefined`: the void namespace. */
  readonly namespace: Key | undefined
}

/** A table on the heap, as its backend sees it. */
export interface HeapTable {
  readonly name: SectionName
  readonly log: DirtyLog
  /** Appends the row key of a cell that is or was `value`. */
  writeKey(cell: Cell, value: unknown, out: ByteWriter): void
  /** Appends a captured value's bytes; the kind of row they make. */
  writeValue(value: unknown, out: ByteWriter): RowKind
  /** The timestamp of the row that a captured value makes; NaN: none. */
  stampOf(value: unknown): number
  /** A snapshot failed that had captured what this cell was before its changes since. */
  unconfirm?(cell: Cell): void
  /** Takes a restored row; the cell it makes. */
  load(row: Row): Cell
  /** No run that counts holds any of this restored cell. */
  unheld?(cell: Cell): void
  /** What is kept in a key group and has not expired, each key and namespace once. */
  places(keyGroup: number): Iterable<KeyPlace>
  /** Removes what has expired, one entry at a time: more happens when it is gone on with. */
  sweep(): Iterator<void>
  /** Forgets a deleted cell: its deletion is committed and it has not changed since. */
  forget(cell: Cell): void
}

/** The frozen changes of one table. */
export class TableSnapshot implements BackendSnapshot {
  readonly #table: HeapTable
  readonly #frozen: FrozenLog
  readonly #deleted: Cell[] = []
  #settling = false
  #forgotten = 0

  constructor(table: HeapTable) {
    this.#table = table
    this.#frozen = table.log.freeze()
  }

  write(out: RowEncoder, pause: Pause): boolean {
    const frozen = this.#frozen
    out.section(this.#table.name)
    for (let cell = frozen.next(); cell !== undefined; cell = frozen.next()) {
      const value = frozen.take(cell)
      if (!frozen.detached(cell)) this.#writeCell(out, cell, value)
      if (pause()) return false
    }
    return true
  }

  settle(committed: boolean, pause: Pause): boolean {
    const { log } = this.#table
    if (!this.#settling) {
      this.#settling = true
      log.thaw()
      this.#frozen.rewind()
    }
    const done = committed ? this.#forget(pause) : this.#mergeBack(pause)
    if (done) log.settled()
    return done
  }

  #writeCell(out: RowEncoder, cell: Cell, value: unknown): void {
    const absent = value === GONE || value === CLEARED
    if (absent) this.#deleted.push(cell)
    // What no run has ever held need not be deleted from any.
    if (absent && !cell.held) return
    cell.held = true
    out.begin()
    this.#table.writeKey(cell, value, out.out)
    out.value()
    if (absent) {
      out.end(value === GONE ? DELETE : CLEAR)
      return
    }
    try {
      const kind = this.#table.writeValue(value, out.out)
      out.end(kind, this.#table.stampOf(value))
    } catch (cause) {
      throw located(cause, this.#table.name, cell)
    }
  }

  /** A deletion that is committed needs its cell no more, unless it has changed since. */
  #forget(pause: Pause): boolean {
    while (this.#forgotten < this.#deleted.length) {
      const cell = this.#deleted[this.#forgotten++] as Cell
      if (cell.epoch === 0) this.#table.forget(cell)
      if (pause()) return false
    }
    return true
  }

  #mergeBack(pause: Pause): boolean {
    const { log } = this.#table
    const frozen = this.#frozen
    for (let cell = frozen.next(); cell !== undefined; cell = frozen.next()) {
      cell.captured = undefined
      const replaced = cell.home.detachedAt !== Number.POSITIVE_INFINITY
      if (cell.epoch === log.epoch) this.#table.unconfirm?.(cell)
      else if (!replaced) log.touch(cell)
      if (pause()) return false
    }
    return true
  }
}

function located(cause: unknown, name: SectionName, cell: Cell): HoldfastError {
  const code = cause instanceof HoldfastError ? cause.code : 'INVALID_ARGUMENT'
  const key = keyText(cell.home.key ?? cell.key)
  const where = `state "${name.state}" of operator "${name.operator}", key ${key}`
  return new HoldfastError(code, `${where}: ${messageOf(cause)}`, { cause })
}
