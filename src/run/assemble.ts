/**
 * From a delta to a run: batches of rows are sorted and merged with the runs just below them (the inlined
 * ones a manifest has gathered), newest last. Runs wherever the builder runs it, usually in a worker.
 */
import type { KeyGroupRange } from '../keygroup/key-group-range.js'
import { compareSections, type Row, type SectionName } from './format.js'
import type { Living } from './living-rows.js'
import { mergeRows } from './merge.js'
import { type RowBatch, readBatch } from './row-batch.js'
import { memoryRun, type RowCursor, RunReader } from './run-reader.js'
import { type BuiltRun, RunWriter } from './run-writer.js'
import { sortRows } from './sort.js'

const ALL_KEY_GROUPS: KeyGroupRange = { first: 0, last: 65_535 }

/** A run to be merged into a newer one. */
export interface RunBelow {
  readonly bytes: Uint8Array
  /** The sections whose rows still count; what is in others is left out. Default: all. */
  readonly sections?: readonly SectionName[]
}

/**
 * Builds one run.
 * @param batches the delta, each row key at most once
 * @param below runs directly older than the delta, oldest first, to be merged into it
 * @param livingOf takes out what has expired, by section. Default: nothing
 * @returns `undefined` if there are no rows
 */
export async function assembleRun(
  batches: readonly RowBatch[],
  below: readonly RunBelow[],
  livingOf: (name: SectionName) => Living | undefined = () => undefined,
): Promise<BuiltRun | undefined> {
  const delta = new Sections<Row[]>()
  for (const batch of batches) {
    const rows = delta.getOr(batch.section, () => [])
    for (const row of readBatch(batch.bytes)) rows.push(row)
  }
  const older = await Promise.all(below.map(openBelow))
  for (const { run, counts } of older) {
    for (const section of run.sections) if (counts(section)) delta.getOr(section, () => [])
  }
  const writer = new RunWriter()
  for (const [name, rows] of delta.sorted()) {
    writer.section(name)
    const cursors = older.flatMap(({ run, counts }) =>
      counts(name) ? sectionCursor(run, name) : [],
    )
    cursors.push(once(sortRows(rows)))
    for await (const merged of mergeRows(cursors, { bottom: false, living: livingOf(name) })) {
      for (const row of merged) writer.add(row)
    }
  }
  return writer.finish()
}

interface OpenBelow {
  readonly run: RunReader
  counts(section: SectionName): boolean
}

async function openBelow({ bytes, sections }: RunBelow): Promise<OpenBelow> {
  const run = await RunReader.open(memoryRun(bytes, 'an inlined run'))
  const counts = (section: SectionName): boolean =>
    sections?.some((one) => compareSections(one, section) === 0) ?? true
  return { run, counts }
}

function sectionCursor(run: RunReader, name: SectionName): RowCursor[] {
  const section = run.section(name)
  return section === undefined ? [] : [run.rows(section, ALL_KEY_GROUPS)]
}

function once(rows: readonly Row[]): RowCursor {
  let rest: readonly Row[] | undefined = rows.length > 0 ? rows : undefined
  return {
    next: async () => {
      const next = rest
      rest = undefined
      return next
    },
  }
}

/** Values by section name. */
class Sections<T> {
  readonly #entries: { name: SectionName; value: T }[] = []

  getOr(name: SectionName, make: () => T): T {
    const found = this.#entries.find((entry) => compareSections(entry.name, name) === 0)
    if (found !== undefined) return found.value
    const value = make()
    this.#entries.push({ name: { operator: name.operator, state: name.state }, value })
    return value
  }

  sorted(): [SectionName, T][] {
    const sorted = this.#entries.toSorted((a, b) => compareSections(a.name, b.name))
    return sorted.map((entry) => [entry.name, entry.value])
  }
}
