/** Mutants of a running job: state, output and positions at a checkpoint and after a restart. */
import { edit, type Mutant } from './mutant.js'

const CHECKPOINTER = 'src/runtime/checkpointer.ts'
const DAMAGE = 'test/recovery/damage.test.ts'
const SINKS = 'test/recovery/sinks.test.ts'
const RESTART = 'test/recovery/restart.test.ts'
const FAILED = 'test/recovery/failed-checkpoint.test.ts'
const CRASH = 'test/recovery/crash.test.ts'

export const JOB_MUTANTS: readonly Mutant[] = [
  {
    name: 'the state of a checkpoint that was given up counts as written',
    edits: [
      edit(
        CHECKPOINTER,
        'this.#settle(barrier, done !== undefined)',
        'this.#settle(barrier, true)',
      ),
    ],
    tests: [FAILED],
  },
  {
    name: 'the state of a checkpoint that failed counts as written',
    edits: [edit(CHECKPOINTER, 'this.#settle(barrier, false)', 'this.#settle(barrier, true)')],
    tests: [FAILED],
  },
  {
    name: 'a collection that is fenced counts as one that failed',
    edits: [edit(CHECKPOINTER, "if (hasCode(error, 'FENCED')) throw error\n", '')],
    tests: [RESTART],
  },
  {
    name: 'sinks are told before the commit',
    edits: [
      edit(
        CHECKPOINTER,
        'await barrier.prepared\n',
        'await barrier.prepared\n    for (const sink of pipeline.sinks) await sink.commit()\n',
      ),
    ],
    tests: [SINKS],
  },
  {
    name: 'what a failed checkpoint had prepared is forgotten',
    edits: [
      edit(
        'src/runtime/sink-operator.ts',
        'this.#pending = [...this.#pending, ...prepared]',
        'this.#pending = [...prepared]',
      ),
    ],
    tests: [SINKS],
  },
  {
    name: 'sinks are not told again what the restored checkpoint had prepared',
    edits: [
      edit(
        'src/runtime/pipeline.ts',
        'const pending = sinks.get(uid) ?? []',
        'const pending: [] = []',
      ),
    ],
    tests: [SINKS],
  },
  {
    name: 'output beyond the restored checkpoint stays visible',
    edits: [
      edit(
        'src/connectors/collection.ts',
        'if (beyond || !part.visible) parts.delete(id)',
        'if (!beyond && !part.visible) parts.delete(id)',
      ),
    ],
    tests: [DAMAGE],
  },
  {
    name: 'files beyond the restored checkpoint stay visible',
    edits: [
      edit(
        'src/connectors/json-lines.ts',
        '(partCheckpoint(file) ?? 0) > recovery.checkpoint',
        '(partCheckpoint(file) ?? 0) < 0',
      ),
    ],
    tests: [DAMAGE],
  },
  {
    name: 'the position of a checkpoint is the one before the last batch',
    edits: [
      edit('src/runtime/task.ts', '      this.#position = batch.position\n', ''),
      edit(
        'src/runtime/task.ts',
        "      if (batch !== 'woken') await this.#breathe()\n",
        "      if (batch !== 'woken') await this.#breathe()\n      if (batch !== 'woken') this.#position = batch.position\n",
      ),
    ],
    tests: [CRASH],
  },
  {
    name: 'a restart forgets from where it was told to start',
    edits: [
      edit(
        'src/runtime/run-job.ts',
        "if (newest !== undefined) from = 'latest'",
        "from = 'latest'",
      ),
    ],
    tests: [RESTART],
  },
]
