/**
 * A step's operator state at work: opened and restored for all subtasks, its broadcast maps open for changes only
 * while a record of the broadcast side is at hand: what another record put there would depend on which subtask it met.
 */
import { openOperatorState } from '../backend/operator/open-operator-state.js'
import {
  OPERATOR_STATE_GROUPS,
  type OperatorStateBackend,
  type RestoredOperatorState,
} from '../backend/operator-state-backend.js'
import type { StateBackend } from '../backend/state-backend.js'
import { defined } from '../base/assert.js'
import type { Clock } from '../base/clock.js'
import { HoldfastError } from '../base/errors.js'
import type { Coordinator } from '../checkpoint/coordinator.js'
import type { StateRecord } from '../checkpoint/manifest.js'
import type { Key } from '../state/key.js'
import {
  OPERATOR_STATE_KINDS,
  type OperatorStateDescriptors,
  type OperatorStateKind,
} from '../state/operator-state.js'
import type { MapState, State } from '../state/state.js'
import type { StateCodec } from '../state/state-codec.js'
import { GuardedMap } from './guarded-state.js'
import { operatorFailed } from './operator.js'
import { restoredRows } from './restored-rows.js'
import type { SubtaskAt, SubtaskPlace } from './subtask-context.js'

/** What a step declares of its subtasks' own state. */
interface OperatorStateStep {
  readonly uid: string
  readonly operatorStates: OperatorStateDescriptors
  /** Called once per subtask, restored, before the first record. */
  readonly onOpen: ((states: SubtaskAt['operatorState'], place: SubtaskPlace) => void) | undefined
}

/** What it is opened with. */
interface OperatorStateParts {
  readonly backend: StateBackend
  readonly coordinator: Coordinator
  readonly clock: Clock
  readonly parallelism: number
  readonly codecs: ReadonlyMap<string, StateCodec>
}

/** Whether broadcast maps may be changed. */
interface Gate {
  open: boolean
}

/** The operator state of all subtasks of a step. */
export class OperatorStates {
  /** `undefined`: the step has none. */
  readonly backend: OperatorStateBackend | undefined
  /** In order of index; at least one. */
  readonly subtasks: readonly SubtaskAt[]
  /** Only the broadcast maps, by name. */
  readonly broadcast: Readonly<Record<string, State>>
  readonly #gate: Gate

  private constructor(
    backend: OperatorStateBackend | undefined,
    states: OperatorStateDescriptors,
    parallelism: number,
  ) {
    this.backend = backend
    const gate = { open: false }
    this.#gate = gate
    const declared = Object.entries(states)
    this.subtasks = Array.from({ length: parallelism }, (_, subtask) => {
      const entries = declared.map(([name, { kind }]): [string, State] => {
        const state = defined(backend, 'the backend of operator state').state(subtask, name)
        if (kind !== 'broadcast') return [name, state]
        const map = state as MapState<Key, unknown>
        return [name, new GuardedMap(map, () => requireOpen(gate, name))]
      })
      return { subtask, parallelism, operatorState: Object.freeze(Object.fromEntries(entries)) }
    })
    const shared = declared.filter(([, { kind }]) => kind === 'broadcast')
    const first = this.subtasks[0]?.operatorState ?? {}
    this.broadcast = Object.freeze(
      Object.fromEntries(shared.map(([name]) => [name, first[name] as State])),
    )
  }

  /**
   * Opens and restores what a step declares, and calls its `onOpen`.
   * @throws what `openOperatorState` throws, `OPERATOR_FAILED`
   */
  static async open(step: OperatorStateStep, parts: OperatorStateParts): Promise<OperatorStates> {
    const { uid, operatorStates, onOpen } = step
    const { parallelism } = parts
    const isEmpty = Object.keys(operatorStates).length === 0
    const backend = isEmpty ? undefined : await openRestored(step, parts)
    const states = new OperatorStates(backend, operatorStates, parallelism)
    try {
      for (const at of states.subtasks) onOpen?.(at.operatorState, at)
    } catch (cause) {
      await backend?.[Symbol.asyncDispose]()
      throw operatorFailed(`onOpen of "${uid}"`, cause)
    }
    return states
  }

  /** Runs what may change the broadcast maps. */
  broadcasting(run: () => void): void {
    this.#gate.open = true
    try {
      run()
    } finally {
      this.#gate.open = false
    }
  }
}

/** Opens operator state from what the coordinator has restored. */
export function openRestored(
  { uid, operatorStates: states }: Pick<OperatorStateStep, 'uid' | 'operatorStates'>,
  { backend, coordinator, clock, parallelism, codecs }: OperatorStateParts,
): Promise<OperatorStateBackend> {
  const kept = coordinator.restored.operators.get(uid)?.states
  return openOperatorState(backend, {
    operator: uid,
    parallelism,
    states,
    codecs,
    restored: (state) => restoredState(kept?.get(state)),
    restore: (state) => restoredRows(coordinator, { operator: uid, state }, OPERATOR_STATE_GROUPS),
    turn: () => clock.turn(),
  })
}

/** Keyed state of this name is told apart before anything is opened (restore-plan.ts). */
function restoredState(record: StateRecord | undefined): RestoredOperatorState | undefined {
  const kind = OPERATOR_STATE_KINDS.find((one: OperatorStateKind) => one === record?.kind)
  return kind && { kind, parallelism: record?.parallelism }
}

/** Throws unless broadcast maps may be changed. */
function requireOpen(gate: Gate, name: string): void {
  if (gate.open) return
  throw new HoldfastError(
    'INVALID_STATE',
    `broadcast state "${name}" can be changed only in onBroadcast; anywhere else it is read`,
  )
}
