#!/usr/bin/env node
/** The command `holdfast`: runs what program.ts makes of the arguments, and ends the process. */
import { messageOf } from '../base/errors.js'
import { EXIT } from './exit-codes.js'
import { openOutput } from './output.js'
import { runProgram } from './program.js'
import { Reporter } from './reporter.js'

const output = openOutput()
const reporter = new Reporter({
  json: process.argv.includes('--json'),
  out: output.out,
  err: output.err,
  terminal: process.stderr.isTTY === true && process.env.TERM !== 'dumb',
  columns: () => process.stderr.columns || 80,
  now: () => performance.now(),
})

process.on('uncaughtException', async (error: unknown) => {
  // Thrown where no step can catch it, by a callback of the program: nothing is known of it but this.
  const message = `an error that nothing caught: ${messageOf(error)}`
  reporter.failed({ code: 'OPERATOR_FAILED', message })
  if (error instanceof Error) output.err(`${error.stack ?? ''}\n`)
  await output.drained()
  process.exit(EXIT.failed)
})

const exitCode = await runProgram(process.argv.slice(2), { reporter, output })
await output.drained()
// What the program has left open (a client, a timer) must not hold the process when its job has ended.
process.exit(exitCode)
