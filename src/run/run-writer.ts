/**
 * Writes one run: rows in ascending order of (operator, state, row key) into blocks, then filters, footer
 * and trailer. Pure: it makes bytes; storing them is the caller's.
 */
import { assert } from '../base/assert.js'
import { compareBytes } from '../base/bytes.js'
import { crc32, sha256 } from '../base/checksums.js'
import { HoldfastError } from '../base/errors.js'
import { LIMITS } from '../base/limits.js'
import { keyGroupOfRow } from '../keygroup/row-key.js'
import { BlockWriter } from './block.js'
import { buildFilter, filterHash } from './filter.js'
import { type BlockEntry, type KeyGroupEntry, type Section, writeFooter } from './footer.js'
import { compareSections, type Row, RUN_MAGIC, type SectionName } from './format.js'

/** The bytes of a finished run and what a manifest says of it. */
export interface BuiltRun {
  /** The file's bytes, in order. */
  readonly chunks: readonly Uint8Array[]
  readonly sizeBytes: number
  /** SHA-256 of the whole file, in hex. */
  readonly sha256: string
  /** Rows in all sections. */
  readonly rows: number
  /** The operators whose rows it holds. */
  readonly operators: readonly string[]
}

/** What has been written of the open section. */
class OpenSection {
  readonly name: SectionName
  readonly blocks: BlockEntry[] = []
  readonly keyGroups: KeyGroupEntry[] = []
  readonly hashes: number[] = []
  readonly rows: [number, number, number, number] = [0, 0, 0, 0]
  rawBytes = 0
  timestamps: [number, number] | undefined
  blockFirstKey: Uint8Array = new Uint8Array(0)
  lastKey: Uint8Array = new Uint8Array(0)
  keyGroup = -1

  constructor(name: SectionName) {
    this.name = name
  }

  /** Notes a row that goes into the block with index `block`. */
  note(row: Row, block: number): void {
    assert(compareBytes(row.key, this.lastKey) > 0, 'rows of a run ascend')
    this.lastKey = row.key
    this.hashes.push(filterHash(row.key))
    this.rows[row.kind]++
    this.rawBytes += row.key.length + row.value.length
    if (row.timestamp !== undefined) {
      const [low, high] = this.timestamps ?? [row.timestamp, row.timestamp]
      this.timestamps = [Math.min(low, row.timestamp), Math.max(high, row.timestamp)]
    }
    const keyGroup = keyGroupOfRow(row.key)
    if (keyGroup !== this.keyGroup) this.keyGroups.push({ keyGroup, block })
    this.keyGroup = keyGroup
  }
}

/** What a reader would refuse is not written: joined lists, for instance, may have become too large. */
function checkRow(row: Row, { operator, state }: SectionName): void {
  if (row.value.length > LIMITS.valueBytesMax) {
    throw new HoldfastError(
      'LIMIT_EXCEEDED',
      `a value of state "${state}" of operator "${operator}" has ${row.value.length} bytes; at most ` +
        `${LIMITS.valueBytesMax} are kept: spread it over several keys`,
    )
  }
}

/** Builds a run in memory. Call `section`, then `add` its rows; at the end `finish`, once. */
export class RunWriter {
  readonly #chunks: Uint8Array[] = [RUN_MAGIC]
  #size: number = RUN_MAGIC.length
  readonly #block = new BlockWriter()
  readonly #closed: OpenSection[] = []
  #open: OpenSection | undefined

  /** Opens the next section. Requires: it sorts after the last one. */
  section(name: SectionName): void {
    this.#closeSection()
    const last = this.#closed.at(-1)
    assert(last === undefined || compareSections(last.name, name) < 0, 'sections of a run ascend')
    this.#open = new OpenSection(name)
  }

  /** Appends a row to the open section. Requires: its key is greater than the last one's. */
  add(row: Row): void {
    const open = this.#open
    assert(open !== undefined, 'a row belongs to a section')
    checkRow(row, open.name)
    const block = this.#block
    if (block.rows === 0) open.blockFirstKey = row.key
    open.note(row, open.blocks.length)
    block.add(row)
    if (block.rawBytes >= LIMITS.blockBytesTarget) this.#closeBlock(open)
  }

  /** The finished run, or `undefined` if it has no rows: an empty delta writes no file. */
  finish(): BuiltRun | undefined {
    this.#closeSection()
    const written = this.#closed.filter((section) => section.blocks.length > 0)
    if (written.length === 0) return undefined
    const sections = written.map((section) => this.#writeFilter(section))
    this.#push(writeFooter(sections, this.#size))
    const rows = sections.reduce(
      (sum, section) => sum + section.statistics.rows.reduce((a, b) => a + b),
      0,
    )
    return {
      chunks: this.#chunks,
      sizeBytes: this.#size,
      sha256: sha256(this.#chunks),
      rows,
      operators: [...new Set(sections.map((section) => section.operator))],
    }
  }

  #push(chunk: Uint8Array): void {
    this.#chunks.push(chunk)
    this.#size += chunk.length
  }

  #closeBlock(open: OpenSection): void {
    const rows = this.#block.rows
    const bytes = this.#block.finish(0)
    open.blocks.push({
      offset: this.#size,
      length: bytes.length,
      rows,
      firstKey: open.blockFirstKey,
    })
    this.#push(bytes)
  }

  #closeSection(): void {
    const open = this.#open
    if (open === undefined) return
    if (this.#block.rows > 0) this.#closeBlock(open)
    this.#closed.push(open)
    this.#open = undefined
  }

  #writeFilter(section: OpenSection): Section {
    const filter = buildFilter(section.hashes)
    const place = { offset: this.#size, length: filter.length, crc: crc32(filter) }
    this.#push(filter)
    return {
      ...section.name,
      blocks: section.blocks,
      keyGroups: section.keyGroups,
      lastKey: section.lastKey,
      statistics: {
        rows: section.rows,
        rawBytes: section.rawBytes,
        timestamps: section.timestamps ?? [0, 0],
      },
      filter: place,
    }
  }
}
