/** Mutants of what happens to state when its program changes. */
import { edit, type Mutant } from './mutant.js'

const CHAIN = 'src/checkpoint/chain.ts'
const EVOLUTION = 'test/recovery/evolution.test.ts'
const BACKEND = 'src/backend/memory/memory-backend.test.ts'

export const EVOLUTION_MUTANTS: readonly Mutant[] = [
  {
    name: 'evolution: rows of a dropped state are merged into newer runs',
    edits: [
      edit(
        'src/checkpoint/coordinator.ts',
        "return { bytes: Buffer.from(inline, 'base64'), sections }",
        "return { bytes: Buffer.from(inline, 'base64') }",
      ),
    ],
    tests: [EVOLUTION],
  },
  {
    name: 'evolution: a state declared again counts rows from before it was dropped',
    edits: [edit(CHAIN, 'begins || rewrittenFrom', 'rewrittenFrom')],
    tests: [EVOLUTION],
  },
  {
    name: 'evolution: a state that was dropped is read from the runs of others',
    edits: [
      edit(
        'src/checkpoint/restore-plan.ts',
        'if (kept === undefined || record === undefined) return shares\n  const { since = 0 } = record',
        'if (kept === undefined) return shares\n  const { since = 0 } = record ?? {}',
      ),
    ],
    tests: [EVOLUTION],
  },
  {
    name: 'evolution: a list that is written anew is appended to what it replaces',
    edits: [
      edit(
        'src/backend/memory/list-table.ts',
        'if (cell.value instanceof HeapList) cell.value.held = NOTHING',
        'if (cell.value instanceof HeapList) cell.value.held = 0',
      ),
    ],
    tests: [BACKEND],
  },
  {
    name: 'evolution: the checkpoint after a rewrite replaces it again',
    edits: [edit(CHAIN, 'rewrittenFrom === content.checkpoint', 'rewrittenFrom !== undefined')],
    tests: ['test/embedded/evolution.test.ts'],
  },
  {
    name: 'evolution: two old keys may become one',
    edits: [
      edit(
        'src/runtime/migrated-rows.ts',
        'else if (keyIdentity(other) !== keyIdentity(old)) {',
        'else if (other === undefined) {',
      ),
    ],
    tests: [EVOLUTION],
  },
  {
    name: 'evolution: timers are filed under new keys as other rows are',
    edits: [edit('src/runtime/migrated-rows.ts', 'if (timers) readOrdered(from)', '')],
    tests: ['test/recovery/key-migration.test.ts'],
  },
  {
    name: 'evolution: what does not fit is found out after the claim',
    edits: [
      edit('src/checkpoint/evolution.ts', 'if (misfits.length === 0) return', 'if (job) return'),
    ],
    tests: [EVOLUTION],
  },
]
