/**
 * Steps at work. Records flow in batches; each step takes a whole batch and hands on what it makes of it,
 * synchronously unless something below must be waited for.
 */
import { HoldfastError, messageOf } from '../base/errors.js'

/** A step at work. */
export interface Operator {
  /** Takes records, in order. A promise only when it must be waited for before the next batch. */
  push(batch: readonly unknown[]): void | Promise<void>
}

/** Hands a batch to each of several operators. */
export function forward(
  operators: readonly Operator[],
  batch: readonly unknown[],
): void | Promise<void> {
  if (batch.length === 0) return
  for (let i = 0; i < operators.length; i++) {
    const pending = (operators[i] as Operator).push(batch)
    if (pending !== undefined) return forwardLater(pending, operators.slice(i + 1), batch)
  }
}

async function forwardLater(
  pending: Promise<void>,
  rest: readonly Operator[],
  batch: readonly unknown[],
): Promise<void> {
  await pending
  for (const operator of rest) await operator.push(batch)
}

/** One record for each. */
export class MapOperator implements Operator {
  readonly #fn: (record: unknown) => unknown
  readonly #next: readonly Operator[]

  constructor(fn: (record: unknown) => unknown, next: readonly Operator[]) {
    this.#fn = fn
    this.#next = next
  }

  push(batch: readonly unknown[]): void | Promise<void> {
    return forward(
      this.#next,
      guarded('map', batch, (records) => records.map((one) => this.#fn(one))),
    )
  }
}

/** Some of the records. */
export class FilterOperator implements Operator {
  readonly #fn: (record: unknown) => boolean
  readonly #next: readonly Operator[]

  constructor(fn: (record: unknown) => boolean, next: readonly Operator[]) {
    this.#fn = fn
    this.#next = next
  }

  push(batch: readonly unknown[]): void | Promise<void> {
    return forward(
      this.#next,
      guarded('filter', batch, (records) => records.filter((one) => this.#fn(one))),
    )
  }
}

/** Any number of records for each. */
export class FlatMapOperator implements Operator {
  readonly #fn: (record: unknown) => Iterable<unknown>
  readonly #next: readonly Operator[]

  constructor(fn: (record: unknown) => Iterable<unknown>, next: readonly Operator[]) {
    this.#fn = fn
    this.#next = next
  }

  push(batch: readonly unknown[]): void | Promise<void> {
    const all = guarded('flatMap', batch, (records) => {
      const out: unknown[] = []
      for (const record of records) for (const one of this.#fn(record)) out.push(one)
      return out
    })
    return forward(this.#next, all)
  }
}

function guarded(
  name: string,
  batch: readonly unknown[],
  run: (records: readonly unknown[]) => unknown[],
): unknown[] {
  try {
    return run(batch)
  } catch (cause) {
    throw operatorFailed(`a ${name} function`, cause)
  }
}

/** The user's function threw: retryable, since what it met may be gone after a restart. */
export function operatorFailed(what: string, cause: unknown): HoldfastError {
  if (cause instanceof HoldfastError) return cause
  const message = `${what} threw: ${messageOf(cause)}`
  return new HoldfastError('OPERATOR_FAILED', message, { cause, retryable: true })
}
