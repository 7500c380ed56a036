/**
 * A few seeds with few operations. All seeds in full: scripts/model.ts. HOLDFAST_SEED=n runs that one, in full.
 */
import { describe, expect, it } from 'vitest'
import { runModel } from '../../testing/model.js'
import type { StateBackend } from '../state-backend.js'
import { memoryBackend } from './memory-backend.js'

const { HOLDFAST_SEED } = process.env
const SEEDS =
  HOLDFAST_SEED === undefined
    ? Array.from({ length: 12 }, (_, i) => i + 1)
    : [Number(HOLDFAST_SEED)]
const OPERATIONS = HOLDFAST_SEED === undefined ? 1500 : 100_000

describe('the memory backend', () => {
  it.each(SEEDS)('agrees with plain maps on every operation of seed %i', async (seed) => {
    await expect(
      runModel({ backend: memoryBackend(), seed, operations: OPERATIONS }),
    ).resolves.toBe(undefined)
  })
})

describe('the model test', () => {
  it('finds a backend that forgets a snapshot it should take back, and names the seed', async () => {
    const forgetful = memoryBackend()
    const backend: StateBackend = {
      name: 'forgetful',
      open: async (context) => {
        const opened = await forgetful.open(context)
        const snapshot = opened.snapshot.bind(opened)
        opened.snapshot = () => {
          const frozen = snapshot()
          return {
            write: (out, pause) => frozen.write(out, pause),
            settle: (_, pause) => frozen.settle(true, pause),
          }
        }
        return opened
      },
    }
    await expect(runModel({ backend, seed: 7, operations: 5000 })).rejects.toThrow(
      /^seed 7, operation \d+ \(.*HOLDFAST_SEED=7$/s,
    )
  })
})
