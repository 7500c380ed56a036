/**
 * Collections as input and output: `fromArray` and `collect`, for tests and small programs. What a `collect`
 * has committed lives in the sink, not in its writer, so that a job restarted in the same process finds it.
 */
import { HoldfastError } from '../base/errors.js'
import type { Json } from '../base/json.js'
import type { Sink, SinkRecovery, SinkWriter } from '../runtime/sink.js'
import type { Source } from '../runtime/source.js'
import { batchRecordsOf } from './batch-records.js'

/** Options of {@link fromArray}. */
export interface FromArrayOptions {
  /** What errors call it. Default `'fromArray'`. */
  readonly name?: string
  /** Most records of one batch, 1 to 1000. Default 1000. */
  readonly batchRecords?: number
}

/**
 * A bounded source over an array; a position is an index. The array must not change while it is read.
 * @throws `INVALID_ARGUMENT` for a `batchRecords` out of bounds; `open` for a position outside the array
 */
export function fromArray<T>(records: readonly T[], options: FromArrayOptions = {}): Source<T> {
  const name = options.name ?? 'fromArray'
  const batchRecords = batchRecordsOf(options.batchRecords, name)
  return {
    name,
    open: async (context) => {
      let next = startIndex(records, context.position, name)
      return {
        read: async () => {
          context.signal.throwIfAborted()
          const batch = records.slice(next, next + batchRecords)
          next += batch.length
          return batch.length === 0 ? undefined : { records: batch, position: next }
        },
        [Symbol.asyncDispose]: async () => {},
      }
    },
  }
}

function startIndex(records: readonly unknown[], position: Json | undefined, name: string): number {
  if (position === undefined) return 0
  if (typeof position === 'number' && Number.isSafeInteger(position)) {
    if (position >= 0 && position <= records.length) return position
  }
  throw new HoldfastError(
    'INVALID_ARGUMENT',
    `${name}: ${JSON.stringify(position)} is no position in an array of ${records.length} records; was the checkpoint taken with another input?`,
  )
}

/** What {@link collect} makes: a sink whose committed records can be looked at. */
export interface CollectSink<T> extends Sink<T> {
  /** Every record that is visible now, in the order written; a copy. */
  readonly committed: readonly T[]
}

/**
 * A two-phase sink in memory: records are in `committed` once their checkpoint is, exactly once, also over
 * restarts of the job within one process and one sink. A new process begins with an empty sink: it refuses a
 * checkpoint with output that it does not hold (`CORRUPT`).
 * @param name what errors call it
 */
export function collect<T>(name = 'collect'): CollectSink<T> {
  const shelf: Shelf<T> = { name, parts: new Map(), nextId: 1 }
  return {
    name,
    open: async () => new CollectWriter(shelf),
    get committed() {
      return [...shelf.parts.values()].flatMap((part) => (part.visible ? part.records : []))
    },
  }
}

interface CollectedPart<T> {
  readonly checkpoint: number
  readonly records: readonly T[]
  visible: boolean
  /** Another job's, never withdrawn. */
  kept: boolean
}

/** Outlives the writers. Parts are in the order of their ids, which is the order of writing. */
interface Shelf<T> {
  readonly name: string
  readonly parts: Map<number, CollectedPart<T>>
  nextId: number
}

class CollectWriter<T> implements SinkWriter<T> {
  readonly #shelf: Shelf<T>
  #records: T[] = []

  constructor(shelf: Shelf<T>) {
    this.#shelf = shelf
  }

  async recover(recovery: SinkRecovery): Promise<void> {
    const { name, parts } = this.#shelf
    if (recovery.isNew) {
      const visible = [...parts.values()].filter((part) => part.visible)
      if (visible.length > 0 && !recovery.allowDuplicates) {
        throw new HoldfastError(
          'OUTPUT_AHEAD',
          `${name}: this sink holds output of another job; make a new collect() for each job, or allow duplicates`,
        )
      }
      for (const part of visible) part.kept = true
      return
    }
    await this.commit(recovery.pending)
    for (const [id, part] of parts) {
      const beyond = part.checkpoint > recovery.checkpoint && !part.kept
      if (beyond || !part.visible) parts.delete(id)
    }
  }

  write(records: readonly T[]): void {
    for (const record of records) this.#records.push(record)
  }

  async prepare(checkpoint: number): Promise<readonly Json[]> {
    if (this.#records.length === 0) return []
    const id = this.#shelf.nextId++
    this.#shelf.parts.set(id, { checkpoint, records: this.#records, visible: false, kept: false })
    this.#records = []
    return [id]
  }

  async commit(committables: readonly Json[]): Promise<void> {
    const parts = committables.map((id) => this.#part(id))
    for (const part of parts) part.visible = true
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  #part(id: Json): CollectedPart<T> {
    const part = typeof id === 'number' ? this.#shelf.parts.get(id) : undefined
    if (part !== undefined) return part
    throw new HoldfastError(
      'CORRUPT',
      `${this.#shelf.name}: the checkpoint names output ${JSON.stringify(id)}, which this sink does not hold; collect() keeps output in the memory of one process, so start the job from nothing or use a sink on disk`,
    )
  }
}
