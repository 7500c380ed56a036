/**
 * The model test of the memory backend in full: 50 seeds, 100,000 operations each.
 *
 *     tsx scripts/model.ts [odd | even]   those seeds; two processes keep two cores busy. Default: all
 *
 * Prints each seed, its time and its verdict; goes on after a failure. `HOLDFAST_SEED=n npx vitest run
 * src/backend/memory/model.test.ts` plays one of them again.
 */
import { memoryBackend } from '../src/backend/memory/memory-backend.js'
import { messageOf } from '../src/base/errors.js'
import { runModel } from '../src/testing/model.js'

const SEEDS = 50
const OPERATIONS = 100_000

function seedsOf(which: string | undefined): number[] {
  const all = Array.from({ length: SEEDS }, (_, i) => i + 1)
  if (which === undefined) return all
  if (which !== 'odd' && which !== 'even') throw new Error(`"${which}" is neither odd nor even`)
  return all.filter((seed) => seed % 2 === (which === 'odd' ? 1 : 0))
}

/** Whether the backend agreed with the oracle all the way. */
async function play(seed: number): Promise<boolean> {
  const start = performance.now()
  let difference: string | undefined
  try {
    await runModel({ backend: memoryBackend(), seed, operations: OPERATIONS })
  } catch (error) {
    difference = messageOf(error)
  }
  const seconds = ((performance.now() - start) / 1000).toFixed(1)
  const verdict = difference === undefined ? 'ok    ' : 'FAILED'
  process.stdout.write(
    `model seed ${String(seed).padEnd(3)} ${verdict} ${OPERATIONS} operations, ${seconds} s\n`,
  )
  if (difference !== undefined) process.stdout.write(`${difference}\n`)
  return difference === undefined
}

for (const seed of seedsOf(process.argv[2])) {
  if (!(await play(seed))) process.exitCode = 1
}
