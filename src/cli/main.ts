#!/usr/bin/env node
/** The command `holdfast`. Arguments by commander; what a command does is in its own file. */
import { createRequire } from 'node:module'
import { Command, CommanderError } from 'commander'
import { EXIT, EXIT_HELP } from './exit-codes.js'
import {
  parseBadRecord,
  parseCount,
  parseDuration,
  parseFrom,
  type RunFlags,
  runCommand,
} from './run-command.js'

const RUN_EXAMPLES = `
Examples:
  holdfast run build/orders.js --checkpoints file:///var/checkpoints/orders
  holdfast run orders.ts --interval 2s --parallelism 4      (TypeScript, through tsx)
  holdfast run build/orders.js --from 17                    (go back to checkpoint 17)
  holdfast run build/orders.js --json | jq 'select(.event == "checkpoint")'

A job stops on SIGINT (Ctrl-C) or SIGTERM with a last checkpoint; the next run goes on from there.

${EXIT_HELP}`

function program(): Command {
  const { version } = createRequire(import.meta.url)('../../package.json') as { version: string }
  const holdfast = new Command('holdfast')
    .description(
      'Durable keyed state for TypeScript: run a job, and go on exactly where it stopped.',
    )
    .version(version)
    .exitOverride()
  holdfast
    .command('run')
    .description('run the job that FILE exports as its default, from its newest checkpoint')
    .argument('<FILE>', 'a built .js module, or .ts if tsx is installed')
    .option(
      '--checkpoints <URI>',
      'where checkpoints are kept (default: holdfast-checkpoints/<job>)',
    )
    .option('--interval <duration>', 'from one checkpoint to the next', parseDuration, '10s')
    .option('--parallelism <N>', 'key-group ranges per keyed step', parseCount, 1)
    .option(
      '--max-parallelism <N>',
      'number of key groups; fixed by the first checkpoint',
      parseCount,
    )
    .option('--from <point>', 'latest, none, or the number of a checkpoint', parseFrom, 'latest')
    .option('--retained <N>', 'checkpoints to keep', parseCount, 3)
    .option('--restarts <N>', 'restarts in a row before the job fails', parseCount, 3)
    .option('--on-bad-record <policy>', 'fail, skip, or dead-letter=FILE', parseBadRecord, 'fail')
    .option('--allow-duplicates', 'go on although output is ahead of the checkpoint')
    .option('--progress <duration>', 'how often to report (default: 200ms on a terminal, else 2s)')
    .option('--json', 'report every event as a JSON line on standard output')
    .option('--stack', 'show the stack of the error that ended the job')
    .addHelpText('after', RUN_EXAMPLES)
    .action(async (file: string, flags: RunFlags) => {
      process.exitCode = await runCommand(file, flags)
    })
  return holdfast
}

try {
  await program().parseAsync()
} catch (error) {
  if (!(error instanceof CommanderError)) throw error
  process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.usage
}
