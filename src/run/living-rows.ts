/**
 * What is left of a row once its expired values are taken out. Works on bytes, by schema numbers and timestamps alone:
 * no serializer, no clock, so that whoever merges the runs of a checkpoint gets the same (docs/format/run-format.md,
 * "Expired values").
 */
import { ByteReader } from '../base/bytes.js'
import type { RowAge, RowAges } from '../state/state-ages.js'
import { APPEND, PUT, type Row } from './format.js'

/** The row, or a shorter list, or `undefined` if nothing of it lives. */
export type Living = (row: Row) => Row | undefined

/** Judges the rows of one state; `undefined`: nothing of it is dead. */
export function livingRows({ list, schemas }: RowAges): Living | undefined {
  const limits = schemas.flatMap((age) => (age === undefined ? [] : [age.deadUpTo]))
  if (limits.every((limit) => limit === Number.NEGATIVE_INFINITY)) return undefined
  if (!list) return (row) => (row.kind === PUT && isDead(schemas, row.value, row) ? undefined : row)
  // All operands of a list that has a timestamp have one, none newer than its own.
  const allDeadUpTo = Math.min(...limits)
  return (row) => {
    if (row.kind !== PUT && row.kind !== APPEND) return row
    if (row.timestamp !== undefined && row.timestamp <= allDeadUpTo) return undefined
    return livingList(row, schemas)
  }
}

function livingList(row: Row, schemas: readonly (RowAge | undefined)[]): Row | undefined {
  const from = new ByteReader(row.value, 'a list')
  const parts: Uint8Array[] = []
  /** Where the operands begin that live and are not in `parts` yet. */
  let start = 0
  while (!from.done) {
    const begin = from.offset
    if (!isDeadOperand(schemas, from.take(from.varint()))) continue
    parts.push(row.value.subarray(start, begin))
    start = from.offset
  }
  if (start === 0) return row
  parts.push(row.value.subarray(start))
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  if (length === 0) return undefined
  const value = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    value.set(part, at)
    at += part.length
  }
  return { ...row, value }
}

function isDead(
  schemas: readonly (RowAge | undefined)[],
  value: Uint8Array,
  { timestamp }: Row,
): boolean {
  const age = schemas[value[0] ?? 0]
  // What ought to have a timestamp and has none is not judged here: reading it will fail.
  return age !== undefined && (age.stamped ? (timestamp ?? Number.NaN) : 0) <= age.deadUpTo
}

function isDeadOperand(schemas: readonly (RowAge | undefined)[], operand: Uint8Array): boolean {
  const age = schemas[operand[0] ?? 0]
  if (age === undefined) return false
  if (!age.stamped) return age.deadUpTo >= 0
  return new ByteReader(operand.subarray(1), 'an operand').i64() <= age.deadUpTo
}
