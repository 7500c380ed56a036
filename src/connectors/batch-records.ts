/** How many records a source hands over at once: an option of every source, bounded by the contract. */
import { HoldfastError } from '../base/errors.js'
import { LIMITS } from '../base/limits.js'

/**
 * The option's value, or the most the contract allows.
 * @throws `INVALID_ARGUMENT` unless it is a whole number from 1 to `LIMITS.batchRecords`
 */
export function batchRecordsOf(option: number | undefined, source: string): number {
  const batchRecords = option ?? LIMITS.batchRecords
  if (
    !Number.isSafeInteger(batchRecords) ||
    batchRecords < 1 ||
    batchRecords > LIMITS.batchRecords
  ) {
    throw new HoldfastError(
      'INVALID_ARGUMENT',
      `${source}: batchRecords is ${batchRecords}; give a whole number from 1 to ${LIMITS.batchRecords}`,
    )
  }
  return batchRecords
}
