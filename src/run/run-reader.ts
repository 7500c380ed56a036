/**
 * Reads a run: opens it by its trailer and footer, then single rows by key, or the rows of a key-group
 * range in order. Reads blocks as they are needed; every byte is covered by a CRC.
 */
import { compareBytes } from '../base/bytes.js'
import { crc32 } from '../base/checksums.js'
import { HoldfastError } from '../base/errors.js'
import type { KeyGroupRange } from '../keygroup/key-group-range.js'
import { keyGroupOfRow } from '../keygroup/row-key.js'
import { readBlock } from './block.js'
import { filterHash, mayContain } from './filter.js'
import { readFooter, readTrailer, type Section } from './footer.js'
import { type Row, RUN_MAGIC, type SectionName, TRAILER_BYTES } from './format.js'

/** Where a run's bytes come from: a file, an object, or memory. */
export interface RunBytes {
  /** Its name, for errors. */
  readonly name: string
  readonly sizeBytes: number
  /** Exactly these bytes. Throws `CORRUPT` if they are not there. */
  read(offset: number, length: number): Promise<Uint8Array>
}

/** Rows in ascending order of row key, a block at a time; `undefined` at the end. */
export interface RowCursor {
  next(): Promise<readonly Row[] | undefined>
}

/** A run in memory. */
export function memoryRun(bytes: Uint8Array, name: string): RunBytes {
  return {
    name,
    sizeBytes: bytes.length,
    read: async (offset, length) => {
      if (offset + length <= bytes.length) return bytes.subarray(offset, offset + length)
      throw new HoldfastError('CORRUPT', `${name} is cut off: ${bytes.length} bytes`)
    },
  }
}

/** An open run. */
export class RunReader {
  readonly sections: readonly Section[]
  readonly #bytes: RunBytes

  private constructor(bytes: RunBytes, sections: readonly Section[]) {
    this.#bytes = bytes
    this.sections = sections
  }

  /**
   * Opens a run: three small reads.
   * @throws `CORRUPT`, `NEWER_FORMAT`, and what the storage throws
   */
  static async open(bytes: RunBytes): Promise<RunReader> {
    const { name, sizeBytes } = bytes
    if (sizeBytes < RUN_MAGIC.length + TRAILER_BYTES) {
      throw new HoldfastError('CORRUPT', `${name} is cut off: ${sizeBytes} bytes are no run`)
    }
    const magic = await bytes.read(0, RUN_MAGIC.length)
    if (compareBytes(magic, RUN_MAGIC) !== 0) {
      throw new HoldfastError('CORRUPT', `${name} does not begin as a run`)
    }
    const trailer = await bytes.read(sizeBytes - TRAILER_BYTES, TRAILER_BYTES)
    const place = readTrailer(trailer, sizeBytes, name)
    const footer = await bytes.read(place.offset, place.length)
    return new RunReader(bytes, readFooter(footer, place, name))
  }

  /** The section of a state, if the run has rows of it. */
  section(name: SectionName): Section | undefined {
    return this.sections.find((one) => one.operator === name.operator && one.state === name.state)
  }

  /** The rows of a section in a range of key groups. */
  rows(section: Section, range: KeyGroupRange): RowCursor {
    const start = section.keyGroups.find((entry) => entry.keyGroup >= range.first)
    let next =
      start === undefined || start.keyGroup > range.last ? section.blocks.length : start.block
    return {
      next: async () => {
        while (next < section.blocks.length) {
          const rows = clip(await this.#readBlock(section, next++), range)
          if (rows.past) next = section.blocks.length
          if (rows.inside.length > 0) return rows.inside
        }
        return undefined
      },
    }
  }

  /** The row with exactly this key, if the run has one. */
  async find(section: Section, rowKey: Uint8Array): Promise<Row | undefined> {
    const { offset, length, crc } = section.filter
    const filter = await this.#bytes.read(offset, length)
    if (crc32(filter) !== crc) {
      throw new HoldfastError('CORRUPT', `${this.#bytes.name}: the CRC of a filter does not match`)
    }
    if (!mayContain(filter, filterHash(rowKey))) return undefined
    const block = lastBlockFrom(section, rowKey)
    if (block < 0) return undefined
    const rows = await this.#readBlock(section, block)
    return rows.find((row) => compareBytes(row.key, rowKey) === 0)
  }

  async #readBlock(section: Section, index: number): Promise<Row[]> {
    const entry = section.blocks[index]
    const what = `block ${index} of ${section.operator}/${section.state} in ${this.#bytes.name}`
    if (entry === undefined) throw new HoldfastError('INTERNAL', `there is no ${what}`)
    const rows = readBlock(await this.#bytes.read(entry.offset, entry.length), what)
    const first = rows[0]
    if (
      rows.length !== entry.rows ||
      first === undefined ||
      compareBytes(first.key, entry.firstKey) !== 0
    ) {
      throw new HoldfastError('CORRUPT', `${what} is not the block the footer describes`)
    }
    return rows
  }
}

/** The last block whose first key is not above `rowKey`, or -1. */
function lastBlockFrom(section: Section, rowKey: Uint8Array): number {
  let low = 0
  let high = section.blocks.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const entry = section.blocks[middle]
    if (entry !== undefined && compareBytes(entry.firstKey, rowKey) <= 0) low = middle + 1
    else high = middle
  }
  return low - 1
}

function clip(rows: Row[], range: KeyGroupRange): { inside: Row[]; past: boolean } {
  const groupAt = (index: number): number => keyGroupOfRow((rows[index] as Row).key)
  let start = 0
  let end = rows.length
  while (start < end && groupAt(start) < range.first) start++
  while (end > start && groupAt(end - 1) > range.last) end--
  const past = end < rows.length
  return { inside: start === 0 && !past ? rows : rows.slice(start, end), past }
}
