/**
 * A step without keys at work: records are dealt out to its subtasks in turn (Flink's `rebalance`), beginning with the
 * first one at every start, and meet the operator state of the subtask they come to.
 */
import type { PlainStep } from './graph.js'
import {
  advanceAll,
  type Breathe,
  fillTimes,
  forward,
  type Operator,
  operatorFailed,
  type Timestamps,
} from './operator.js'
import type { OperatorStates } from './operator-state.js'
import { EmittingContext, type SubtaskAt } from './subtask-context.js'

/** What a plain operator is made of. */
export interface PlainOperatorParts {
  readonly step: PlainStep
  readonly operatorStates: OperatorStates
  /** Fixed by its first checkpoint; the format has it for every operator. */
  readonly maxParallelism: number
  /** Who gets what it emits. */
  readonly next: readonly Operator[]
}

/** A step without keys at work. */
export class PlainOperator implements Operator {
  readonly step: PlainStep
  readonly maxParallelism: number
  readonly operatorStates: OperatorStates
  readonly #next: readonly Operator[]
  readonly #context = new EmittingContext()
  /** The subtask that gets the next record. */
  #turn = 0

  constructor({ step, operatorStates, maxParallelism, next }: PlainOperatorParts) {
    this.step = step
    this.operatorStates = operatorStates
    this.maxParallelism = maxParallelism
    this.#next = next
  }

  push(batch: readonly unknown[], times: Timestamps): void | Promise<void> {
    const outTimes: number[] | undefined = times && []
    const context = this.#context
    const { subtasks } = this.operatorStates
    const { onRecord } = this.step
    try {
      for (let i = 0; i < batch.length; i++) {
        const at = subtasks[this.#turn] as SubtaskAt
        this.#turn = (this.#turn + 1) % subtasks.length
        context.at = at
        onRecord(batch[i], at.operatorState, context)
        if (outTimes !== undefined) fillTimes(outTimes, context.out.length, times?.[i] as number)
      }
    } catch (cause) {
      throw operatorFailed(`onRecord of "${this.step.uid}"`, cause)
    }
    return forward(this.#next, context.take(), outTimes)
  }

  advance(watermark: number, breathe: Breathe): Promise<boolean> {
    return advanceAll(this.#next, watermark, breathe)
  }

  /** The input has ended: calls `onEnd` for every subtask. */
  async end(turn: () => Promise<unknown>): Promise<void> {
    const { onEnd, uid } = this.step
    if (onEnd === undefined) return
    const context = this.#context
    for (const at of this.operatorStates.subtasks) {
      context.at = at
      try {
        onEnd(at.operatorState, context)
      } catch (cause) {
        throw operatorFailed(`onEnd of "${uid}"`, cause)
      }
      // What comes out at the end of the input belongs to no moment.
      await forward(this.#next, context.take(), undefined)
      await turn()
    }
  }
}
