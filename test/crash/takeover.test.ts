/** Two processes of one job: the later one takes over, the former stops and changes nothing any more. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  eventsOf,
  type Outcome,
  PATIENT,
  type RunningCommand,
  startCommand,
} from '../cli/command.js'
import { expectedRows, inputLines, rowsOf, temporaryFolder, writeJob } from '../cli/counting.js'

const LINES = 30_000
const KEYS = 1000
const ARGS = ['run', 'job.mjs', '--checkpoints', 'cp', '--json', '--progress', '10ms']

function prepared(): string {
  const folder = temporaryFolder()
  writeJob(folder, LINES, KEYS)
  return folder
}

function start(cwd: string, interval: string, env: Record<string, string> = {}): RunningCommand {
  return startCommand([...ARGS, '--interval', interval], { cwd, env })
}

function isFenced({ code, stdout, stderr }: Outcome): void {
  expect(stderr).toMatch(
    /^(SIGTERM: .*\n)?holdfast: FENCED: job "counts" has a newer owner: this process \(epoch 1\) stops and changes nothing more\. [^\n]+\n$/,
  )
  expect(eventsOf(stdout).at(-1)).toMatchObject({ event: 'failed', code: 'FENCED' })
  expect(eventsOf(stdout).map(({ event }) => event)).not.toContain('restarting')
  expect(code).toBe(3)
}

/** Every visible file of a folder, with its content. */
function image(folder: string): Record<string, string> {
  const names = readdirSync(folder)
    .filter((name) => !name.startsWith('.'))
    .sort()
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, name), 'latin1')]))
}

describe.concurrent('a second process on the checkpoints of a running job', PATIENT, () => {
  it('takes over at once; the first one ends as FENCED, and no row is there twice', async () => {
    const folder = prepared()
    const first = start(folder, '25ms', { JOB_HOLD: '15000' })
    await first.event(({ event, records }) => event === 'checkpoint' && records === 15_000)
    const second = start(folder, '25ms', { JOB_HOLD: '25000' })
    await second.event(({ event, records }) => event === 'checkpoint' && records === 25_000)
    first.kill('SIGTERM')
    isFenced(await first.done)
    second.kill('SIGTERM')
    expect((await second.done).code).toBe(0)
    expect((await start(folder, '1h').done).code).toBe(0)
    expect(rowsOf(folder)).toEqual(expectedRows(inputLines(LINES, KEYS)))
  })

  it('takes over from one that works on, which notices by its next checkpoint', async () => {
    const folder = prepared()
    const first = start(folder, '25ms', { JOB_PACE: '200' })
    await first.event(({ event }) => event === 'checkpoint')
    const second = start(folder, '25ms')
    isFenced(await first.done)
    expect((await second.done).code).toBe(0)
    expect(rowsOf(folder)).toEqual(expectedRows(inputLines(LINES, KEYS)))
  })
})

describe.concurrent(
  'a process that was stopped while another one finished its job',
  PATIENT,
  () => {
    it('ends as FENCED when it wakes up, and changes nothing', async () => {
      const folder = prepared()
      const sleeper = start(folder, '25ms', { JOB_HOLD: '27000' })
      await sleeper.event(({ event, records }) => event === 'checkpoint' && Number(records) >= 1000)
      sleeper.kill('SIGSTOP')
      const { code } = await start(folder, '25ms').done
      expect(code).toBe(0)
      expect(rowsOf(folder)).toEqual(expectedRows(inputLines(LINES, KEYS)))
      const out = image(join(folder, 'out'))
      const log = image(join(folder, 'cp/log'))
      sleeper.kill('SIGCONT')
      isFenced(await sleeper.done)
      expect(image(join(folder, 'out'))).toEqual(out)
      // At most it has made an entry again that had been collected: below the boundary, so nobody reads it.
      const after = image(join(folder, 'cp/log'))
      expect(after).toMatchObject(log)
      expect(Object.keys(after).at(-1)).toBe(Object.keys(log).at(-1))
      const { stdout } = await start(folder, '1h').done
      expect(eventsOf(stdout)[0]).toMatchObject({ event: 'started', records: LINES, skipped: [] })
      expect(image(join(folder, 'out'))).toEqual(out)
    })
  },
)
