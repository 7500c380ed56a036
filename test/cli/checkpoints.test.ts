/** Checkpoints that cannot be used, and checkpoints that can: what the command says, and what it leaves alone. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { sha256 } from '../../src/base/checksums.js'
import { eventsOf, holdfast, type Outcome, PATIENT } from './command.js'
import {
  copyOf,
  expectedRows,
  inputLines,
  logOf,
  rowsOf,
  runUpTo,
  temporaryFolder,
  writeJob,
} from './counting.js'

const LINES = 6000
const KEYS = 1500
const RUN = ['run', 'job.mjs', '--checkpoints', 'cp']
const EXPECTED = expectedRows(inputLines(LINES, KEYS))

/** A job with checkpoint 2 at line 2000 and checkpoint 4 at line 4000, each with a run of its own. */
let template = ''
beforeAll(async () => {
  template = temporaryFolder()
  writeJob(template, LINES, KEYS)
  for (const line of [2000, 4000]) await runUpTo(template, line)
})

function prepared(): string {
  const folder = copyOf(template)
  expect(logOf(folder).map(({ checkpoint }) => checkpoint)).toEqual([0, 2, 2, 4])
  expect(readdirSync(join(folder, 'cp/runs'))).toHaveLength(2)
  return folder
}

/** One line, or a report whose other lines are indented; no stack. */
function failedWith({ code, stdout, stderr }: Outcome, line: RegExp, exitCode: number): void {
  expect(stderr).toMatch(/^holdfast: [A-Z_]+: [^\n]+\n( {2,}[^\n]+\n)*$/)
  expect(stderr).not.toMatch(/^ +at /m)
  expect(stderr.slice('holdfast: '.length, -1)).toMatch(line)
  expect([code, stdout]).toEqual([exitCode, ''])
}

/** A run that goes on from a checkpoint and ends with every row once. */
async function goesOnFrom(folder: string, checkpoint: number): Promise<void> {
  const { code, stdout } = await holdfast([...RUN, '--json'], { cwd: folder })
  expect(eventsOf(stdout)[0]).toMatchObject({ event: 'started', checkpoint })
  expect(code).toBe(0)
  expect(rowsOf(folder)).toEqual(EXPECTED)
}

/** The newest file of a folder within the checkpoints. */
function newest(folder: string, part: 'log' | 'runs'): string {
  const names = readdirSync(join(folder, 'cp', part)).sort()
  return join(folder, 'cp', part, names.at(-1) ?? '')
}

function flipBit(file: string): void {
  const bytes = readFileSync(file)
  const at = Math.floor(bytes.length / 2)
  bytes[at] = (bytes[at] ?? 0) ^ 1
  writeFileSync(file, bytes)
}

function truncate(file: string): void {
  const bytes = readFileSync(file)
  writeFileSync(file, bytes.subarray(0, Math.floor(bytes.length / 2)))
}

describe.concurrent('checkpoints that do not fit', PATIENT, () => {
  it('of another job, to another max parallelism or to a number not kept, stop the start and stay', async () => {
    const folder = prepared()
    const before = logOf(folder)
    const refusals: [string[], Record<string, string>, RegExp][] = [
      [
        [],
        { JOB_NAME: 'others' },
        /^WRONG_JOB: the checkpoints are of job "counts", not of "others"; name another folder with --checkpoints$/,
      ],
      [
        ['--max-parallelism', '64'],
        {},
        /^INCOMPATIBLE_STATE: checkpoint 4 .*:\n {2}operator "counts":\n {4}max parallelism is 128 in the checkpoint and 64 in the program\n {4}to do: leave it at 128; it can never change$/,
      ],
      [
        ['--from', '999'],
        {},
        /^CHECKPOINT_NOT_FOUND: there is no checkpoint 999 in file:.*; retained: 4, 2/,
      ],
    ]
    for (const [args, env, line] of refusals)
      failedWith(await holdfast([...RUN, ...args], { cwd: folder, env }), line, 4)
    expect(logOf(folder)).toEqual(before)
    await goesOnFrom(folder, 4)
  })

  it('to this version, since a newer one wrote them, stop the start: none is passed over', async () => {
    const folder = prepared()
    const file = newest(folder, 'log')
    const whole = readFileSync(file, 'utf8')
    const body = whole.slice(0, -65).replace(/"format": \d+/, '"format": 99')
    writeFileSync(file, `${body}${sha256([Buffer.from(body)])}\n`)
    const before = readdirSync(join(folder, 'cp/log'))
    failedWith(
      await holdfast(RUN, { cwd: folder }),
      /^NEWER_FORMAT: log\/\d+4\.json is of manifest format 99 .*: start with the Holdfast that wrote it, or a newer one$/,
      4,
    )
    expect(readdirSync(join(folder, 'cp/log'))).toEqual(before)
    writeFileSync(file, whole)
    await goesOnFrom(folder, 4)
  })
})

describe.concurrent('a damaged checkpoint', PATIENT, () => {
  it.each([
    [
      'a run',
      'flipped',
      'runs',
      flipBit,
      /^checkpoint 4 cannot be used and is passed over: run runs\/.*-\d+4-[0-9a-f]+\.run is damaged/,
    ],
    [
      'a run',
      'truncated',
      'runs',
      truncate,
      /^checkpoint 4 .*: run runs\/.*-\d+4-.* has \d+ bytes \(\d+ bytes in the manifest\)/,
    ],
    [
      'a manifest',
      'flipped',
      'log',
      flipBit,
      /^checkpoint 4 .*: log\/\d+4\.json does not match its digest/,
    ],
    ['a manifest', 'truncated', 'log', truncate, /^checkpoint 4 .*: log\/\d+4\.json /],
  ] as const)(
    'with %s %s is named, and the one before is used',
    async (...[, , part, damage, line]) => {
      const folder = prepared()
      damage(newest(folder, part))
      const { code, stderr } = await holdfast(RUN, { cwd: folder })
      const [first = '', second = ''] = stderr.split('\n')
      expect(first).toMatch(line)
      expect(second).toBe('job "counts" goes on from checkpoint 2, at 2,000 records')
      expect(code).toBe(0)
      expect(rowsOf(folder)).toEqual(EXPECTED)
    },
  )

  it('with no whole one before it leads back to the beginning, as long as that is in the log', async () => {
    const folder = prepared()
    for (const name of readdirSync(join(folder, 'cp/runs'))) flipBit(join(folder, 'cp/runs', name))
    const { code, stderr } = await holdfast(RUN, { cwd: folder })
    expect(stderr).toMatch(
      /^checkpoint 4 cannot .*\ncheckpoint 2 cannot .*\njob "counts" starts from the beginning\n/,
    )
    expect(code).toBe(0)
    expect(rowsOf(folder)).toEqual(EXPECTED)
  })

  it('with nothing before it stops the start, and --from none begins again', async () => {
    const folder = prepared()
    await runUpTo(folder, 5000, ['--retained', '1'])
    for (const name of readdirSync(join(folder, 'cp/runs'))) flipBit(join(folder, 'cp/runs', name))
    const line =
      /^CORRUPT: no retained checkpoint in .* is whole \(6: run .* is damaged .*\); to begin again from nothing, use --from none$/
    failedWith(await holdfast(RUN, { cwd: folder }), line, 4)
    expect((await holdfast([...RUN, '--from', 'none'], { cwd: folder })).code).toBe(0)
    expect(rowsOf(folder)).toEqual(EXPECTED)
  })
})

describe.concurrent('a checkpoint that was asked for', PATIENT, () => {
  it('is gone on from, and the output beyond it is withdrawn and written again', async () => {
    const folder = prepared()
    expect(rowsOf(folder)).toHaveLength(4000)
    const { code, stderr } = await holdfast([...RUN, '--from', '2'], { cwd: folder })
    expect(stderr).toMatch(/^job "counts" goes on from checkpoint 2, at 2,000 records\n/)
    expect(code).toBe(0)
    expect(rowsOf(folder)).toEqual(EXPECTED)
  })

  it('is gone on from with any parallelism', async () => {
    const folder = prepared()
    for (const [parallelism, line] of [
      [3, 4500],
      [2, 5000],
    ] as const)
      await runUpTo(folder, line, ['--parallelism', String(parallelism)])
    const { code } = await holdfast([...RUN, '--parallelism', '128'], { cwd: folder })
    expect(code).toBe(0)
    expect(rowsOf(folder)).toEqual(EXPECTED)
  })
})
