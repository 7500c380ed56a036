/** Mutants of time to live across checkpoints and programs. */
import { edit, type Mutant } from './mutant.js'

const JOBS = 'test/recovery/ttl.test.ts'

export const TTL_MUTANTS: readonly Mutant[] = [
  {
    name: 'ttl: every restart begins an era',
    edits: [
      edit(
        'src/state/state-ages.ts',
        'if (!beginsEra(kept, ttl)) {',
        'if (ttl === undefined && !beginsEra(kept, ttl)) {',
      ),
    ],
    tests: [JOBS],
  },
  {
    name: 'ttl: a longer one brings back what had expired',
    edits: [
      edit(
        'src/state/ttl.ts',
        'return horizon > floor ? Math.floor(horizon) : floor',
        'return floor === horizon ? floor : Math.floor(horizon)',
      ),
    ],
    tests: [JOBS],
  },
  {
    name: 'ttl: the end of the input forgets what had expired',
    edits: [
      edit(
        'src/state/state-clock.ts',
        'if (watermark !== Number.POSITIVE_INFINITY) this.eventTime = watermark',
        'this.eventTime = Number.isFinite(watermark) ? watermark : Number.NEGATIVE_INFINITY',
      ),
    ],
    tests: [JOBS],
  },
  {
    name: 'ttl: nothing is removed while the input is idle',
    edits: [edit('src/runtime/task.ts', 'if (!pipeline.expires) return', 'if (pipeline) return')],
    tests: [JOBS],
  },
  {
    name: 'ttl: time passes within a batch of a store',
    edits: [
      edit(
        'src/runtime/open-state.ts',
        'if (this.#between) this.#timers.tick()',
        'this.#timers.tick()',
      ),
    ],
    tests: ['test/embedded/ttl.test.ts'],
  },
]
