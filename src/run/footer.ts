/**
 * The footer of a run: which sections it holds, where their blocks, key groups and filters are, and what
 * they contain (docs/format/run-format.md, "Footer"). Read as hostile bytes: every count and offset is
 * checked before it is used.
 */
import { ByteReader, ByteWriter } from '../base/bytes.js'
import { crc32 } from '../base/checksums.js'
import { HoldfastError } from '../base/errors.js'
import { LIMITS } from '../base/limits.js'
import {
  ENCRYPTION_NONE,
  RUN_DRAFT,
  RUN_MAGIC,
  RUN_VERSION,
  type SectionName,
  TRAILER_BYTES,
} from './format.js'

/** Where a block is, in bytes from the start of the run, and the first row key in it. */
export interface BlockEntry {
  readonly offset: number
  readonly length: number
  readonly rows: number
  readonly firstKey: Uint8Array
}

/** From which block of the section on a key group's rows are found. */
export interface KeyGroupEntry {
  readonly keyGroup: number
  /** Index into the section's blocks. */
  readonly block: number
}

/** What a section holds. */
export interface SectionStatistics {
  /** Rows by kind: PUT, DELETE, APPEND, CLEAR. */
  readonly rows: readonly [number, number, number, number]
  /** Bytes of all row keys and values, before compression. */
  readonly rawBytes: number
  /** Smallest and largest timestamp, in ms; both 0 if no row has one. */
  readonly timestamps: readonly [number, number]
}

/** One section of a run. */
export interface Section extends SectionName {
  readonly blocks: readonly BlockEntry[]
  readonly keyGroups: readonly KeyGroupEntry[]
  readonly lastKey: Uint8Array
  readonly statistics: SectionStatistics
  readonly filter: { readonly offset: number; readonly length: number; readonly crc: number }
}

/** The footer and, after it, the trailer. `footerOffset`: where it will be written. */
export function writeFooter(sections: readonly Section[], footerOffset: number): Uint8Array {
  const out = new ByteWriter(4096)
  out.varint(sections.length)
  for (const section of sections) writeSection(out, section)
  const length = out.length
  const crc = crc32(out.view())
  out.u64(footerOffset)
  out.u32(length)
  out.u32(crc)
  out.u8(ENCRYPTION_NONE)
  out.u8(RUN_DRAFT)
  out.u16(RUN_VERSION)
  out.u32(crc32(out.bytes.subarray(length, out.length)))
  out.put(RUN_MAGIC)
  return out.copy()
}

function writeSection(out: ByteWriter, section: Section): void {
  out.text(section.operator)
  out.text(section.state)
  out.varint(section.blocks.length)
  for (const block of section.blocks) {
    out.varint(block.offset)
    out.varint(block.length)
    out.varint(block.rows)
    out.varint(block.firstKey.length)
    out.put(block.firstKey)
  }
  out.varint(section.lastKey.length)
  out.put(section.lastKey)
  out.varint(section.keyGroups.length)
  for (const entry of section.keyGroups) {
    out.varint(entry.keyGroup)
    out.varint(entry.block)
  }
  for (const count of section.statistics.rows) out.varint(count)
  out.varint(section.statistics.rawBytes)
  for (const timestamp of section.statistics.timestamps) out.varint(zigzag(timestamp))
  out.varint(section.filter.offset)
  out.varint(section.filter.length)
  out.u32(section.filter.crc)
}

/** Where the footer is, by the trailer. */
export interface FooterPlace {
  readonly offset: number
  readonly length: number
  readonly crc: number
}

/**
 * Reads a trailer. Requires: `trailer` is the last `TRAILER_BYTES` of a run of `sizeBytes`.
 * @throws `CORRUPT`, `NEWER_FORMAT`
 */
export function readTrailer(trailer: Uint8Array, sizeBytes: number, what: string): FooterPlace {
  const from = new ByteReader(trailer, `trailer of ${what}`)
  const offset = from.u64()
  const length = from.u32()
  const crc = from.u32()
  const encryption = from.u8()
  const draft = from.u8()
  const version = from.u16()
  const covered = from.offset
  const ownCrc = from.u32()
  const magic = from.take(RUN_MAGIC.length)
  if (!magic.every((byte, i) => byte === RUN_MAGIC[i])) from.fail('not a run, or cut off')
  if (crc32(trailer.subarray(0, covered)) !== ownCrc)
    from.fail('the CRC of the trailer does not match')
  if (version !== RUN_VERSION || draft !== RUN_DRAFT || encryption !== ENCRYPTION_NONE) {
    throw new HoldfastError(
      'NEWER_FORMAT',
      `${what} is of run format ${version} draft ${draft} (encryption ${encryption}); this version reads ` +
        `${RUN_VERSION} draft ${RUN_DRAFT}: use the Holdfast that wrote it, or a newer one`,
    )
  }
  if (length > LIMITS.footerBytesMax || offset + length + TRAILER_BYTES !== sizeBytes) {
    from.fail('the footer is not where the trailer says')
  }
  return { offset, length, crc }
}

/** Reads a footer. Throws `CORRUPT`. */
export function readFooter(footer: Uint8Array, place: FooterPlace, what: string): Section[] {
  const from = new ByteReader(footer, `footer of ${what}`)
  if (crc32(footer) !== place.crc) from.fail('the CRC of the footer does not match')
  const sections: Section[] = []
  const count = from.varint()
  for (let i = 0; i < count; i++) sections.push(readSection(from, place.offset))
  if (!from.done) from.fail('bytes after the last section')
  return sections
}

function readSection(from: ByteReader, end: number): Section {
  const operator = from.text(LIMITS.nameLengthMax * 3)
  const state = from.text(LIMITS.nameLengthMax * 3)
  const blocks = readList(from, () => {
    const [offset, length, rows] = [from.varint(), from.varint(), from.varint()]
    if (offset + length > end) from.fail('a block beyond the end')
    return { offset, length, rows, firstKey: from.take(from.varint()) }
  })
  const lastKey = from.take(from.varint())
  const keyGroups = readList(from, () => {
    const entry = { keyGroup: from.varint(), block: from.varint() }
    if (entry.block >= blocks.length) from.fail('a key group in a block that is not there')
    return entry
  })
  const rows = [from.varint(), from.varint(), from.varint(), from.varint()] as const
  const statistics = {
    rows,
    rawBytes: from.varint(),
    timestamps: [unzigzag(from.varint()), unzigzag(from.varint())] as const,
  }
  const filter = { offset: from.varint(), length: from.varint(), crc: from.u32() }
  if (filter.offset + filter.length > end) from.fail('a filter beyond the end')
  return { operator, state, blocks, lastKey, keyGroups, statistics, filter }
}

/** Small numbers of either sign as small ones: 0, −1, 1, −2 … become 0, 1, 2, 3 … */
function zigzag(value: number): number {
  return value < 0 ? -2 * value - 1 : 2 * value
}

function unzigzag(value: number): number {
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2
}

function readList<T>(from: ByteReader, read: () => T): T[] {
  const count = from.varint()
  // Each element takes at least two bytes, so a count beyond this cannot be true.
  if (count > from.end - from.offset) from.fail(`a list of ${count}`)
  const list: T[] = []
  for (let i = 0; i < count; i++) list.push(read())
  return list
}
