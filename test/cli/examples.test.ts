/** The examples as they are built, from the outside. */
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { DIST, holdfast, PATIENT, startCommand } from './command.js'
import { temporaryFolder } from './counting.js'

const root = join(DIST, '..')
/** A run that reads anything decodes 270,000 rows twice. */
const FULL = process.env.HOLDFAST_FULL !== undefined
const MAIN_JOB = join(root, 'build/examples/flights/main.js')

describe('the word count', () => {
  it('counts the words of its sample', PATIENT, async () => {
    const cwd = temporaryFolder()
    const file = join(root, 'examples/word-count/lines.ndjson')
    const env = { WORDS_IN: file, WORDS_OUT: 'out' }
    const job = join(root, 'build/examples/word-count/job.js')
    expect((await holdfast(['run', job], { cwd, env })).code).toBe(0)
    const words =
      readFileSync(file, 'utf8')
        .toLowerCase()
        .match(/\p{L}+/gu) ?? []
    const expected = new Map<string, number>()
    for (const word of words) if (word !== 'text') expected.set(word, (expected.get(word) ?? 0) + 1)
    const rows = readdirSync(join(cwd, 'out'))
      .filter((name) => name.endsWith('.jsonl'))
      .flatMap((name) =>
        readFileSync(join(cwd, 'out', name), 'utf8')
          .trim()
          .split('\n'),
      )
      .map((row) => JSON.parse(row) as { word: string; count: number })
    expect(rows).toHaveLength(expected.size)
    expect(new Map(rows.map(({ word, count }) => [word, count]))).toEqual(expected)
  })
})

/** Processes started by this one that are still at work. */
function childrenOf(pid: number): number[] {
  const table = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,stat='], { encoding: 'utf8' })
  const rows = table.trim().split('\n')
  return rows
    .map((row) => row.trim().split(/\s+/))
    .filter(([, parent, state]) => Number(parent) === pid && !state?.startsWith('Z'))
    .map(([child]) => Number(child))
}

function isAtWork(pid: number): boolean {
  try {
    const state = execFileSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' })
    return !state.trim().startsWith('Z')
  } catch {
    return false
  }
}

describe.concurrent('the main job', PATIENT, () => {
  it.each([
    [['--colour'], /^flights: Unknown option '--colour'\nusage: /],
    [['--records', '1000', '--kills', '1'], /^flights: --kills: 1 are too many for 1,000 records/],
  ])('tells wrong use %j, and starts nothing', async (args, line) => {
    const cwd = temporaryFolder()
    const { code, stdout, stderr } = await holdfast(args, { cwd, main: MAIN_JOB })
    expect(stderr).toMatch(line)
    expect([code, stdout]).toEqual([2, ''])
    expect(readdirSync(cwd)).toEqual([])
  })

  it.each(FULL ? [0, 1, 1000] : [0])('is right for %i records', async (records) => {
    const cwd = temporaryFolder()
    const args = ['--records', String(records)]
    const { code, stdout } = await holdfast(args, { cwd, main: MAIN_JOB })
    const summary = `${records.toLocaleString('en-US')} records, 0 kills, 1 checkpoints`
    expect(stdout.trimEnd().split('\n').at(-1)).toBe(`exactly-once: OK (${summary})`)
    expect(code).toBe(0)
  })

  it('takes its child along when it is interrupted', async () => {
    const cwd = temporaryFolder()
    const running = startCommand(['--dir', 'run'], { cwd, main: MAIN_JOB })
    await running.stdout('started from the beginning')
    const children = childrenOf(running.child.pid ?? 0)
    expect(children).toHaveLength(1)
    running.kill('SIGINT')
    expect((await running.done).code).toBe(130)
    expect(children.filter(isAtWork)).toEqual([])
  })
})
