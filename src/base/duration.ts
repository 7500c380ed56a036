/** Durations as people write them: `'10s'`, `'200ms'`, `'5 min'`, or a number of milliseconds. */
import { HoldfastError } from './errors.js'

/** Milliseconds as a number, or text of a number and a unit: ms, s, min (or m), h, d. */
export type Duration = number | string

const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}

/**
 * The duration in milliseconds.
 * @param option what it is for, named in the error
 * @throws `INVALID_ARGUMENT` if it is negative, not finite or not understood
 */
export function durationMs(duration: Duration, option: string): number {
  const ms = typeof duration === 'number' ? duration : parse(duration)
  if (ms === undefined || !Number.isFinite(ms) || ms < 0) {
    throw new HoldfastError(
      'INVALID_ARGUMENT',
      `${option}: ${JSON.stringify(duration)} is not a duration; write milliseconds or for example '200ms', '10s', '5min'`,
    )
  }
  return ms
}

function parse(text: string): number | undefined {
  const match = /^\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*$/.exec(text)
  const amount = match?.[1]
  if (amount === undefined) return undefined
  const unit = UNIT_MS[match?.[2] || 'ms']
  return unit === undefined ? undefined : Number(amount) * unit
}
