/** Invariants. A failure is a bug in Holdfast; it is never caught to go on. */
import { HoldfastError } from './errors.js'

/** Throws `INTERNAL` unless `condition` holds. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new HoldfastError('INTERNAL', `broken invariant: ${message}`)
}

/** The value, which must be there. Throws `INTERNAL` otherwise. */
export function defined<T>(value: T | undefined | null, what: string): T {
  if (value === undefined || value === null) {
    throw new HoldfastError('INTERNAL', `broken invariant: ${what} is missing`)
  }
  return value
}
