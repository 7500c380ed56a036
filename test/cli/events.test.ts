/** What the command tells while a job runs: events for scripts, lines for people. */
import { describe, expect, it } from 'vitest'
import { eventsOf, holdfast, PATIENT } from './command.js'
import { expectedRows, inputLines, logOf, rowsOf, temporaryFolder, writeJob } from './counting.js'

const LINES = 4000
const RUN = ['run', 'job.mjs', '--checkpoints', 'cp']

function prepared(): string {
  const folder = temporaryFolder()
  writeJob(folder, LINES, 100)
  return folder
}

describe.concurrent('--json', PATIENT, () => {
  it('makes standard output lines of JSON, from started to ended, in order', async () => {
    const cwd = prepared()
    const args = [...RUN, '--json', '--interval', '5ms', '--progress', '1ms']
    const { code, stdout, stderr } = await holdfast(args, { cwd })
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout.endsWith('\n')).toBe(true)
    const events = eventsOf(stdout)
    expect(events[0]).toMatchObject({ event: 'started', job: 'counts', checkpoint: 0, records: 0 })
    expect(events.at(-1)).toEqual({ event: 'ended', outcome: 'finished', records: LINES })
    const between = events.slice(1, -1)
    expect(new Set(between.map(({ event }) => event))).toEqual(new Set(['progress', 'checkpoint']))
    const checkpoints = between.filter(({ event }) => event === 'checkpoint')
    expect(checkpoints.at(-1)).toMatchObject({ records: LINES })
    const numbers = checkpoints.map(({ checkpoint }) => checkpoint)
    expect(numbers).toEqual([...numbers].sort((a, b) => Number(a) - Number(b)))
    expect(rowsOf(cwd)).toEqual(expectedRows(inputLines(LINES, 100)))
  })

  it('keeps what the job prints away from the events, and does not wait for what it leaves open', async () => {
    const args = [...RUN, '--json']
    const env = { JOB_NOISE: '1' }
    const { code, stdout, stderr } = await holdfast(args, { cwd: prepared(), env })
    expect(code).toBe(0)
    expect(eventsOf(stdout).at(-1)).toMatchObject({ event: 'ended' })
    expect(stderr).toMatch(/^loaded\ntick\n/)
  })

  it('ends with failed and the code when a function of the job throws, after its restarts', async () => {
    const args = [...RUN, '--json', '--restarts', '1', '--interval', '1h']
    const env = { JOB_THROW: '2500' }
    const { code, stdout, stderr } = await holdfast(args, { cwd: prepared(), env })
    const events = eventsOf(stdout).filter(({ event }) => event !== 'progress')
    const reason = 'onRecord of "counts" for key "k0" threw: boom'
    expect(events).toMatchObject([
      { event: 'started', epoch: 1 },
      { event: 'restarting', attempt: 1, delayMs: 1000, code: 'OPERATOR_FAILED' },
      { event: 'started', epoch: 2 },
      { event: 'failed', code: 'OPERATOR_FAILED', message: reason },
    ])
    expect(stderr).toBe(`holdfast: OPERATOR_FAILED: ${reason} (--stack shows where)\n`)
    expect(code).toBe(1)
  })

  it('ends with failed even when an error comes from where no step can catch it', async () => {
    const env = { JOB_THROW: 'later', JOB_HOLD: '1000' }
    const { code, stdout, stderr } = await holdfast([...RUN, '--json'], { cwd: prepared(), env })
    expect(eventsOf(stdout).at(-1)).toMatchObject({ event: 'failed', code: 'OPERATOR_FAILED' })
    expect(stderr).toMatch(/^holdfast: OPERATOR_FAILED: .*: boom later\nError: boom later\n +at /)
    expect(code).toBe(1)
  })
})

describe.concurrent('without --json', PATIENT, () => {
  it('standard output stays empty and lines without control characters go to standard error', async () => {
    const cwd = prepared()
    const args = [...RUN, '--interval', '20ms', '--progress', '1ms']
    const { code, stdout, stderr } = await holdfast(args, { cwd })
    expect([code, stdout]).toEqual([0, ''])
    const lines = stderr.trimEnd().split('\n')
    expect(lines[0]).toBe('job "counts" starts from the beginning')
    expect(lines.at(-1)).toMatch(/^job "counts" finished: 4,000 records, checkpoint \d+$/)
    for (const line of lines.slice(1, -1))
      expect(line).toMatch(/^[\d,]+ records, [\d,]+\/s, (no checkpoint yet|checkpoint \d+: .*)$/)
  })

  it('a job that had finished before says so, and does nothing', async () => {
    const cwd = prepared()
    expect((await holdfast(RUN, { cwd })).code).toBe(0)
    const { code, stderr } = await holdfast(RUN, { cwd })
    expect(code).toBe(0)
    expect(stderr).toMatch(
      /had finished before: 4,000 records, checkpoint 2; --from none begins again\n$/,
    )
  })

  it('checkpoints go to a folder named after the job', async () => {
    const cwd = prepared()
    expect((await holdfast(['run', 'job.mjs'], { cwd })).code).toBe(0)
    expect(logOf(cwd, 'holdfast-checkpoints/counts').at(-1)).toMatchObject({ checkpoint: 2 })
  })
})
