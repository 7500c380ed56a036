/** Stopping the command: by signals, and when nobody reads what it writes. */
import { describe, expect, it } from 'vitest'
import { eventsOf, holdfast, PATIENT, startCommand } from './command.js'
import {
  expectedRows,
  inputLines,
  logOf,
  rowsOf,
  runUpTo,
  temporaryFolder,
  writeJob,
} from './counting.js'

const LINES = 4000
const KEYS = 300
const RUN = ['run', 'job.mjs', '--checkpoints', 'cp', '--interval', '1h', '--progress', '5ms']

function prepared(): string {
  const folder = temporaryFolder()
  writeJob(folder, LINES, KEYS)
  return folder
}

/** A next run goes on at exactly `records` and ends with every row once. */
async function goesOnFrom(folder: string, records: number): Promise<void> {
  const { code, stdout } = await holdfast([...RUN, '--json'], { cwd: folder })
  expect(eventsOf(stdout)[0]).toMatchObject({ event: 'started', records })
  expect(code).toBe(0)
  expect(rowsOf(folder)).toEqual(expectedRows(inputLines(LINES, KEYS)))
}

describe.concurrent('a job that is asked to stop', PATIENT, () => {
  it.each(['SIGINT', 'SIGTERM'] as const)(
    'takes a last checkpoint on %s, exits with 0, and goes on exactly there',
    async (signal) => {
      const folder = prepared()
      const running = startCommand([...RUN, '--json'], { cwd: folder, env: { JOB_HOLD: '2000' } })
      await running.event(({ records }) => records === 2000)
      running.kill(signal)
      const { code, stdout, stderr } = await running.done
      expect(code).toBe(0)
      const events = eventsOf(stdout).filter(({ event }) => event !== 'progress')
      expect(events).toMatchObject([
        { event: 'started', checkpoint: 0 },
        { event: 'stopping', reason: signal },
        { event: 'checkpoint', records: 2000 },
        { event: 'ended', outcome: 'stopped', records: 2000 },
      ])
      expect(stderr).toMatch(new RegExp(`^${signal}: stopping with a last checkpoint.*\n$`))
      await goesOnFrom(folder, 2000)
    },
  )

  it('ends at once on a second signal, with 130, and loses nothing that was committed', async () => {
    const folder = prepared()
    await runUpTo(folder, 2000)
    const before = rowsOf(folder)
    const running = startCommand([...RUN, '--json'], {
      cwd: folder,
      env: { JOB_HOLD: '3000', JOB_STUCK: '1' },
    })
    await running.event(({ records }) => records === 3000)
    running.kill('SIGINT')
    await running.event(({ event }) => event === 'stopping')
    running.kill('SIGINT')
    const { code, signal, stdout, stderr } = await running.done
    expect([code, signal]).toEqual([130, null])
    expect(eventsOf(stdout).at(-1)).toEqual({ event: 'interrupted', checkpoint: 2 })
    expect(stderr.trimEnd().split('\n').at(-1)).toBe(
      'ended at once; the next run goes on from checkpoint 2',
    )
    expect(rowsOf(folder)).toEqual(before)
    await goesOnFrom(folder, 2000)
  })

  it('can be stopped before it has read anything', async () => {
    const folder = prepared()
    const running = startCommand([...RUN, '--json'], { cwd: folder, env: { JOB_HOLD: '0' } })
    await running.event(({ event }) => event === 'started')
    running.kill('SIGTERM')
    expect((await running.done).code).toBe(0)
    await goesOnFrom(folder, 0)
  })
})

describe.concurrent('a job whose output nobody reads any more', PATIENT, () => {
  it('stops with a last checkpoint when the reader of --json ends, as head -1 does', async () => {
    const folder = prepared()
    const running = startCommand([...RUN, '--json'], { cwd: folder, env: { JOB_HOLD: '2000' } })
    await running.event(({ records }) => records === 2000)
    running.child.stdout?.destroy()
    const { code, stderr } = await running.done
    expect(stderr).toMatch(/^nobody reads standard output any more: stopping .*\n$/)
    expect(code).toBe(0)
    await goesOnFrom(folder, 2000)
  })

  it('stops likewise when standard error has no reader, and says so nowhere', async () => {
    const folder = prepared()
    const running = startCommand(RUN, { cwd: folder, env: { JOB_HOLD: '2000' } })
    await running.stderr('2,000 records')
    running.child.stderr?.destroy()
    const { code, stdout } = await running.done
    expect([code, stdout]).toEqual([0, ''])
    expect(logOf(folder).at(-1)).toMatchObject({ checkpoint: 2 })
    await goesOnFrom(folder, 2000)
  })
})
