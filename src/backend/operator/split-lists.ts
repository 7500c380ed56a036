/** Split lists: one per subtask, dealt out anew when they were written for another number of subtasks. */
import { HoldfastError } from '../../base/errors.js'
import { redistribute } from './redistribute.js'
import { SlotList } from './slot-list.js'
import type { Slots } from './slots.js'

/** What split lists are opened with. */
export interface SplitLists {
  readonly name: string
  readonly parallelism: number
  /** The number of subtasks the restored lists were written for. */
  readonly before: number
}

/**
 * The list of each subtask. After a rescale those whose elements have moved count as changed.
 * @throws `CORRUPT` for the list of a subtask that there was not
 */
export function openSplitLists(
  slots: Slots,
  { name, parallelism, before }: SplitLists,
): SlotList[] {
  const lists = Array.from({ length: parallelism }, (_, slot) => new SlotList(slots, slot, name))
  const used = slots.used(name)
  const last = used.at(-1) ?? 0
  if (last >= before) {
    const where = `split state "${name}" of operator "${slots.operator}"`
    const message = `${where}: a list of subtask ${last}, but there were only ${before}`
    throw new HoldfastError('CORRUPT', message)
  }
  if (before === parallelism) return lists
  const kept = used.map((slot) => ({ slot, list: lists[slot] ?? new SlotList(slots, slot, name) }))
  const shares = redistribute(
    kept.map(({ list }) => [...list.get()]),
    parallelism,
  )
  for (const { slot, list } of kept) if (slot >= parallelism) list.clear()
  for (const [slot, list] of lists.entries()) {
    const share = shares[slot] ?? []
    if (!same(share, list.get())) list.update(share)
  }
  return lists
}

/** By identity: an element that comes from the same place is the same. */
function same(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((element, i) => Object.is(element, b[i]))
}
