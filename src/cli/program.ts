/** Arguments to commands, by commander. Wrong use is told like every other error: one line, one exit code. */
import { createRequire } from 'node:module'
import { Command, CommanderError } from 'commander'
import { HoldfastError } from '../base/errors.js'
import { EXIT, EXIT_HELP, exitCodeOf } from './exit-codes.js'
import { type MigrateFlags, migrateCommand } from './migrate-command.js'
import {
  badRecordPolicy,
  count,
  duration,
  nonEmpty,
  startFrom,
  stateNames,
} from './option-values.js'
import { type CommandContext, type RunFlags, runCommand } from './run-command.js'

const RUN_HELP = `
Examples:
  holdfast run build/orders.js --checkpoints file:///var/checkpoints/orders
  holdfast run orders.ts --interval 2s --parallelism 4     TypeScript, by tsx
  holdfast run build/orders.js --from 17                   back to checkpoint 17
  holdfast run build/orders.js --json | jq 'select(.event == "checkpoint")'

A job stops on SIGINT (Ctrl-C) or SIGTERM with a last checkpoint; the next run
goes on from there. A second signal ends it at once. SIGKILL loses nothing that
a checkpoint holds.

${EXIT_HELP}`

const MIGRATE_HELP = `
Examples:
  holdfast migrate build/orders.js --dry-run
  holdfast migrate build/orders.js --checkpoints file:///var/checkpoints/orders
  holdfast migrate build/orders.js --drop tally/old

Without it a job migrates each value when it changes. Stop the job first: a job
that runs is fenced. It goes on from the new checkpoint, which no longer needs
the older serializers. Ended before that stands, the command has changed nothing.

${EXIT_HELP}`

const DROP = [
  '--drop <name>',
  'drop operator/state, which the program no longer declares (repeatable)',
  stateNames('--drop'),
] as const

/** Runs the command with these arguments; resolves to the exit code. */
export async function runProgram(
  args: readonly string[],
  context: CommandContext,
): Promise<number> {
  let exitCode: number = EXIT.ok
  try {
    const program = describeProgram(context, (code) => {
      exitCode = code
    })
    await program.parseAsync(args, { from: 'user' })
    return exitCode
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.ok
    // No command at all: commander has shown the help.
    if (error instanceof CommanderError && error.code === 'commander.help') return EXIT.usage
    const wrong = usageError(error, args)
    context.reporter.failed(wrong)
    return exitCodeOf(wrong)
  }
}

function describeProgram(context: CommandContext, ended: (exitCode: number) => void): Command {
  const { version } = createRequire(import.meta.url)('../../package.json') as { version: string }
  const holdfast = new Command('holdfast')
    .description('Durable keyed state for TypeScript: run a job, and go on exactly where it ended.')
    .version(version)
    .exitOverride()
    .configureOutput({
      writeOut: context.output.out,
      writeErr: context.output.err,
      // Told by the reporter instead.
      outputError: () => undefined,
    })
    .addHelpText(
      'after',
      '\nholdfast run --help shows options, examples and exit codes; so does holdfast migrate --help.',
    )
  holdfast
    .command('run')
    .description('run the job that FILE exports as its default, from its newest checkpoint')
    .argument('<FILE>', 'a built .js module, or .ts if tsx is installed')
    .option(
      '--checkpoints <URI>',
      'folder of the checkpoints (default: holdfast-checkpoints/<job>)',
      nonEmpty('--checkpoints'),
    )
    .option('--interval <time>', 'between checkpoints (default: 10s)', duration('--interval'))
    .option(
      '--parallelism <N>',
      'ranges of keys per keyed step (default: 1)',
      count('--parallelism', 1),
    )
    .option(
      '--max-parallelism <N>',
      'key groups; fixed for good by the first checkpoint (default: 128 or more)',
      count('--max-parallelism', 1),
    )
    .option(
      '--from <point>',
      'latest, none, or the number of a checkpoint (default: latest)',
      startFrom('--from'),
    )
    .option('--retained <N>', 'checkpoints to keep (default: 3)', count('--retained', 1))
    .option(
      '--restarts <N>',
      'restarts in a row before it fails (default: 3)',
      count('--restarts', 0),
    )
    .option(
      '--on-bad-record <policy>',
      'fail, skip, or dead-letter=FILE (default: fail)',
      badRecordPolicy('--on-bad-record'),
    )
    .option('--allow-duplicates', 'go on although there is output beyond the checkpoint')
    .option('--development', 'find state that is changed in place')
    .option(...DROP)
    .option(
      '--progress <time>',
      'between reports (default: 200ms on a terminal, else 2s)',
      duration('--progress'),
    )
    .option('--json', 'report every event as a line of JSON on standard output')
    .option('--stack', 'show the stack of the error that ended the job')
    .addHelpText('after', RUN_HELP)
    .action(async (file: string, flags: RunFlags) => {
      ended(await runCommand(file, flags, context))
    })
  describeMigrate(holdfast, context, ended)
  return holdfast
}

function describeMigrate(
  holdfast: Command,
  context: CommandContext,
  ended: (exitCode: number) => void,
): void {
  holdfast
    .command('migrate')
    .description('write the state of the job in FILE anew, as its program declares it now')
    .argument('<FILE>', 'a built .js module, or .ts if tsx is installed')
    .option(
      '--checkpoints <URI>',
      'folder of the checkpoints (default: holdfast-checkpoints/<job>)',
      nonEmpty('--checkpoints'),
    )
    .option('--dry-run', 'only tell what would be done; claim and change nothing')
    .option('--all', 'write all declared state anew, not only what was written otherwise')
    .option(...DROP)
    .option(
      '--parallelism <N>',
      'ranges of keys per keyed step (default: 1)',
      count('--parallelism', 1),
    )
    .option('--retained <N>', 'checkpoints to keep (default: 3)', count('--retained', 1))
    .option('--allow-duplicates', 'go on although there is output beyond the checkpoint')
    .option('--json', 'report as a line of JSON on standard output')
    .option('--stack', 'show the stack of the error that ended the command')
    .addHelpText('after', MIGRATE_HELP)
    .action(async (file: string, flags: MigrateFlags) => {
      ended(await migrateCommand(file, flags, context))
    })
}

/** What is wrong with the arguments, and where to read on. */
function usageError(error: unknown, args: readonly string[]): HoldfastError {
  if (error instanceof HoldfastError) return error
  if (!(error instanceof CommanderError)) throw error
  const command = args[0] === 'run' || args[0] === 'migrate' ? ` ${args[0]}` : ''
  const help = `holdfast${command} --help`
  const message = error.message
    .replace(/^error: /, '')
    .replace(/\.$/, '')
    .replaceAll(/\s*\n\s*/g, ' ')
  return new HoldfastError('INVALID_ARGUMENT', `${message}; see ${help}`)
}
