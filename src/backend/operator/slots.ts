/**
 * Operator state as keyed state: a slot per subtask is a key, so that any keyed backend keeps, snapshots and restores
 * it. Invariant: whoever uses a state of the backend has selected its slot right before.
 */
import { HoldfastError } from '../../base/errors.js'
import { keyText } from '../../state/key.js'
import { VOID_NAMESPACE } from '../../state/namespace.js'
import type { State } from '../../state/state.js'
import { OPERATOR_STATE_GROUPS } from '../operator-state-backend.js'
import type { KeyedStateBackend } from '../state-backend.js'

/** A keyed backend whose keys are the slots of operator state. */
export class Slots {
  readonly backend: KeyedStateBackend
  readonly operator: string
  #current = -1

  constructor(backend: KeyedStateBackend, operator: string) {
    this.backend = backend
    this.operator = operator
  }

  /** Makes a slot current. */
  select(slot: number): void {
    if (slot === this.#current) return
    this.#current = slot
    this.backend.setCurrentKey(slot, OPERATOR_STATE_GROUPS.first, 'long')
  }

  /** The state of this name, in the current slot. */
  state(name: string): State {
    return this.backend.state(name)
  }

  /**
   * The slots in which a state has something, ascending.
   * @throws `CORRUPT` for a key that is none
   */
  used(name: string): number[] {
    const slots: number[] = []
    for (const [key, keyGroup] of this.backend.keysOf(name, VOID_NAMESPACE)) {
      const isSlot = typeof key === 'number' && Number.isSafeInteger(key) && key >= 0
      if (!isSlot || keyGroup !== OPERATOR_STATE_GROUPS.first) {
        const what = `operator state "${name}" of "${this.operator}" has a key ${keyText(key)}`
        throw new HoldfastError('CORRUPT', `${what}, which is no subtask`)
      }
      slots.push(key)
    }
    return slots.sort((a, b) => a - b)
  }
}
