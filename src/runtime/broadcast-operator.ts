/**
 * The broadcast side of a step at work: its records change the maps that all subtasks of the step share. Each is
 * seen once, not once per subtask, since the map is held once.
 */
import type { BroadcastStep } from './graph.js'
import { fillTimes, forward, type Operator, operatorFailed, type Timestamps } from './operator.js'
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

  push(batch: readonly unknown[], times: Timestamps): void | Promise<void> {
    const { operatorStates, next } = this.#target()
    const { onBroadcast, uid } = this.#step
    const context = this.#context
    const outTimes: number[] | undefined = times && []
    try {
      operatorStates.broadcasting(() => {
        for (let i = 0; i < batch.length; i++) {
          onBroadcast?.(batch[i], operatorStates.broadcast, context)
          if (outTimes !== undefined) fillTimes(outTimes, context.out.length, times?.[i] as number)
        }
      })
    } catch (cause) {
      throw operatorFailed(`onBroadcast of "${uid}"`, cause)
    }
    return forward(next, context.take(), outTimes)
  }

  /** The step's event time is that of its own input: this side does not hold it back. */
  async advance(): Promise<boolean> {
    return true
  }
}
