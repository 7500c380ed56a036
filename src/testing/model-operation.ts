/** An operation of the model test: it acts on the backend and on the oracle, and compares what it reads. */
import type { ModelBoard } from './model-board.js'

/** An operation, and how often it comes, relative to the others. */
export interface ModelOperation {
  readonly weight: number
  play(board: ModelBoard): void | Promise<void>
}

/** Operations by name. */
export type ModelOperations = Readonly<Record<string, ModelOperation>>
