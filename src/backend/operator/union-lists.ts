/**
 * Union lists: after a restore each subtask's list begins with all that all of them had.
 *
 * What was restored is the *pool*. It is held once, stays where it is in older runs, and belongs to all subtasks
 * together; what a subtask adds is its *part*, in a slot of its own above those of the pool. A subtask that
 * replaces or clears its list lets go of the pool, and when the last one has, the pool is deleted. So a
 * checkpoint holds each element once, where Flink's holds it once per subtask that did not clear its list.
 *
 * Invariant: slots below `first` are the pool's, slot `first + i` is the part of subtask `i`.
 */
import type { ListState } from '../../state/state.js'
import { SlotList } from './slot-list.js'
import type { Slots } from './slots.js'

const NOTHING: readonly unknown[] = Object.freeze([])

/** All restored elements, and how many subtasks' lists still begin with them. */
class Pool {
  readonly items: readonly unknown[]
  readonly #lists: readonly SlotList[]
  #holders: number

  constructor(lists: readonly SlotList[], holders: number) {
    this.items = lists.flatMap((list) => list.get())
    this.#lists = lists
    this.#holders = holders
  }

  letGo(): void {
    if (--this.#holders === 0) for (const list of this.#lists) list.clear()
  }
}

/** One subtask's union list. */
class UnionList implements ListState<unknown> {
  #pool: Pool | undefined
  readonly #part: SlotList
  /** Pool and part in one array, until the part changes. */
  #joined: readonly unknown[] | undefined

  constructor(pool: Pool | undefined, part: SlotList) {
    this.#pool = pool
    this.#part = part
  }

  get(): readonly unknown[] {
    const pool = this.#pool?.items ?? NOTHING
    if (pool.length === 0) return this.#part.get()
    this.#joined ??= [...pool, ...this.#part.get()]
    return this.#joined
  }

  add(element: unknown): void {
    this.#part.add(element)
    this.#joined = undefined
  }

  addAll(elements: readonly unknown[]): void {
    this.#part.addAll(elements)
    this.#joined = undefined
  }

  update(elements: readonly unknown[]): void {
    this.#part.update(elements)
    this.#letGo()
  }

  clear(): void {
    this.#part.clear()
    this.#letGo()
  }

  #letGo(): void {
    this.#joined = undefined
    this.#pool?.letGo()
    this.#pool = undefined
  }
}

/** The list of each subtask. */
export function openUnionLists(
  slots: Slots,
  name: string,
  parallelism: number,
): ListState<unknown>[] {
  const restored = slots.used(name)
  const first = (restored.at(-1) ?? -1) + 1
  const lists = restored.map((slot) => new SlotList(slots, slot, name))
  const pool = lists.length === 0 ? undefined : new Pool(lists, parallelism)
  return Array.from(
    { length: parallelism },
    (_, subtask) => new UnionList(pool, new SlotList(slots, first + subtask, name)),
  )
}
