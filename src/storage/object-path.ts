/**
 * What every storage checks alike before it touches anything: names, prefixes, ranges. A name is never
 * able to leave the storage, and never collides with a temporary file: no part of it starts with a dot.
 */
import { HoldfastError } from '../base/errors.js'
import type { ByteRange, StorageEntry } from './checkpoint-storage.js'

/** Longest name of one part, in UTF-16 units: what common file systems take. */
const PART_LENGTH_MAX = 255
/** Longest name of an object, in UTF-16 units: what S3 takes. */
const PATH_LENGTH_MAX = 1024

/**
 * Refuses a name that is not parts joined by single `/`: empty, absolute, with an empty part, a part that
 * starts with a dot (`..`, hidden files), a backslash or a control character (NUL), or too long.
 * @throws `INVALID_ARGUMENT`
 */
export function checkObjectPath(path: string): void {
  if (path.length <= PATH_LENGTH_MAX && path.split('/').every(isObjectPart)) return
  throw new HoldfastError(
    'INVALID_ARGUMENT',
    `${JSON.stringify(path.slice(0, 2 * PART_LENGTH_MAX))} cannot name an object: write parts joined by '/', ` +
      'none of them empty or starting with a dot, without backslashes or control characters',
  )
}

/**
 * Refuses a prefix for `list` that is neither empty nor a valid name followed by `/`.
 * @throws `INVALID_ARGUMENT`
 */
export function checkPrefix(prefix: string): void {
  if (prefix === '') return
  if (!prefix.endsWith('/')) {
    throw new HoldfastError(
      'INVALID_ARGUMENT',
      `cannot list ${JSON.stringify(prefix)}: a prefix is empty or ends in '/'`,
    )
  }
  checkObjectPath(prefix.slice(0, -1))
}

/** Whether `part` can be one part of an object's name. */
export function isObjectPart(part: string): boolean {
  if (part === '' || part.length > PART_LENGTH_MAX || part.startsWith('.')) return false
  for (let i = 0; i < part.length; i++) {
    const unit = part.charCodeAt(i)
    if (unit < 0x20 || unit === 0x7f || unit === 0x5c) return false
  }
  return true
}

/**
 * The part of an object of `sizeBytes` that `range` covers, all of it without one.
 * @throws `INVALID_ARGUMENT` for a negative or broken number
 */
export function clipRange(range: ByteRange | undefined, sizeBytes: number): ByteRange {
  if (range === undefined) return { offset: 0, length: sizeBytes }
  for (const bound of [range.offset, range.length]) {
    if (!Number.isSafeInteger(bound) || bound < 0) {
      throw new HoldfastError(
        'INVALID_ARGUMENT',
        `cannot read the range ${range.offset}+${range.length}: offset and length are whole numbers from 0`,
      )
    }
  }
  const offset = Math.min(range.offset, sizeBytes)
  return { offset, length: Math.min(range.length, sizeBytes - offset) }
}

/** Sorts entries in place, ascending by path (by UTF-16 unit), as `list` reports them. */
export function sortEntries(entries: StorageEntry[]): StorageEntry[] {
  return entries.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0))
}

/** The error of a `write` to a taken name: nothing is ever overwritten. */
export function nameTaken(place: string): HoldfastError {
  return new HoldfastError(
    'STORAGE_FAILED',
    `cannot write ${place}: the name is taken, and nothing is ever overwritten; give it up and use a new name`,
  )
}
