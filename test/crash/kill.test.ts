/**
 * A job as a process of its own, killed again and again by SIGKILL at seeded random moments, from its start-up
 * to the middle of a checkpoint, and started again with another parallelism each time. Three kills by default;
 * HOLDFAST_FULL adds seeds and kills, HOLDFAST_SEED=n repeats one.
 */
import { describe, expect, it } from 'vitest'
import { type Random, seededRandom } from '../../src/base/random.js'
import { eventsOf, PATIENT, type RunningCommand, startCommand } from '../cli/command.js'
import {
  expectedRows,
  inputLines,
  logOf,
  rowsOf,
  temporaryFolder,
  writeJob,
} from '../cli/counting.js'

const { HOLDFAST_SEED, HOLDFAST_FULL } = process.env
const FULL = HOLDFAST_FULL !== undefined
const FIRST = HOLDFAST_SEED === undefined ? Date.now() % 1_000_000 : Number(HOLDFAST_SEED)
const SEEDS = Array.from({ length: FULL ? 4 : 1 }, (_, i) => FIRST + i)
const KILLS = FULL ? 8 : 3
const LINES = 200_000
const KEYS = 5000
/** A life that has not been killed by then is killed now, in ms from its start. */
const LIFE_MS = 1500

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

function start(folder: string, random: Random, hold: number): RunningCommand {
  const parallelism = String(1 + Math.floor(random.next() * 4))
  const args = ['run', 'job.mjs', '--checkpoints', 'cp', '--interval', '25ms', '--json']
  return startCommand([...args, '--parallelism', parallelism], {
    cwd: folder,
    env: { JOB_HOLD: String(hold) },
  })
}

/** Any moment of a start-up, or a little after the first, second or third checkpoint. */
async function killSometime(running: RunningCommand, random: Random): Promise<void> {
  const nth = Math.floor(random.next() * 4)
  const delay = random.next()
  let seen = 0
  const moment =
    nth === 0
      ? sleep(50 + 400 * delay)
      : running
          .event(({ event }) => event === 'checkpoint' && ++seen === nth)
          .then(() => sleep(60 * delay))
  await Promise.race([moment, sleep(LIFE_MS)])
  running.kill('SIGKILL')
}

describe('a job that is killed again and again', PATIENT, () => {
  it.each(SEEDS)('counts every record once and writes every row once (seed %i)', async (seed) => {
    const random = seededRandom(seed)
    const folder = temporaryFolder()
    writeJob(folder, LINES, KEYS)
    const expected = expectedRows(inputLines(LINES, KEYS))
    let committed = 0
    for (let life = 1; life <= KILLS; life++) {
      // It waits here at the latest, so that no life reaches the end before it is killed.
      const running = start(folder, random, Math.floor((LINES * life) / (KILLS + 1)))
      await killSometime(running, random)
      const { signal, stdout, stderr } = await running.done
      expect([signal, stderr]).toEqual(['SIGKILL', ''])
      const events = eventsOf(stdout)
      // What was reported as committed is never lost.
      if (events.length > 0) expect(events[0]?.checkpoint).toBeGreaterThanOrEqual(committed)
      const reported = events.map(({ event, checkpoint }) =>
        event === 'checkpoint' ? checkpoint : 0,
      )
      committed = Math.max(committed, ...reported.map(Number))
      // Whatever is visible is the beginning of the result, each row once.
      const rows = rowsOf(folder)
      expect(rows).toEqual(expected.slice(0, rows.length))
    }
    const { code, stdout } = await start(folder, random, LINES + 1).done
    expect(code).toBe(0)
    expect(eventsOf(stdout).at(-1)).toMatchObject({ event: 'ended', records: LINES })
    expect(rowsOf(folder)).toEqual(expected)
    expect(new Set(logOf(folder).map(({ checkpoint }) => checkpoint)).size).toBe(3)
  })
})
