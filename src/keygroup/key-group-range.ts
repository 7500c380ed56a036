/**
 * Key-group ranges and rescale arithmetic, by Flink's formulas (`KeyGroupRangeAssignment`): each subtask
 * owns a contiguous range, the ranges of all subtasks cover every group once, and a restore at another
 * parallelism only narrows or widens ranges.
 */
import { HoldfastError } from '../base/errors.js'
import { LIMITS } from '../base/limits.js'

/** Key groups `first` to `last`, both inclusive. Requires: `0 <= first <= last`. */
export interface KeyGroupRange {
  readonly first: number
  readonly last: number
}

/** Smallest default max parallelism. */
const DEFAULT_LOWER_BOUND = 128

/**
 * The range of subtask `index` of `parallelism`.
 * Requires: `0 <= index < parallelism <= maxParallelism`.
 */
export function subtaskRange(
  index: number,
  parallelism: number,
  maxParallelism: number,
): KeyGroupRange {
  const first = Math.ceil((index * maxParallelism) / parallelism)
  const last = Math.floor(((index + 1) * maxParallelism - 1) / parallelism)
  return { first, last }
}

/** The subtask that owns a key group. */
export function subtaskOf(keyGroup: number, parallelism: number, maxParallelism: number): number {
  return Math.floor((keyGroup * parallelism) / maxParallelism)
}

/** Flink's default: `min(max(roundUpToPowerOfTwo(1.5 · parallelism), 128), 32768)`. */
export function defaultMaxParallelism(parallelism: number): number {
  const wanted = 2 ** Math.ceil(Math.log2(parallelism + Math.floor(parallelism / 2)))
  return Math.min(Math.max(wanted, DEFAULT_LOWER_BOUND), LIMITS.keyGroupsMax)
}

/** What both ranges have, or `undefined`. */
export function intersection(a: KeyGroupRange, b: KeyGroupRange): KeyGroupRange | undefined {
  const first = Math.max(a.first, b.first)
  const last = Math.min(a.last, b.last)
  return first <= last ? { first, last } : undefined
}

/**
 * Checks a job's parallelism.
 * @throws `INVALID_ARGUMENT` unless both are integers and `1 <= parallelism <= maxParallelism <= 32768`
 */
export function checkParallelism(parallelism: number, maxParallelism: number): void {
  const ok =
    Number.isInteger(parallelism) &&
    Number.isInteger(maxParallelism) &&
    parallelism >= 1 &&
    maxParallelism <= LIMITS.keyGroupsMax &&
    parallelism <= maxParallelism
  if (ok) return
  throw new HoldfastError(
    'INVALID_ARGUMENT',
    `parallelism ${parallelism} with max parallelism ${maxParallelism}: both are whole numbers, ` +
      `1 <= parallelism <= max parallelism <= ${LIMITS.keyGroupsMax}`,
  )
}
