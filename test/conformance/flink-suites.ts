/**
 * Flink's test cases as data: what each checks, and which tests of ours answer it, or why none has to. One JSON file
 * of `flink/` per suite, read from Flink 2.4-SNAPSHOT, commit c43754cdc4f. Invariant: a row has tests or a reason,
 * never both, and a suite as many rows as Flink has cases.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** One case of Flink's. */
export interface FlinkRow {
  /** The method's name; `method[Context]` for one that Flink runs in several contexts. */
  readonly test: string
  /** What it checks, in our words. */
  readonly behaviour: string
  /** Ids of our cases, or `path/to/file.test.ts › title`; empty: not applicable. */
  readonly ours: readonly string[]
  /** Why it has no counterpart. */
  readonly notApplicable: string | undefined
  /** Where ours differs on purpose. */
  readonly note: string | undefined
}

/** One of Flink's suites. */
export interface FlinkSuite {
  readonly suite: string
  /** The Maven module. */
  readonly module: string
  /** How many cases Flink has; contexts count. */
  readonly cases: number
  readonly about: string
  readonly rows: readonly FlinkRow[]
}

/** A row as it is written. Exactly one of `ours`, `notApplicable` and `contexts`. */
interface WrittenRow {
  readonly test: string
  readonly behaviour: string
  readonly ours?: readonly string[]
  readonly notApplicable?: string
  readonly note?: string
  /** By context: ids, or a reason. */
  readonly contexts?: Readonly<Record<string, readonly string[] | string>>
}

const folder = fileURLToPath(new URL('flink', import.meta.url))

/** All suites, by the names of their files. */
export function flinkSuites(): FlinkSuite[] {
  return readdirSync(folder)
    .toSorted()
    .map((file) => {
      const written = JSON.parse(readFileSync(join(folder, file), 'utf8')) as FlinkSuite
      const rows = (written.rows as readonly WrittenRow[]).flatMap((row) => expanded(row, file))
      return { ...written, rows }
    })
}

/** Cases of ours that do not exist yet, by id: what each will say. */
export function plannedCases(): ReadonlyMap<string, string> {
  const text = readFileSync(join(folder, '..', 'planned.json'), 'utf8')
  return new Map(Object.entries(JSON.parse(text) as Record<string, string>))
}

function expanded(row: WrittenRow, file: string): FlinkRow[] {
  const { test, behaviour, note } = row
  const answers = [row.ours, row.notApplicable, row.contexts].filter((one) => one !== undefined)
  if (answers.length !== 1) throw new Error(`${file}, ${test}: ours, notApplicable or contexts`)
  if (row.contexts === undefined) {
    const { ours = [], notApplicable } = row
    return [{ test, behaviour, ours: [...new Set(ours)], notApplicable, note }]
  }
  return Object.entries(row.contexts).map(([context, answer]) => ({
    test: `${test}[${context}]`,
    behaviour,
    ours: typeof answer === 'string' ? [] : [...new Set(answer)],
    notApplicable: typeof answer === 'string' ? answer : undefined,
    note,
  }))
}
