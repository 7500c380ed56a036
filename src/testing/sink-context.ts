/** What the sink cases run against, and the moves they are made of. */
import assert from 'node:assert/strict'
import type { Json } from '../base/json.js'
import type { SinkWriter } from '../runtime/sink.js'

/** What the cases write: a JSON object with one number. */
export interface SinkSuiteRecord {
  readonly n: number
}

/** A sink under test, empty at first. */
export interface SinkSuiteContext {
  /**
   * Opens a writer of the same output. A case drops a writer without disposing it to play a killed process;
   * what such writers hold (file handles) is best closed in `close` of the suite.
   */
  open(): Promise<SinkWriter<SinkSuiteRecord>>
  /** Every record a reader of the output sees now, in its order. */
  visible(): Promise<readonly unknown[]>
}

/** The start of a job that has never run before. */
export const NEW = 'new'

/** Opens a writer and recovers to a checkpoint, or starts a new job. */
export async function start(
  context: SinkSuiteContext,
  checkpoint: number | typeof NEW = NEW,
  pending: readonly Json[] = [],
): Promise<SinkWriter<SinkSuiteRecord>> {
  const isNew = checkpoint === NEW
  const writer = await context.open()
  await writer.recover({
    checkpoint: isNew ? 0 : checkpoint,
    isNew,
    pending,
    allowDuplicates: false,
  })
  return writer
}

/** Writes a record for each number. */
export async function write(
  writer: SinkWriter<SinkSuiteRecord>,
  ...numbers: readonly number[]
): Promise<void> {
  await writer.write(numbers.map((n) => ({ n })))
}

/** Asserts that a reader of the output sees exactly these numbers, in order. */
export async function sees(
  context: SinkSuiteContext,
  ...numbers: readonly number[]
): Promise<void> {
  assert.deepEqual(
    await context.visible(),
    numbers.map((n) => ({ n })),
  )
}
