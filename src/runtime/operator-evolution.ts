/**
 * One operator's state across a change of the program: what its backends are opened with, the rows they begin with, and
 * what manifests say of it. Invariant: until the first checkpoint after a rewrite stands, its shapes say that the next
 * one replaces what was restored.
 */
import type { KeyedBackendContext } from '../backend/state-backend.js'
import type { OperatorShape } from '../checkpoint/chain.js'
import type { Coordinator } from '../checkpoint/coordinator.js'
import {
  codecsOf,
  type OperatorPlan,
  type Rewriting,
  rewrittenStates,
  stateShapes,
} from '../checkpoint/evolution.js'
import type { KeyGroupRange } from '../keygroup/key-group-range.js'
import type { Row } from '../run/format.js'
import type { KeyType } from '../state/key.js'
import type { Moment } from '../state/state-ages.js'
import type { StateCodec } from '../state/state-codec.js'
import type { Keying } from './keying.js'
import { type MigratedKeys, migratedRows } from './migrated-rows.js'
import { restoredRows } from './restored-rows.js'

/** What it is made from. */
export interface OperatorEvolutionParts {
  readonly operator: string
  readonly plan: OperatorPlan
  readonly coordinator: Coordinator
  readonly rewriting: Rewriting
  /** Of the program's keys. */
  readonly keying: Keying
  /** Its subtasks. */
  readonly parallelism: number
}

/** One operator's state across a change of the program. */
export class OperatorEvolution {
  readonly #parts: OperatorEvolutionParts
  readonly #rewrite: ReadonlySet<string>
  readonly #keys: MigratedKeys = new Map()

  constructor(parts: OperatorEvolutionParts) {
    this.#parts = parts
    this.#rewrite = rewrittenStates(parts.plan, parts.rewriting)
  }

  /** What a manifest says of the states at a barrier, by the operator's clocks. */
  shapes(at: Moment): OperatorShape['states'] {
    const { plan, coordinator, parallelism } = this.#parts
    const restored = coordinator.restored.checkpoint
    return stateShapes(plan, { rewritten: this.#rewrite, restored, at, parallelism })
  }

  /** The type of its keys; `undefined`: not known yet. */
  get keyType(): KeyType | undefined {
    return this.#parts.keying.type
  }

  /** How the values of the states are read and written. */
  get codecs(): ReadonlyMap<string, StateCodec> {
    return codecsOf(this.#parts.plan)
  }

  /** What the backend of a subtask is told of it. */
  opening(
    range: KeyGroupRange,
  ): Pick<KeyedBackendContext, 'codecs' | 'keyType' | 'rewrite' | 'restore'> {
    const { keying } = this.#parts
    return {
      codecs: this.codecs,
      keyType: keying.type,
      rewrite: this.#rewrite,
      restore: (state) => this.#rows(state, range),
    }
  }

  /** The rows of a state that a subtask begins with. */
  #rows(state: string, range: KeyGroupRange): AsyncIterable<readonly Row[]> {
    const { operator, coordinator, keying, plan } = this.#parts
    const name = { operator, state }
    const { migrateKey: migration } = plan
    if (migration === undefined) return restoredRows(coordinator, name, range)
    const all = { first: 0, last: keying.maxParallelism - 1 }
    const old = restoredRows(coordinator, name, all)
    const timers = plan.states.get(state)?.record.kind === 'timers'
    return migratedRows(old, { operator, migration, keying, range, timers, keys: this.#keys })
  }
}
