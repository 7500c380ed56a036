/**
 * The model test of a state backend: random operations by a seed, each compared with plain Maps and arrays that share no
 * code with any backend. Snapshots are committed or given up at any moment; restores go back to what was
 * committed, at any parallelism, and the oracle with them.
 */
import type { StateBackend } from '../backend/state-backend.js'
import { messageOf } from '../base/errors.js'
import { KeyedHarness } from './keyed-harness.js'
import { ModelBoard } from './model-board.js'
import { CLOCKS } from './model-clocks.js'
import { ModelDraw, weightsOf } from './model-draw.js'
import type { ModelOperations } from './model-operation.js'
import { BARRIERS, FOLDS, LISTS, MAPS, VALUES } from './model-operations.js'
import { ORDERED_MAPS, TIME_LISTS } from './model-ordered.js'
import { drawRules, modelStates } from './model-states.js'
import { TIMERS } from './model-timers.js'
import { AGING_FOLDS, AGING_LISTS, AGING_VALUES } from './model-ttl.js'
import { AGING_MAPS, AGING_ORDERED } from './model-ttl-maps.js'

/** What to play. */
export interface ModelOptions {
  readonly backend: StateBackend
  /** The same seed gives the same operations; fewer of them are the first of more. */
  readonly seed: number
  readonly operations: number
}

const MAX_PARALLELISM = 16

const OPERATIONS: ModelOperations = {
  ...VALUES,
  ...MAPS,
  ...LISTS,
  ...FOLDS,
  ...BARRIERS,
  ...ORDERED_MAPS,
  ...TIME_LISTS,
  ...TIMERS,
  ...CLOCKS,
  ...AGING_VALUES,
  ...AGING_FOLDS,
  ...AGING_LISTS,
  ...AGING_MAPS,
  ...AGING_ORDERED,
}

const WEIGHTS = weightsOf(Object.entries(OPERATIONS).map(([name, { weight }]) => [name, weight]))

/**
 * Plays the operations of one seed.
 * @throws an `Error` that names the seed and the operation at the first difference
 */
export async function runModel(options: ModelOptions): Promise<void> {
  const draw = new ModelDraw(options.seed)
  const rules = drawRules(draw)
  await using harness = await KeyedHarness.open({
    backend: options.backend,
    states: modelStates(rules),
    maxParallelism: MAX_PARALLELISM,
    parallelism: 1 + draw.below(3),
    keyType: draw.keyType,
  })
  const board = new ModelBoard(harness, draw, rules)
  let operation = 0
  let name = ''
  try {
    for (; operation < options.operations; operation++) {
      name = draw.weighted(WEIGHTS)
      await OPERATIONS[name]?.play(board)
    }
    name = 'the last comparison'
    await board.finish()
  } catch (cause) {
    const where = `seed ${options.seed}, operation ${operation} (${name})`
    throw new Error(`${where}: ${messageOf(cause)}\nagain: HOLDFAST_SEED=${options.seed}`, {
      cause,
    })
  }
}
