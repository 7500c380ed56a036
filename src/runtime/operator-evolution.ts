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
}

/** One operator's state across a change of the program. */
export class OperatorEvolution {
  /** What manifests say of the states. */
  readonly shapes: OperatorShape['states']
  readonly #parts: OperatorEvolutionParts
  readonly #rewrite: ReadonlySet<string>
  readonly #keys: MigratedKeys = new Map()

  constructor(parts: OperatorEvolutionParts) {
    const { plan, rewriting, coordinator } = parts
    this.#parts = parts
    this.#rewrite = rewrittenStates(plan, rewriting)
    this.shapes = stateShapes(plan, this.#rewrite, coordinator.restored.checkpoint)
  }

  /** What the backend of a subtask is told of it. */
  opening(
    range: KeyGroupRange,
  ): Pick<KeyedBackendContext, 'codecs' | 'keyType' | 'rewrite' | 'restore'> {
    const { plan, keying } = this.#parts
    return {
      codecs: codecsOf(plan),
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
    return migratedRows(old, { operator, migration, keying, range, keys: this.#keys })
  }
}
