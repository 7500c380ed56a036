/**
 * A sink at work: the writer, and what it has prepared that is not known to be committed. That list goes
 * into every manifest, so that a restart can finish it.
 */
import type { Json } from '../base/json.js'
import type { Operator } from './operator.js'
import type { SinkWriter } from './sink.js'

/** A sink at work. */
export class SinkOperator implements Operator {
  readonly uid: string
  readonly #writer: SinkWriter<unknown>
  #pending: readonly Json[] = []

  constructor(uid: string, writer: SinkWriter<unknown>) {
    this.uid = uid
    this.#writer = writer
  }

  /** Prepared and not known to be committed. */
  get pending(): readonly Json[] {
    return this.#pending
  }

  push(batch: readonly unknown[]): void | Promise<void> {
    return this.#writer.write(batch)
  }

  /** Sinks keep no time. */
  async advance(): Promise<boolean> {
    return true
  }

  /** Cuts the output at the barrier, at once; resolves when the part before it is durable. */
  async prepare(checkpoint: number): Promise<void> {
    const prepared = await this.#writer.prepare(checkpoint)
    this.#pending = [...this.#pending, ...prepared]
  }

  /** Makes everything prepared visible. Requires: a manifest that lists it stands. */
  async commit(): Promise<void> {
    const committing = this.#pending
    if (committing.length === 0) return
    await this.#writer.commit(committing)
    this.#pending = this.#pending.slice(committing.length)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writer[Symbol.asyncDispose]()
  }
}
