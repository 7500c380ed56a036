/** Values of options, from text. Each throws `INVALID_ARGUMENT` that names the option and says what it takes. */
import { durationMs } from '../base/duration.js'
import { HoldfastError } from '../base/errors.js'
import type { StartFrom } from '../checkpoint/restore-plan.js'
import type { BadRecordPolicy } from '../runtime/source.js'

/** Reads one option's value. */
export type ReadValue<T> = (text: string) => T

/** A whole number from `least` on. */
export function count(option: string, least: number): ReadValue<number> {
  return (text) => {
    const number = /^\d+$/.test(text) ? Number(text) : Number.NaN
    if (Number.isSafeInteger(number) && number >= least) return number
    throw invalid(option, text, `a whole number from ${least} on`)
  }
}

/** `latest`, `none` or a checkpoint's number. */
export function startFrom(option: string): ReadValue<StartFrom> {
  return (text) => {
    if (text === 'latest' || text === 'none') return text
    const number = /^\d+$/.test(text) ? Number(text) : Number.NaN
    if (Number.isSafeInteger(number) && number >= 1) return number
    throw invalid(option, text, 'latest, none or the number of a checkpoint')
  }
}

/** `fail`, `skip` or `dead-letter=FILE`. */
export function badRecordPolicy(option: string): ReadValue<BadRecordPolicy> {
  return (text) => {
    if (text === 'fail' || text === 'skip') return text
    const file = /^dead-letter=(.+)$/.exec(text)?.[1]
    if (file !== undefined) return { deadLetter: file }
    throw invalid(option, text, 'fail, skip or dead-letter=FILE')
  }
}

/** The longest wait of a timer is a little more; a longer one would not wait at all. */
const DURATION_MAX_MS = 24 * 86_400_000

/** A duration in milliseconds, above zero. */
export function duration(option: string): ReadValue<number> {
  return (text) => {
    const ms = durationMs(text, option)
    if (ms > 0 && ms <= DURATION_MAX_MS) return ms
    throw invalid(option, text, "a time above zero, such as '200ms' or '10s', and at most '24d'")
  }
}

/** One name more of state to drop; an option that may be given several times. */
export function stateNames(option: string): (text: string, before?: readonly string[]) => string[] {
  return (text, before = []) => {
    if (/^[\w.-]+(\/[\w.-]+)?$/.test(text)) return [...before, text]
    throw invalid(option, text, 'operator/state, or operator')
  }
}

/** Text that says something. */
export function nonEmpty(option: string): ReadValue<string> {
  return (text) => {
    if (text.trim() !== '') return text
    throw invalid(option, text, 'a folder or URI')
  }
}

function invalid(option: string, text: string, wanted: string): HoldfastError {
  return new HoldfastError(
    'INVALID_ARGUMENT',
    `${option}: ${JSON.stringify(text)} is not ${wanted}`,
  )
}
