/** The backends of embedded state: one subtask's keyed and operator state, opened and restored together. */
import type { OperatorStateBackend } from '../backend/operator-state-backend.js'
import type { KeyedStateBackend } from '../backend/state-backend.js'
import type { Coordinator } from '../checkpoint/coordinator.js'
import { subtaskRange } from '../keygroup/key-group-range.js'
import type { StateDescriptor, StateDescriptors } from '../state/descriptor.js'
import { guardedStates } from '../state/guard.js'
import type { Key } from '../state/key.js'
import type { OperatorStateDescriptor, OperatorStateDescriptors } from '../state/operator-state.js'
import type { ListState, MapState, State } from '../state/state.js'
import type { StateClock } from '../state/state-clock.js'
import { withTimers } from '../state/timer-queues.js'
import { GuardedList, GuardedMap } from './guarded-state.js'
import type { OperatorEvolution } from './operator-evolution.js'
import { openRestored } from './operator-state.js'
import type { RunSettings } from './settings.js'

/** What a store declares. */
interface DeclaredState {
  readonly state: StateDescriptors
  readonly operatorState?: OperatorStateDescriptors
  readonly onTimer?: unknown
  readonly development?: boolean
}

interface Opening {
  readonly coordinator: Coordinator
  readonly settings: RunSettings
  /** Number of key groups. */
  readonly max: number
  readonly clock: StateClock
  readonly evolution: OperatorEvolution
}

/**
 * Opens both backends of a store.
 * @throws what they throw; nothing is open then
 */
export async function openBackends(
  uid: string,
  declared: DeclaredState,
  { coordinator, settings, max, clock, evolution }: Opening,
): Promise<{
  readonly backend: KeyedStateBackend
  readonly operatorBackend: OperatorStateBackend
}> {
  const operatorStates = declared.operatorState ?? {}
  const range = subtaskRange(0, 1, max)
  const backend = await settings.backend.open({
    operator: uid,
    range,
    states: keptStates(declared),
    clock,
    ...evolution.opening(range),
    turn: () => settings.clock.turn(),
  })
  try {
    const { codecs } = evolution
    const { backend: opened, clock: time } = settings
    const parts = { coordinator, backend: opened, clock: time, parallelism: 1, codecs }
    return { backend, operatorBackend: await openRestored({ uid, operatorStates }, parts) }
  } catch (error) {
    await backend[Symbol.asyncDispose]()
    throw error
  }
}

/** The operator states of a store's one subtask, by name. */
export function ownStates(
  backend: OperatorStateBackend,
  states: OperatorStateDescriptors,
  changing: () => void,
): Readonly<Record<string, State>> {
  const entries = Object.entries(states).map(([name, { kind }]) => {
    const state = backend.state(0, name)
    if (kind === 'broadcast') {
      return [name, new GuardedMap(state as MapState<Key, unknown>, changing)] as const
    }
    return [name, new GuardedList(state as ListState<unknown>, changing)] as const
  })
  return Object.fromEntries(entries)
}

/** All states a store declares, keyed or not, by name. */
export function declaredStates(
  declared: DeclaredState,
): Readonly<Record<string, StateDescriptor | OperatorStateDescriptor>> {
  return { ...keptStates(declared), ...declared.operatorState }
}

/** The keyed states, and the queues of timers if there can be any. */
function keptStates({ state, onTimer, development }: DeclaredState): StateDescriptors {
  const states = development === true ? guardedStates(state) : state
  return onTimer === undefined ? states : withTimers(states)
}
