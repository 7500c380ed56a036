/** One list in one slot: that of a split state's subtask, or one subtask's part of a union. */
import type { ListState } from '../../state/state.js'
import type { Slots } from './slots.js'

/** A list that needs no current key. */
export class SlotList implements ListState<unknown> {
  readonly #slots: Slots
  readonly #slot: number
  readonly #list: ListState<unknown>

  constructor(slots: Slots, slot: number, name: string) {
    this.#slots = slots
    this.#slot = slot
    this.#list = slots.state(name) as ListState<unknown>
  }

  get(): readonly unknown[] {
    this.#slots.select(this.#slot)
    return this.#list.get()
  }

  add(element: unknown): void {
    this.#slots.select(this.#slot)
    this.#list.add(element)
  }

  addAll(elements: readonly unknown[]): void {
    this.#slots.select(this.#slot)
    this.#list.addAll(elements)
  }

  update(elements: readonly unknown[]): void {
    this.#slots.select(this.#slot)
    this.#list.update(elements)
  }

  clear(): void {
    this.#slots.select(this.#slot)
    this.#list.clear()
  }
}
