/**
 * What both kinds of heap table share: the dirty log, and turning a frozen log into rows. A table supplies
 * how to drop an entry whose deletion is committed.
 */
import type { ByteWriter } from '../../base/bytes.js'
import { HoldfastError, messageOf } from '../../base/errors.js'
import type { KeyGroupRange } from '../../keygroup/key-group-range.js'
import { writeMapKey, writeRowPrefix } from '../../keygroup/row-key.js'
import { CLEAR, DELETE, type Row, type RowKind, type SectionName } from '../../run/format.js'
import type { RowEncoder } from '../../run/row-batch.js'
import { type Key, keyText } from '../../state/key.js'
import type { Serializer } from '../../state/serializer.js'
import type { BackendSnapshot, Pause } from '../state-backend.js'
import { type Cell, CLEARED, type DirtyLog, type FrozenLog, GONE } from './cell.js'
import type { KeyContext } from './key-context.js'

/** What a table is made of. */
export interface HeapTableParts {
  readonly name: SectionName
  readonly serializer: Serializer<unknown>
  readonly context: KeyContext
  /** The key groups it holds. */
  readonly range: KeyGroupRange
}

/** A table on the heap, as its backend sees it. */
export interface HeapTable {
  readonly name: SectionName
  readonly serializer: Serializer<unknown>
  readonly log: DirtyLog
  readonly context: KeyContext
  /** Appends a captured value's bytes; the kind of row they make. */
  write(value: unknown, out: ByteWriter): RowKind
  /** A snapshot failed that had captured what this cell was before its changes since. */
  unconfirm?(cell: Cell): void
  /** Takes a restored row. */
  load(row: Row): void
  /** The live keys of a key group. */
  keysOf(keyGroup: number): Iterable<Key>
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
      if (!frozen.detached(cell)) this.#writeRow(out, cell, value)
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

  #writeRow(out: RowEncoder, cell: Cell, value: unknown): void {
    const { context } = this.#table
    const key = cell.home === null ? cell.key : cell.home.key
    out.begin()
    writeRowPrefix(out.out, cell.keyGroup, key, context.keyType)
    if (cell.home !== null && value !== CLEARED) writeMapKey(out.out, cell.key)
    out.value()
    if (value === GONE || value === CLEARED) {
      this.#deleted.push(cell)
      out.end(value === GONE ? DELETE : CLEAR)
      return
    }
    try {
      out.end(this.#table.write(value, out.out))
    } catch (cause) {
      throw located(cause, this.#table.name, key)
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
      const replaced = cell.home !== null && cell.home.detachedAt !== Number.POSITIVE_INFINITY
      if (cell.epoch === log.epoch) this.#table.unconfirm?.(cell)
      else if (!replaced) log.touch(cell)
      if (pause()) return false
    }
    return true
  }
}

function located(cause: unknown, name: SectionName, key: Key): HoldfastError {
  const code = cause instanceof HoldfastError ? cause.code : 'INVALID_ARGUMENT'
  const where = `state "${name.state}" of operator "${name.operator}", key ${keyText(key)}`
  return new HoldfastError(code, `${where}: ${messageOf(cause)}`, { cause })
}
