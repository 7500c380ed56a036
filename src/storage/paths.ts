/**
 * The only place that names objects of a checkpoint folder (docs/format/directory-layout.md).
 *
 * Numbers are written with 16 digits so that the order of names is the order of numbers.
 */
import { HoldfastError } from '../base/errors.js'

/** Where log entries are. */
export const LOG_PREFIX = 'log/'
/** Where runs are. */
export const RUNS_PREFIX = 'runs/'

const DIGITS = 16

/** The name of log entry `number`. */
export function logPath(number: number): string {
  return `${LOG_PREFIX}${padded(number)}.json`
}

/** The number of a log entry by its name, or `undefined` for a name that is none. */
export function logNumber(path: string): number | undefined {
  const match = /^log\/(\d{16})\.json$/.exec(path)
  return match?.[1] === undefined ? undefined : Number(match[1])
}

/** What a run's name is made of. The nonce makes it unique to one attempt; no name is used twice. */
export interface RunName {
  readonly epoch: number
  readonly checkpoint: number
  readonly nonce: string
}

/** The name of a run. */
export function runPath(name: RunName): string {
  return `${RUNS_PREFIX}${padded(name.epoch)}-${padded(name.checkpoint)}-${name.nonce}.run`
}

/** Whether a path is one that {@link runPath} can make. Manifests are refused if they name anything else. */
export function isRunPath(path: string): boolean {
  return /^runs\/\d{16}-\d{16}-[0-9a-f]{16}\.run$/.test(path)
}

/** A number as all names of a job write it. */
export function padded(number: number): string {
  if (!Number.isSafeInteger(number) || number < 0) {
    throw new HoldfastError('INTERNAL', `broken invariant: ${number} cannot be part of a name`)
  }
  return String(number).padStart(DIGITS, '0')
}
