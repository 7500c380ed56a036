/** `holdfast migrate FILE`: writes a job's state anew with what its program declares, or tells what that would be. */
import type { MigrationReport } from '../runtime/migrate-job.js'
import { type MigrateJobOptions, migrate } from '../start.js'
import { bytes, describeEvolution, describeKeys, grouped } from './describe.js'
import { loadJob } from './load-job.js'
import { type CommandContext, type CommandFlags, guarded } from './run-command.js'

/** The options of the command, read. */
export interface MigrateFlags
  extends CommandFlags,
    Pick<
      MigrateJobOptions,
      'parallelism' | 'maxParallelism' | 'retained' | 'allowDuplicates' | 'drop' | 'all' | 'dryRun'
    > {}

const PROGRESS_MS = 200

/** Runs the command; resolves to the exit code. */
export function migrateCommand(
  file: string,
  flags: MigrateFlags,
  context: CommandContext,
): Promise<number> {
  return guarded(flags, context, async () => {
    const { reporter } = context
    const job = await loadJob(file)
    const {
      checkpoints = `holdfast-checkpoints/${job.graph.name}`,
      json,
      stack,
      ...options
    } = flags
    const beginMs = performance.now()
    const ticker = setInterval(() => {
      const seconds = Math.floor((performance.now() - beginMs) / 1000)
      reporter.working(`migrating "${job.graph.name}": ${seconds} s`)
    }, PROGRESS_MS)
    try {
      const onEvent: MigrateJobOptions['onEvent'] = (event) => {
        // What a start tells besides is in the report.
        if (event.event === 'started' || event.event === 'checkpoint') return
        reporter.event(event)
      }
      const report = await migrate(job, { ...options, checkpoints, onEvent })
      reporter.tell({ event: 'migrated', dryRun: flags.dryRun === true, ...report }, lines(report))
    } finally {
      clearInterval(ticker)
    }
  })
}

/** A report in words. */
function lines(report: MigrationReport): string[] {
  const { job, checkpoint, states, keys, rewritten, dropped, written } = report
  if (checkpoint === 0) return [`job "${job}" has no checkpoint yet: nothing to migrate`]
  const told = [...keys.map(describeKeys), ...states.map(describeEvolution)]
  if (rewritten.length === 0 && dropped.length === 0)
    return [
      `nothing to migrate: checkpoint ${checkpoint} of job "${job}" is as the program declares it`,
    ]
  const what = [
    ...(rewritten.length > 0 ? [`written anew: ${rewritten.join(', ')}`] : []),
    ...(dropped.length > 0 ? [`dropped: ${dropped.join(', ')}`] : []),
  ]
  if (written === undefined)
    return [...told, `would be ${what.join('; ')}; nothing was changed (checkpoint ${checkpoint})`]
  const { checkpoint: number, rows, sizeBytes } = written
  return [...told, ...what, `checkpoint ${number}: ${grouped(rows)} rows, ${bytes(sizeBytes)}`]
}
