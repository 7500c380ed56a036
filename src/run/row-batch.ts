/**
 * Rows on their way from the thread that owns the state to the one that sorts and writes them: encoded
 * once, unsorted, into buffers that are handed over (transferred), not copied. Never on disk.
 *
 * A row: u32 key length · u32 value length · u8 kind · f64 timestamp or NaN · key · value.
 */
import { assert } from '../base/assert.js'
import { ByteReader, ByteWriter } from '../base/bytes.js'
import { HoldfastError } from '../base/errors.js'
import { LIMITS } from '../base/limits.js'
import type { Row, RowKind, SectionName } from './format.js'

const BATCH_BYTES = 262_144
/** Most deltas are small, and so are most sections. */
const FIRST_BATCH_BYTES = 8192
const HEADER_BYTES = 17

/** Some rows of one section, in no order. */
export interface RowBatch {
  readonly section: SectionName
  readonly bytes: Uint8Array<ArrayBuffer>
}

/** Encodes rows. For each: `begin`, write the key to `out`, `value`, write the value to `out`, `end`. */
export class RowEncoder {
  /** Where keys and values are written. */
  out: ByteWriter = new ByteWriter(FIRST_BATCH_BYTES)
  readonly #emit: (batch: RowBatch) => void
  #section: SectionName | undefined
  #start = 0
  #valueStart = 0

  /** @param emit takes each full batch; its buffer is not touched again */
  constructor(emit: (batch: RowBatch) => void) {
    this.#emit = emit
  }

  /** The rows that follow belong to this section. A section may be gone on with later. */
  section(name: SectionName): void {
    if (name === this.#section) return
    this.flush()
    this.#section = name
  }

  /** Opens a row. */
  begin(): void {
    this.#start = this.out.length
    this.out.reserve(HEADER_BYTES)
    this.out.length += HEADER_BYTES
  }

  /** Ends the key; what is written from here on is the value. */
  value(): void {
    this.#valueStart = this.out.length
  }

  /**
   * Ends the row. `DELETE` and `CLEAR` have no value.
   * @param timestamp in ms since 1970, for state with a time to live
   * @throws `LIMIT_EXCEEDED` if the value is too large
   */
  end(kind: RowKind, timestamp: number = Number.NaN): void {
    const end = this.out.length
    const valueLength = end - this.#valueStart
    if (valueLength > LIMITS.valueBytesMax) {
      throw new HoldfastError(
        'LIMIT_EXCEEDED',
        `a value of ${valueLength} bytes; at most ${LIMITS.valueBytesMax} are kept: split it over several keys`,
      )
    }
    this.out.length = this.#start
    this.out.u32(this.#valueStart - this.#start - HEADER_BYTES)
    this.out.u32(valueLength)
    this.out.u8(kind)
    this.out.f64be(timestamp)
    this.out.length = end
    if (end >= BATCH_BYTES) this.flush()
  }

  /** Hands over what has been encoded. */
  flush(): void {
    if (this.out.length === 0) return
    assert(this.#section !== undefined, 'rows belong to a section')
    const bytes = this.out.view()
    this.#emit({ section: this.#section, bytes })
    this.out = new ByteWriter(Math.min(2 * bytes.length, BATCH_BYTES))
  }
}

/** The rows of a batch, as views. */
export function readBatch(bytes: Uint8Array): Row[] {
  const from = new ByteReader(bytes, 'row batch')
  const rows: Row[] = []
  while (!from.done) {
    const keyLength = from.u32()
    const valueLength = from.u32()
    const kind = from.u8() as RowKind
    const stamp = from.f64be()
    const timestamp = Number.isNaN(stamp) ? undefined : stamp
    const key = from.take(keyLength)
    rows.push({ key, kind, timestamp, value: from.take(valueLength) })
  }
  return rows
}
