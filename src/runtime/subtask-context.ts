/** What user functions get besides record and states, whether their step is keyed or not. One object per operator. */
import type { OperatorStateDescriptors, OperatorStatesOf } from '../state/operator-state.js'
import type { State } from '../state/state.js'

/** Which subtask of how many. */
export interface SubtaskPlace {
  /** Its index, from 0 on. */
  readonly subtask: number
  readonly parallelism: number
}

/** The subtask at hand and its operator state; only valid during the call. */
export interface SubtaskContext<O extends OperatorStateDescriptors> extends SubtaskPlace {
  readonly operatorState: OperatorStatesOf<O>
}

/** Sends records on. */
export interface Emitter<Out> {
  /** Sends a record on. */
  emit(record: Out): void
}

/** A subtask and its operator state, types erased. */
export interface SubtaskAt extends SubtaskPlace {
  readonly operatorState: Readonly<Record<string, State>>
}

/** A context of no subtask in particular yet. */
const NOWHERE: SubtaskAt = Object.freeze({
  subtask: 0,
  parallelism: 1,
  operatorState: Object.freeze({}),
})

/** The context of all subtasks of an operator: changed per record, collecting what is emitted. */
export class EmittingContext implements Emitter<unknown>, SubtaskAt {
  /** The subtask at hand. */
  at: SubtaskAt = NOWHERE
  out: unknown[] = []

  get subtask(): number {
    return this.at.subtask
  }

  get parallelism(): number {
    return this.at.parallelism
  }

  get operatorState(): Readonly<Record<string, State>> {
    return this.at.operatorState
  }

  /** A member, not a method, so that user functions may take it out of the context. */
  readonly emit = (record: unknown): void => {
    this.out.push(record)
  }

  /** What has been emitted since it was last asked. */
  take(): unknown[] {
    const out = this.out
    this.out = []
    return out
  }
}
