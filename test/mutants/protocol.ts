/** Mutants of the log, the commit, collection and recovery. */
import { edit, type Mutant } from './mutant.js'

const COMMIT = 'src/checkpoint/commit.ts'
const COORDINATOR = 'src/checkpoint/coordinator.ts'
const LOG = 'src/checkpoint/log.ts'
const RECOVERY = 'src/checkpoint/recovery.ts'
const RETENTION = 'src/checkpoint/retention.ts'
const FAULTS = 'test/recovery/faults.test.ts'
const FENCING = 'test/recovery/fencing.test.ts'
const OPEN = 'test/recovery/open-outcome.test.ts'
const DAMAGE = 'test/recovery/damage.test.ts'
const SINKS = 'test/recovery/sinks.test.ts'
const RESTART = 'test/recovery/restart.test.ts'

export const PROTOCOL_MUTANTS: readonly Mutant[] = [
  // Fencing
  {
    name: 'a commit does not look for a newer owner',
    edits: [
      edit(
        LOG,
        'if (stillOwner(entry.number, numbers)) return numbers\n    throw fenced(entry)',
        'return numbers',
      ),
    ],
    tests: [FENCING],
  },
  {
    name: "another owner's entry counts as one's own",
    edits: [edit(COMMIT, "if (found.writer !== mine.writer) return 'taken'\n", '')],
    tests: [FENCING],
  },
  {
    name: 'the first collection does not look for a newer owner',
    edits: [
      edit(
        'src/checkpoint/collector.ts',
        'const numbers = await this.#log.confirm(newest)',
        'const numbers = await this.#log.numbers()',
      ),
    ],
    tests: [FENCING],
  },
  {
    name: 'a restart takes the job back from a newer owner',
    edits: [
      edit(
        RECOVERY,
        'if (isPassed(history, options.former)) throw takenMeanwhile(options.job)\n',
        '',
      ),
    ],
    tests: [RESTART],
  },
  // The create and its outcome
  {
    name: 'a free name is taken for a refusal',
    edits: [
      edit(
        COMMIT,
        "if (answer === 'refused' && attempts === 1 && mine.kind !== 'abort') return 'refused'",
        "if (answer !== 'exists') return 'refused'",
      ),
    ],
    tests: ['src/checkpoint/log.test.ts'],
  },
  {
    name: 'a refused abort counts as a refused checkpoint',
    edits: [
      edit(
        COMMIT,
        " && attempts === 1 && mine.kind !== 'abort') return",
        ' && attempts === 1) return',
      ),
    ],
    tests: ['src/checkpoint/log.test.ts'],
  },
  {
    name: 'a refusal after a lost request counts as final',
    edits: [
      edit(
        COMMIT,
        " && attempts === 1 && mine.kind !== 'abort') return",
        " && mine.kind !== 'abort') return",
      ),
    ],
    tests: ['src/checkpoint/log.test.ts'],
  },
  {
    name: 'a refusal to look counts as a refusal to write',
    edits: [
      edit(LOG, "throw hasCode(error, 'FENCED') ? error : unsettled(entry, error)", 'throw error'),
    ],
    tests: [OPEN],
  },
  {
    name: 'an owner goes on though the fate of its checkpoint is unknown',
    edits: [
      edit(
        COORDINATOR,
        "this.#usable = hasCode(error, 'STORAGE_DENIED') || hasCode(error, 'STORAGE_FULL')\n",
        '',
      ),
    ],
    tests: [FAULTS, FENCING],
  },
  {
    name: 'an abort announces the collection that its checkpoint would have allowed',
    edits: [
      edit(
        COORDINATOR,
        "{ ...this.#last, kind: 'abort', number, content: undefined }",
        "{ ...entry, kind: 'abort', content: undefined }",
      ),
    ],
    tests: [OPEN],
  },
  // Names
  {
    name: 'a run that is tried again has the same name',
    edits: [
      edit(
        COORDINATOR,
        'runPath({ epoch: this.epoch, checkpoint: number, nonce: random.nonce() })',
        "runPath({ epoch: 1, checkpoint: number, nonce: '0000000000000000' })",
      ),
    ],
    tests: [OPEN],
  },
  // Collection
  {
    name: 'it collects before the commit that allows it',
    edits: [
      edit(
        COORDINATOR,
        'const outcome = await this.#append(entry, abort)',
        'await this.#collector.collect({ ...this.#last, collected: entry.collected })\n' +
          '    const outcome = await this.#append(entry, abort)',
      ),
    ],
    tests: [FAULTS],
  },
  {
    name: 'the boundary is one too high',
    edits: [
      edit(RETENTION, 'Math.max(boundary, entry.number)', 'Math.max(boundary, entry.number + 1)'),
    ],
    tests: [FAULTS],
  },
  {
    name: 'what was left behind counts among the retained',
    edits: [edit(RETENTION, 'if (entry.number >= below) continue\n', '')],
    tests: ['src/checkpoint/retention.test.ts'],
  },
  {
    name: 'only the newest entry keeps its runs',
    edits: [
      edit(
        RETENTION,
        'facts.entries.filter((entry) => entry.number > facts.boundary)\n',
        'facts.entries.slice(-1)\n',
      ),
    ],
    tests: [OPEN],
  },
  // The chain
  {
    name: 'inlined runs are dropped when a file follows, without being merged into it',
    edits: [edit(COORDINATOR, 'below.length === 0\n', 'below.length >= 0\n')],
    tests: [FAULTS],
  },
  {
    name: 'the next checkpoint goes on from the restored content, not from the last one',
    edits: [
      edit(COORDINATOR, '    this.#content = content\n    this.#collector', '    this.#collector'),
    ],
    tests: [FAULTS],
  },
  // Recovery
  {
    name: 'history goes through what an owner left behind',
    edits: [
      edit(
        'src/checkpoint/restore-plan.ts',
        "return entry.kind === 'claim' ? content + 1 : entry.number",
        'return entry.number',
      ),
    ],
    tests: ['src/checkpoint/recovery.test.ts'],
  },
  {
    name: 'a checkpoint that is asked for abandons the newer ones before it is verified',
    edits: [
      edit(
        RECOVERY,
        "typeof options.from === 'number' ? newestContent(latest, history) : asked",
        'asked',
      ),
    ],
    tests: ['src/checkpoint/recovery.test.ts'],
  },
  {
    name: 'an owner that goes back does not say so',
    edits: [
      edit(
        RECOVERY,
        'if (!(await options.log.claim(back))) throw takenMeanwhile(options.job)\n',
        '',
      ),
    ],
    tests: [DAMAGE],
  },
  {
    name: 'anything the storage throws counts as damage',
    edits: [
      edit(
        RECOVERY,
        "if (!hasCode(error, 'CORRUPT')) throw error\n    skipped.push({ number, reason",
        'skipped.push({ number, reason',
      ),
    ],
    tests: ['src/checkpoint/recovery.test.ts'],
  },
  {
    name: 'entries are read without comparing their digest',
    edits: [
      edit(
        'src/checkpoint/manifest-reader.ts',
        'if (digest !== ',
        'if (digest.length === 0 && digest !== ',
      ),
    ],
    tests: [DAMAGE],
  },
  {
    name: 'runs are read without comparing their digest',
    edits: [
      edit(
        'src/checkpoint/run-store.ts',
        'if (digest === ref.sha256 && sizeBytes === ref.sizeBytes) return',
        'if (digest !== undefined) return',
      ),
    ],
    tests: [DAMAGE],
  },
  {
    name: 'an entry of a version without drafts counts as damaged',
    edits: [
      edit(
        'src/checkpoint/manifest-reader.ts',
        "entry.get('draft').optional((count) => count.json())",
        "entry.get('draft').count()",
      ),
    ],
    tests: [DAMAGE],
  },
  {
    name: 'a job that was started counts as one that has written output',
    edits: [
      edit(
        COORDINATOR,
        'return entries.every(({ content }) => content === undefined || content.checkpoint === 0)',
        'return entries.length === 1',
      ),
    ],
    tests: [SINKS],
  },
]
