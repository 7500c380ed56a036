/** The frozen changes of a queue of timers, turned into rows: a PUT with no value for each timer, or its DELETE. */
import { DELETE, PUT } from '../../run/format.js'
import type { RowEncoder } from '../../run/row-batch.js'
import type { BackendSnapshot, Pause } from '../state-backend.js'
import type { HeapTimerQueue } from './timer-queue.js'

/** One queue's snapshot. */
export class TimerSnapshot implements BackendSnapshot {
  readonly #queue: HeapTimerQueue
  readonly #frozen: { readonly slots: Int32Array; readonly length: number }
  #written = 0
  #settled = 0

  constructor(queue: HeapTimerQueue) {
    this.#queue = queue
    this.#frozen = queue.slots.freeze()
  }

  write(out: RowEncoder, pause: Pause): boolean {
    out.section(this.#queue.name)
    while (this.#written < this.#frozen.length) {
      this.#writeSlot(out, this.#frozen.slots[this.#written++] as number)
      if (pause()) return false
    }
    return true
  }

  settle(committed: boolean, pause: Pause): boolean {
    const { slots } = this.#queue
    while (this.#settled < this.#frozen.length) {
      const slot = this.#frozen.slots[this.#settled++] as number
      if (slot >= 0) slots.settle(slot, committed)
      if (pause()) return false
    }
    slots.settled()
    return true
  }

  #writeSlot(out: RowEncoder, slot: number): void {
    if (slot < 0) return
    const { slots } = this.#queue
    const owed = slots.owes(slot)
    if (owed === undefined) return
    out.begin()
    this.#queue.writeKey(slot, out.out)
    out.value()
    out.end(owed === 'put' ? PUT : DELETE)
  }
}
