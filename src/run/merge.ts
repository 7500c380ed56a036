/**
 * Merges sorted runs, oldest first, into one sorted sequence: the newest row of a key wins, APPENDs fold,
 * a CLEAR hides what older runs say of its prefix. Works on bytes; no serializer is needed.
 */
import { compareBytes, startsWith } from '../base/bytes.js'
import { APPEND, CLEAR, DELETE, PUT, type Row } from './format.js'
import type { Living } from './living-rows.js'
import type { RowCursor } from './run-reader.js'

/** How to merge. */
export interface MergeOptions {
  /**
   * Whether nothing older lies below: then DELETE and CLEAR have done their work and vanish, and every
   * row that comes out is a PUT.
   */
  readonly bottom: boolean
  /**
   * Takes out what has expired by the clock of the newest run's checkpoint, or an earlier one. Of a PUT that is dead a
   * DELETE is left, unless nothing lies below. Default: nothing expires.
   */
  readonly living?: Living | undefined
}

const BATCH_ROWS = 1000
const NOTHING = new Uint8Array(0)

/** One run's next row. `age` is its place among the runs: higher is newer. */
class Head {
  readonly age: number
  readonly #cursor: RowCursor
  #rows: readonly Row[] = []
  #at = -1
  row: Row

  constructor(cursor: RowCursor, age: number) {
    this.#cursor = cursor
    this.age = age
    this.row = {
      key: new Uint8Array(0),
      kind: DELETE,
      timestamp: undefined,
      value: new Uint8Array(0),
    }
  }

  /** Moves within the rows at hand; `false` when they are used up. */
  step(): boolean {
    const row = this.#rows[++this.#at]
    if (row === undefined) return false
    this.row = row
    return true
  }

  /** Gets the next rows; `false` at the end of the run. */
  async refill(): Promise<boolean> {
    const rows = await this.#cursor.next()
    if (rows === undefined) return false
    this.#rows = rows
    this.#at = -1
    return this.step()
  }
}

/** By key; of one key the newest first. */
function before(a: Head, b: Head): boolean {
  const order = compareBytes(a.row.key, b.row.key)
  return order < 0 || (order === 0 && a.age > b.age)
}

/** A binary heap of heads, the smallest on top. */
class Heads {
  readonly #heap: Head[] = []

  get top(): Head | undefined {
    return this.#heap[0]
  }

  push(head: Head): void {
    const heap = this.#heap
    let at = heap.push(head) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!before(head, heap[parent] as Head)) break
      heap[at] = heap[parent] as Head
      at = parent
    }
    heap[at] = head
  }

  /** Takes the top off. */
  pop(): void {
    const last = this.#heap.pop()
    if (last !== undefined && this.#heap.length > 0) this.#sink(last)
  }

  /** Restores the order after the top's row changed. */
  settle(): void {
    this.#sink(this.#heap[0] as Head)
  }

  #sink(head: Head): void {
    const heap = this.#heap
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && before(heap[child + 1] as Head, heap[child] as Head)) child++
      if (!before(heap[child] as Head, head)) break
      heap[at] = heap[child] as Head
      at = child
    }
    heap[at] = head
  }
}

/** What is known of one key while its rows come in, newest first. */
class Fold {
  readonly #options: MergeOptions
  #first: Row | undefined
  #decided: Row | undefined
  #appends: Row[] = []
  /** The newest CLEAR met, and the age of its run: it hides older rows of its prefix. */
  #clear: Row | undefined
  #clearAge = -1

  constructor(options: MergeOptions) {
    this.#options = options
  }

  /** Takes a row of run `age`. Returns what the rows of the key before it came to, if this is a new key. */
  add(row: Row, age: number): Row | undefined {
    const same = this.#first !== undefined && compareBytes(this.#first.key, row.key) === 0
    const finished = same ? undefined : this.finish()
    if (this.#clear !== undefined && !startsWith(row.key, this.#clear.key)) this.#clear = undefined
    const hidden = this.#clear !== undefined && age < this.#clearAge
    if (row.kind === CLEAR && !hidden) {
      this.#clear = row
      this.#clearAge = age
    }
    this.#first ??= row
    if (hidden || this.#decided !== undefined) return finished
    if (row.kind === APPEND) this.#appends.push(row)
    else this.#decided = row
    return finished
  }

  /** What the rows of the open key come to, if anything. */
  finish(): Row | undefined {
    const row = this.#folded()
    const { bottom, living } = this.#options
    if (row === undefined || living === undefined) return row
    const left = living(row)
    if (left !== undefined || row.kind !== PUT || bottom) return left
    return { key: row.key, kind: DELETE, timestamp: undefined, value: NOTHING }
  }

  #folded(): Row | undefined {
    const { bottom } = this.#options
    const decided = this.#decided
    const appends = this.#appends
    this.#first = undefined
    this.#decided = undefined
    if (appends.length > 0) {
      this.#appends = []
      return joined(appends, decided, bottom)
    }
    return bottom && decided?.kind !== PUT ? undefined : decided
  }
}

/** Operands are self-delimiting, so lists join as bytes. `appends` come newest first. */
function joined(appends: readonly Row[], under: Row | undefined, bottom: boolean): Row {
  const rows = [...(under === undefined ? [] : [under]), ...appends.toReversed()]
  const value = new Uint8Array(rows.reduce((sum, row) => sum + row.value.length, 0))
  let at = 0
  for (const row of rows) {
    value.set(row.value, at)
    at += row.value.length
  }
  const newest = appends[0] as Row
  return {
    key: newest.key,
    kind: under !== undefined || bottom ? PUT : APPEND,
    timestamp: newestOf(rows),
    value,
  }
}

/** The newest timestamp, if all have one: a list with operands that have none does not expire as a whole. */
function newestOf(rows: readonly Row[]): number | undefined {
  let newest = Number.NEGATIVE_INFINITY
  for (const { kind, timestamp } of rows) {
    if (kind !== PUT && kind !== APPEND) continue
    if (timestamp === undefined) return undefined
    if (timestamp > newest) newest = timestamp
  }
  return newest
}

/**
 * The rows of all runs as one sorted sequence, in batches.
 * @param cursors of one section, oldest run first
 */
export async function* mergeRows(
  cursors: readonly RowCursor[],
  options: MergeOptions,
): AsyncGenerator<Row[]> {
  const heads = new Heads()
  for (const [age, cursor] of cursors.entries()) {
    const head = new Head(cursor, age)
    if (await head.refill()) heads.push(head)
  }
  const fold = new Fold(options)
  let batch: Row[] = []
  for (let head = heads.top; head !== undefined; head = heads.top) {
    const finished = fold.add(head.row, head.age)
    if (finished !== undefined) batch.push(finished)
    if (head.step() || (await head.refill())) heads.settle()
    else heads.pop()
    if (batch.length >= BATCH_ROWS) {
      yield batch
      batch = []
    }
  }
  const last = fold.finish()
  if (last !== undefined) batch.push(last)
  if (batch.length > 0) yield batch
}
