/** Mutants of state: accessors, tables, schema numbers. */
import { edit, type Mutant } from './mutant.js'

const ACCESSORS = 'src/backend/accessors.ts'
const CELL = 'src/backend/memory/cell.ts'
const CELL_TABLE = 'src/backend/memory/cell-table.ts'
const HEAP_TABLE = 'src/backend/memory/heap-table.ts'
const LIST_TABLE = 'src/backend/memory/list-table.ts'
const SHARDS = 'src/backend/memory/shards.ts'
const SUITE = 'src/backend/memory/memory-backend.test.ts'

export const STATE_MUTANTS: readonly Mutant[] = [
  {
    name: 'an accumulator that a snapshot needs is changed in place: no copy on write',
    edits: [
      edit(
        ACCESSORS,
        'inPlace ? this.#table.getMutable() : this.#table.get()',
        'this.#table.get()',
      ),
    ],
    tests: [SUITE],
  },
  {
    name: 'a changed cell does not keep what a snapshot still has to write',
    edits: [edit(CELL, 'if (cell.epoch === this.#frozenEpoch) cell.captured = cell.value\n', '')],
    tests: [SUITE],
  },
  {
    name: 'a tombstone is forgotten: a removed value is not in the delta',
    edits: [
      edit(
        CELL_TABLE,
        'if (cell === undefined || cell.value === GONE) return\n    if (cell.epoch !== this.log.epoch) this.log.touch(cell)\n',
        'if (cell === undefined || cell.value === GONE) return\n',
      ),
    ],
    tests: [SUITE],
  },
  {
    name: 'a tombstone is forgotten: a deletion that a run needs is not written',
    edits: [edit(HEAP_TABLE, 'if (absent && !cell.held) return', 'if (absent) return')],
    tests: [SUITE],
  },
  {
    name: 'a restored value does not count as held by a run',
    edits: [
      edit(
        'src/backend/memory/memory-backend.ts',
        'table.load(row).held = true',
        'table.load(row)',
      ),
    ],
    tests: [SUITE],
  },
  {
    name: 'the changes of a failed snapshot do not count as changed again',
    edits: [edit(HEAP_TABLE, 'else if (!replaced) log.touch(cell)\n', '')],
    tests: [SUITE],
  },
  {
    name: 'a list takes what a failed snapshot would have added for written',
    edits: [edit(LIST_TABLE, 'value.held = value.heldBefore', 'value.held = value.length')],
    tests: [SUITE],
  },
  {
    name: 'a namespace that is chosen leaves the cached lookup as it is',
    edits: [
      edit(
        SHARDS,
        'this.#namespace = namespace\n    this.#serial = 0',
        'this.#namespace = namespace',
      ),
    ],
    tests: [SUITE],
  },
  {
    name: 'merging lists leaves the sources',
    edits: [
      edit(
        ACCESSORS,
        'const elements = [...table.get()]\n      table.remove()',
        'const elements = [...table.get()]',
      ),
    ],
    tests: [SUITE],
  },
]
