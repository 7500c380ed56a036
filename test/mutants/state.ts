/** Mutants of state: accessors, tables, schema numbers. */
import { edit, type Mutant } from './mutant.js'

const ACCESSORS = 'src/backend/accessors.ts'
const CELL = 'src/backend/memory/cell.ts'
const CELL_TABLE = 'src/backend/memory/cell-table.ts'
const HEAP_TABLE = 'src/backend/memory/heap-table.ts'
const LIST_TABLE = 'src/backend/memory/list-table.ts'
const MAP_TABLE = 'src/backend/memory/map-table.ts'
const MODEL = 'src/backend/memory/model.test.ts'
const SHARDS = 'src/backend/memory/shards.ts'
const SUITE = 'src/backend/memory/memory-backend.test.ts'
const TTL = 'src/state/ttl.ts'

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
        'removeCell(cell: Cell): void {\n    if (cell.epoch !== this.log.epoch) this.log.touch(cell)\n',
        'removeCell(cell: Cell): void {\n',
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
      edit('src/backend/memory/memory-backend.ts', 'cell.held = !rewrite', 'cell.held = false'),
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
  {
    name: 'a time to live is off by one: what expires lives one millisecond longer',
    edits: [edit(TTL, '? Math.floor(horizon) : floor', '? Math.floor(horizon) - 1 : floor')],
    tests: [MODEL],
  },
  {
    name: 'a time to live is off by one where a value is read: < instead of <=',
    edits: [
      edit(
        'src/backend/ttl-tables.ts',
        'if (stamped.timestamp <= lifetime.horizon) {\n      this.inner.remove()',
        'if (stamped.timestamp < lifetime.horizon) {\n      this.inner.remove()',
      ),
    ],
    tests: [MODEL],
  },
  {
    name: 'a timer that fires stays in the checkpoint',
    edits: [
      edit(
        'src/backend/memory/timer-slots.ts',
        "return live ? 'put' : 'delete'",
        "return live ? 'put' : undefined",
      ),
    ],
    tests: [MODEL],
  },
  {
    name: 'an entry that expires in the background stays in the order of its map',
    edits: [
      edit(
        MAP_TABLE,
        'cell.value !== GONE) this.removeCell(map, cell)\n            yield',
        'cell.value !== GONE) {\n this.log.epoch !== cell.epoch && this.log.touch(cell)\n' +
          'cell.value = GONE\n map.live--\n }\n            yield',
      ),
    ],
    tests: [MODEL],
  },
  {
    // No restore shows it, since the checkpoint knows what had expired: the suite counts the rows.
    name: 'what expires in the background leaves no tombstone',
    edits: [
      edit(
        CELL_TABLE,
        'if (!this.isLiving(cell.value, horizon)) this.removeCell(cell)',
        'if (!this.isLiving(cell.value, horizon)) cell.value = GONE',
      ),
    ],
    tests: [SUITE],
  },
  {
    name: 'a tombstone is forgotten: a deleted entry is not in the delta, as the model sees it',
    edits: [edit(HEAP_TABLE, 'if (absent && !cell.held) return', 'if (absent) return')],
    tests: [MODEL],
  },
  {
    name: 'an accumulator that a snapshot needs is changed in place, as the model sees it',
    edits: [
      edit(
        ACCESSORS,
        'inPlace ? this.#table.getMutable() : this.#table.get()',
        'this.#table.get()',
      ),
    ],
    tests: [MODEL],
  },
]
