/** The rows a subtask begins with: its share of the restored checkpoint's runs, merged. */

import { defined } from '../base/assert.js'
import type { Coordinator } from '../checkpoint/coordinator.js'
import { agesOf } from '../checkpoint/record-ages.js'
import { planRestore } from '../checkpoint/restore-plan.js'
import type { KeyGroupRange } from '../keygroup/key-group-range.js'
import type { Row, SectionName } from '../run/format.js'
import { type Living, livingRows } from '../run/living-rows.js'
import { mergeRows } from '../run/merge.js'
import { type RowCursor, RunReader } from '../run/run-reader.js'
import { rowAges } from '../state/state-ages.js'

/** The rows of a state in a range of key groups that live at the checkpoint's clock, in ascending order. */
export async function* restoredRows(
  coordinator: Coordinator,
  name: SectionName,
  range: KeyGroupRange,
): AsyncGenerator<readonly Row[]> {
  const cursors: RowCursor[] = []
  for (const { run, keyGroups } of planRestore(coordinator.restored, name, range)) {
    const reader = await RunReader.open(defined(coordinator.runs.get(run.path), `run ${run.path}`))
    const section = reader.section(name)
    if (section !== undefined) cursors.push(reader.rows(section, keyGroups))
  }
  yield* mergeRows(cursors, { bottom: true, living: livingOf(coordinator, name) })
}

/** What takes out what had expired by the checkpoint, whoever reads it and whenever. */
function livingOf(coordinator: Coordinator, { operator, state }: SectionName): Living | undefined {
  const record = coordinator.restored.operators.get(operator)?.states.get(state)
  return record && livingRows(rowAges(agesOf(record), record.kind === 'list'))
}
