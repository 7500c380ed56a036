/**
 * Opens operator state over any keyed backend: that backend keeps, snapshots and restores it; what is added here is
 * who gets which elements after a restore.
 */
import { HoldfastError } from '../../base/errors.js'
import { listState, mapState, type StateDescriptor } from '../../state/descriptor.js'
import type { OperatorStateDescriptor } from '../../state/operator-state.js'
import type { State } from '../../state/state.js'
import { StateClock } from '../../state/state-clock.js'
import {
  OPERATOR_STATE_GROUPS,
  type OperatorStateBackend,
  type OperatorStateContext,
} from '../operator-state-backend.js'
import type { BackendSnapshot, KeyedStateBackend, StateBackend } from '../state-backend.js'
import { openBroadcastMap } from './broadcast-map.js'
import { Slots } from './slots.js'
import { openSplitLists } from './split-lists.js'
import { openUnionLists } from './union-lists.js'

/**
 * Opens the operator state of all subtasks of one operator, restored if there is something to restore.
 * @throws `INCOMPATIBLE_STATE` for a state that is of another kind in the checkpoint, `CORRUPT` for rows that are
 *   not what they should be, and what the backend throws
 */
export async function openOperatorState(
  backend: StateBackend,
  context: OperatorStateContext,
): Promise<OperatorStateBackend> {
  const { operator, states } = context
  for (const [name, { kind }] of Object.entries(states)) checkKind(context, name, kind)
  const keyed = await backend.open({
    operator,
    range: OPERATOR_STATE_GROUPS,
    states: Object.fromEntries(Object.entries(states).map(([name, one]) => [name, keptAs(one)])),
    // It never expires, so no time is needed.
    clock: new StateClock(),
    ...(context.codecs === undefined ? {} : { codecs: context.codecs }),
    restore: (state) => context.restore(state),
    turn: () => context.turn(),
  })
  try {
    return new KeptOperatorState(keyed, context)
  } catch (error) {
    await keyed[Symbol.asyncDispose]()
    throw error
  }
}

/** The keyed state that holds an operator state. */
function keptAs({ kind, serializer }: OperatorStateDescriptor): StateDescriptor {
  return kind === 'broadcast' ? mapState({ serializer }) : listState({ serializer })
}

function checkKind({ operator, restored }: OperatorStateContext, name: string, kind: string): void {
  const before = restored(name)
  if (before === undefined || before.kind === kind) return
  throw new HoldfastError(
    'INCOMPATIBLE_STATE',
    `operator state "${name}" of operator "${operator}" is a ${before.kind} state in the checkpoint, ` +
      `a ${kind} state in the program; give the new one another name`,
  )
}

class KeptOperatorState implements OperatorStateBackend {
  readonly #keyed: KeyedStateBackend
  readonly #operator: string
  /** By name, then by subtask. */
  readonly #states: ReadonlyMap<string, readonly State[]>

  constructor(keyed: KeyedStateBackend, context: OperatorStateContext) {
    this.#keyed = keyed
    this.#operator = context.operator
    const slots = new Slots(keyed, context.operator)
    this.#states = new Map(
      Object.entries(context.states).map(([name, { kind }]) => {
        const { parallelism } = context
        if (kind === 'union') return [name, openUnionLists(slots, name, parallelism)]
        if (kind === 'broadcast') {
          return [name, Array<State>(parallelism).fill(openBroadcastMap(slots, name))]
        }
        const before = context.restored(name)?.parallelism ?? parallelism
        return [name, openSplitLists(slots, { name, parallelism, before })]
      }),
    )
  }

  state(subtask: number, name: string): State {
    const state = this.#states.get(name)?.[subtask]
    if (state !== undefined) return state
    throw new HoldfastError(
      'INVALID_STATE',
      `operator "${this.#operator}" has no operator state "${name}" for subtask ${subtask}; add it to its ` +
        '`operatorState`',
    )
  }

  snapshot(): BackendSnapshot {
    return this.#keyed.snapshot()
  }

  get dirty(): boolean {
    return this.#keyed.dirty
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#keyed[Symbol.asyncDispose]()
  }
}
