/**
 * Sorting rows by key. Comparing the first bytes as one number settles most pairs without a loop: six
 * bytes after the key group and the key's tag are exact in a double.
 */
import { compareBytes } from '../base/bytes.js'
import type { Row } from './format.js'

const PREFIX_BYTES = 6

interface Keyed {
  readonly group: number
  readonly prefix: number
  readonly rest: number
  readonly row: Row
}

/** The rows in ascending order of row key. */
export function sortRows(rows: readonly Row[]): Row[] {
  const keyed = rows.map(keyedRow)
  keyed.sort(compareKeyed)
  return keyed.map((one) => one.row)
}

function compareKeyed(a: Keyed, b: Keyed): number {
  return (
    a.group - b.group ||
    a.prefix - b.prefix ||
    a.rest - b.rest ||
    compareBytes(a.row.key, b.row.key)
  )
}

/** Key group and tag, then twice six bytes; past the end counts as zero, which no comparison after it contradicts. */
function keyedRow(row: Row): Keyed {
  const { key } = row
  const group = ((key[0] as number) << 16) | ((key[1] as number) << 8) | (key[2] as number)
  return { group, prefix: number6(key, 3), rest: number6(key, 3 + PREFIX_BYTES), row }
}

function number6(key: Uint8Array, at: number): number {
  const high = ((key[at] ?? 0) << 16) | ((key[at + 1] ?? 0) << 8) | (key[at + 2] ?? 0)
  const low = ((key[at + 3] ?? 0) << 16) | ((key[at + 4] ?? 0) << 8) | (key[at + 5] ?? 0)
  return high * 16_777_216 + low
}
