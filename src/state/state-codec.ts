/**
 * The values of one state as bytes, across versions of the program. Each value, and each operand of a list, begins with
 * the number of the schema it was written with; what that number means is in the manifest. So old and new values lie
 * side by side in one run, and a merge needs no serializer (docs/rfcs/0004-schema-numbers.md).
 */
import { ByteReader, ByteWriter } from '../base/bytes.js'
import { HoldfastError } from '../base/errors.js'
import type { Serializer } from './serializer.js'

/** Reads the values of one schema. */
export type ReadValue = (bytes: Uint8Array) => unknown

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
  readonly #serializer: Serializer<unknown>
  /** By number; there may be holes, for schemas that nothing is left of. */
  readonly #readers: readonly (ReadValue | undefined)[]
  readonly #scratch = new ByteWriter()

  /** @param schemas default: the serializer's own is the only one and has the number 1 */
  constructor(serializer: Serializer<unknown>, { schema, others }: StateSchemas = ITS_OWN) {
    this.#serializer = serializer
    this.schema = schema
    const readers: (ReadValue | undefined)[] = []
    for (let number = 0; number <= Math.max(schema, ...others.keys()); number++) {
      readers.push(others.get(number))
    }
    readers[schema] = (bytes) => serializer.read(bytes)
    this.#readers = readers
  }

  /** Appends a value. */
  write(value: unknown, out: ByteWriter): void {
    out.u8(this.schema)
    this.#serializer.write(value, out)
  }

  /**
   * The value in these bytes.
   * @throws `CORRUPT` for bytes that no schema of this state wrote
   */
  read(bytes: Uint8Array): unknown {
    const read = this.#readers[bytes[0] ?? 0]
    if (read !== undefined) return read(bytes.subarray(1))
    throw new HoldfastError('CORRUPT', `a value of the unknown schema ${bytes[0] ?? '(none)'}`)
  }

  /** Appends one operand of a list: its length, then the element. */
  writeOperand(element: unknown, out: ByteWriter): void {
    const scratch = this.#scratch
    scratch.length = 0
    this.write(element, scratch)
    out.varint(scratch.length)
    out.put(scratch.view())
  }

  /** The elements in a list's bytes. Throws `CORRUPT`. */
  readOperands(bytes: Uint8Array): unknown[] {
    const from = new ByteReader(bytes, 'a list')
    const elements: unknown[] = []
    while (!from.done) elements.push(this.read(from.take(from.varint())))
    return elements
  }

  /** A copy that shares nothing with the value. */
  copy(value: unknown): unknown {
    if (typeof value !== 'object' || value === null) return value
    const scratch = this.#scratch
    scratch.length = 0
    this.#serializer.write(value, scratch)
    return this.#serializer.read(scratch.copy())
  }
}
