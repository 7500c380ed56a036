/** The first records of another source. */
import { HoldfastError } from '../base/errors.js'
import { isObject, type Json } from '../base/json.js'
import type { Source, SourceBatch, SourceReader } from '../runtime/source.js'

/**
 * Only the first `count` records of a source.
 * @throws `INVALID_ARGUMENT` unless `count` is a whole number from 0 on
 */
export function take<T>(source: Source<T>, count: number): Source<T> {
  if (!Number.isSafeInteger(count) || count < 0) {
    throw new HoldfastError('INVALID_ARGUMENT', `take: ${count} is not a number of records`)
  }
  const name = `take(${count}, ${source.name})`
  return {
    name,
    open: async (context) => {
      const { taken, at } = parsePosition(context.position, name)
      const reader = await source.open({ ...context, position: at })
      return new TakeReader(reader, count, taken)
    },
  }
}

class TakeReader<T> implements SourceReader<T> {
  readonly #reader: SourceReader<T>
  readonly #count: number
  #taken: number

  constructor(reader: SourceReader<T>, count: number, taken: number) {
    this.#reader = reader
    this.#count = count
    this.#taken = taken
  }

  async read(): Promise<SourceBatch<T> | undefined> {
    const left = this.#count - this.#taken
    if (left <= 0) return undefined
    const batch = await this.#reader.read()
    if (batch === undefined) return undefined
    // The position after a cut batch lies beyond the cut; nothing is read from there any more.
    const records = batch.records.length > left ? batch.records.slice(0, left) : batch.records
    this.#taken += records.length
    return { records, position: { taken: this.#taken, at: batch.position } }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#reader[Symbol.asyncDispose]()
  }
}

function parsePosition(
  position: Json | undefined,
  name: string,
): { taken: number; at: Json | undefined } {
  if (position === undefined) return { taken: 0, at: undefined }
  if (isObject(position) && Number.isSafeInteger(position['taken'])) {
    return { taken: position['taken'] as number, at: position['at'] }
  }
  throw new HoldfastError(
    'INVALID_ARGUMENT',
    `${name}: the position in the checkpoint is of another source`,
  )
}
