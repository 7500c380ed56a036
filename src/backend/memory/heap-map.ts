/**
 * The map of one key on the heap: a cell per entry, deleted ones that a run may still hold among them.
 * Invariant: `live` counts the cells that are not deleted, and `order`, if it is kept, has exactly these.
 */
import { HoldfastError } from '../../base/errors.js'
import { LIMITS } from '../../base/limits.js'
import type { KeyIdentity } from '../../keygroup/key-identity.js'
import type { Key } from '../../state/key.js'
import { Cell, Home } from './cell.js'
import type { SortedCells } from './sorted-cells.js'

/** The map of one key. Ordered or not, of one hidden class. */
export class HeapMap extends Home {
  readonly cells: Map<KeyIdentity, Cell> = new Map()
  /** Entries that are not deleted. */
  live = 0
  /** `undefined`: no order is kept. */
  order: SortedCells | undefined = undefined

  /**
   * A cell for a map key that has none, deleted at first.
   * @throws `LIMIT_EXCEEDED` if the map is full; nothing is changed then
   */
  newCell(mapKey: Key, identity: KeyIdentity): Cell {
    if (this.cells.size >= LIMITS.shardEntriesMax) {
      throw new HoldfastError(
        'LIMIT_EXCEEDED',
        `a map holds ${this.cells.size} entries, as many as fit: spread it over several keys`,
      )
    }
    const cell = new Cell(mapKey, this)
    this.cells.set(identity, cell)
    return cell
  }

  /** A cell that was deleted gets a value. */
  appeared(cell: Cell): void {
    this.live++
    this.order?.insert(cell)
  }

  /** A cell that had a value is deleted. */
  vanished(cell: Cell): void {
    this.live--
    this.order?.delete(cell)
  }
}
