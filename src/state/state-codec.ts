/**
 * The values of one state as bytes, across versions of the program. Each value, and each operand of a list, begins with
 * the number of the schema it was written with; what that number means is in the manifest. So old and new values lie
 * side by side in one run, and a merge needs no serializer (docs/rfcs/0004-schema-numbers.md).
 *
 * Under a time to live values are `Stamped`: the timestamp of a value is its row's, that of an operand follows its
 * schema number.
 */
import { ByteReader, ByteWriter } from '../base/bytes.js'
import { HoldfastError } from '../base/errors.js'
import type { Serializer } from './serializer.js'
import { newAges, type SchemaAge, type StateAges } from './state-ages.js'
import { Stamped } from './ttl.js'

/** Reads the values of one schema. */
export type ReadValue = (bytes: Uint8Array) => unknown

/** Bytes of an operand's timestamp. */
const TIMESTAMP_BYTES = 8

/** The schemas of a state, as its codec needs them. */
export interface StateSchemas {
  /** Number of the serializer's own schema, 1 to 127. */
  readonly schema: number
  /** Readers of the other schemas, by number. */
  readonly others: ReadonlyMap<number, ReadValue>
}

const ITS_OWN: StateSchemas = { schema: 1, others: new Map() }

/** Writes values by the state's newest schema, reads those of all its schemas. */
export class StateCodec {
  /** The number that written values begin with. */
  readonly schema: number
  /** Whether its values are `Stamped`. */
  readonly stamped: boolean
  /** What had expired when the state was last written; `-Infinity`: nothing. */
  readonly horizon: number
  readonly #serializer: Serializer<unknown>
  /** By number; there may be holes, for schemas that nothing is left of. */
  readonly #readers: readonly (ReadValue | undefined)[]
  readonly #ages: readonly (SchemaAge | undefined)[]
  readonly #scratch = new ByteWriter()

  /**
   * @param schemas default: the serializer's own is the only one and has the number 1
   * @param ages of the values of all its schemas; default: it has no time to live and never had
   */
  constructor(
    serializer: Serializer<unknown>,
    { schema, others }: StateSchemas = ITS_OWN,
    ages: StateAges = newAges(undefined, schema),
  ) {
    this.#serializer = serializer
    this.schema = schema
    const readers: (ReadValue | undefined)[] = []
    for (let number = 0; number <= Math.max(schema, ...others.keys()); number++) {
      readers.push(others.get(number))
    }
    readers[schema] = (bytes) => serializer.read(bytes)
    this.#readers = readers
    this.stamped = ages.clock !== undefined
    this.horizon = ages.horizon
    this.#ages = readers.map((_, number) => ages.schemas.get(number))
  }

  /** Appends a value. */
  write(value: unknown, out: ByteWriter): void {
    out.u8(this.schema)
    this.#serializer.write(this.stamped ? (value as Stamped).value : value, out)
  }

  /** The timestamp of a value, for its row; NaN: it has none. */
  stampOf(value: unknown): number {
    return this.stamped ? (value as Stamped).timestamp : Number.NaN
  }

  /**
   * The value in these bytes.
   * @param timestamp its row's
   * @throws `CORRUPT` for bytes that no schema of this state wrote
   */
  read(bytes: Uint8Array, timestamp?: number): unknown {
    const value = this.#readerOf(bytes)(bytes.subarray(1))
    return this.stamped ? this.#stamped(value, bytes, timestamp) : value
  }

  /** Appends one operand of a list: its length, then the element. */
  writeOperand(element: unknown, out: ByteWriter): void {
    const scratch = this.#scratch
    scratch.length = 0
    if (this.stamped) {
      scratch.u8(this.schema)
      scratch.i64((element as Stamped).timestamp)
      this.#serializer.write((element as Stamped).value, scratch)
    } else this.write(element, scratch)
    out.varint(scratch.length)
    out.put(scratch.view())
  }

  /** The elements in a list's bytes. Throws `CORRUPT`. */
  readOperands(bytes: Uint8Array): unknown[] {
    const from = new ByteReader(bytes, 'a list')
    const elements: unknown[] = []
    while (!from.done) elements.push(this.#readOperand(from.take(from.varint())))
    return elements
  }

  /** A copy that shares nothing with the value. */
  copy(value: unknown): unknown {
    if (!this.stamped) return this.#copyOf(value)
    const { value: inner, timestamp } = value as Stamped
    return new Stamped(this.#copyOf(inner), timestamp)
  }

  #copyOf(value: unknown): unknown {
    if (typeof value !== 'object' || value === null) return value
    const scratch = this.#scratch
    scratch.length = 0
    this.#serializer.write(value, scratch)
    return this.#serializer.read(scratch.copy())
  }

  #readOperand(bytes: Uint8Array): unknown {
    const read = this.#readerOf(bytes)
    const stamped = this.#ages[bytes[0] as number]?.stamped === true
    const timestamp = stamped ? new ByteReader(bytes.subarray(1), 'an operand').i64() : undefined
    const value = read(bytes.subarray(stamped ? 1 + TIMESTAMP_BYTES : 1))
    return this.stamped ? this.#stamped(value, bytes, timestamp) : value
  }

  #readerOf(bytes: Uint8Array): ReadValue {
    const read = this.#readers[bytes[0] ?? 0]
    if (read !== undefined) return read
    throw new HoldfastError('CORRUPT', `a value of the unknown schema ${bytes[0] ?? '(none)'}`)
  }

  #stamped(value: unknown, bytes: Uint8Array, timestamp: number | undefined): Stamped {
    const stamp = this.#ages[bytes[0] as number]?.since ?? timestamp
    if (stamp !== undefined) return new Stamped(value, stamp)
    throw new HoldfastError('CORRUPT', 'a value with a time to live has no timestamp')
  }
}
