/**
 * The broadcast side of a step at work: its records change the maps that all subtasks of the step share. Each is
 * seen once, not once per subtask, since the map is held once.
 */
import type { BroadcastStep } from './graph.js'
import { forward, type Operator, operatorFailed } from './operator.js'
import type { OperatorStates } from './operator-state.js'
import { EmittingContext } from './subtask-context.js'

/** The step whose broadcast side it is, at work. */
export interface BroadcastTarget {
  readonly operatorStates: OperatorStates
  /** Who gets what the step emits. */
  readonly next: readonly Operator[]
}

/** Hands records to `onBroadcast` of another step. */
export class BroadcastOperator implements Operator {
  readonly #step: BroadcastStep['to']
  readonly #target: () => BroadcastTarget
  readonly #context = new EmittingContext()

  /** @param target asked when records come: the step may be opened after its broadcast side */
  constructor(step: BroadcastStep['to'], target: () => BroadcastTarget) {
    this.#step = step
    this.#target = target
  }

  push(batch: readonly unknown[]): void | Promise<void> {
    const { operatorStates, next } = this.#target()
    const { onBroadcast, uid } = this.#step
    const context = this.#context
    try {
      operatorStates.broadcasting(() => {
        for (const record of batch) onBroadcast?.(record, operatorStates.broadcast, context)
      })
    } catch (cause) {
      throw operatorFailed(`onBroadcast of "${uid}"`, cause)
    }
    return forward(next, context.take())
  }
}
