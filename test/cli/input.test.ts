/** Input and output that are not as they should be: what the command says, and that its checkpoint survives. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { eventsOf, holdfast, PATIENT } from './command.js'
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

const LINES = 3000
const BAD = 2500
const INPUT = inputLines(LINES, 200)
const RUN = ['run', 'job.mjs', '--checkpoints', 'cp']

/** A job with its checkpoint 2 at line 2000. */
let template = ''
beforeAll(async () => {
  template = temporaryFolder()
  writeJob(template, LINES, 200)
  await runUpTo(template, 2000)
})

function writeInput(folder: string, lines: readonly string[]): void {
  writeFileSync(join(folder, 'in.ndjson'), lines.join(''))
}

/** A folder whose input has a bad line after the checkpoint. */
function withBadLine(): string {
  const folder = copyOf(template)
  writeInput(folder, INPUT.with(BAD - 1, '{"id":1, "key": nonsense}\n'))
  return folder
}

const EXPECTED_WITHOUT_BAD = expectedRows(INPUT.toSpliced(BAD - 1, 1))

/** A run that goes on from checkpoint 2 and ends with every row once. */
async function goesOn(folder: string): Promise<void> {
  const { code, stdout } = await holdfast([...RUN, '--json'], { cwd: folder })
  expect(eventsOf(stdout)[0]).toMatchObject({ event: 'started', checkpoint: 2, records: 2000 })
  expect(code).toBe(0)
  expect(rowsOf(folder)).toEqual(expectedRows(INPUT))
}

describe.concurrent('a line that is not JSON', PATIENT, () => {
  it('fails the job by default, with file, line and column; mended, the job goes on', async () => {
    const folder = withBadLine()
    const { code, stdout, stderr } = await holdfast(RUN, { cwd: folder })
    expect([code, stdout]).toEqual([5, ''])
    expect(stderr.trimEnd().split('\n')).toEqual([
      'job "counts" goes on from checkpoint 2, at 2,000 records',
      expect.stringMatching(
        /^holdfast: BAD_RECORD: in\.ndjson line 2500, column 18: not JSON from "o" on: \{"id":1, "key": nonsense\} \(.*skip.*\)$/,
      ),
    ])
    expect(logOf(folder).at(-1)).toMatchObject({ checkpoint: 2 })
    writeInput(folder, INPUT)
    await goesOn(folder)
  })

  it('is left out with --on-bad-record skip', async () => {
    const folder = withBadLine()
    const { code } = await holdfast([...RUN, '--on-bad-record', 'skip'], { cwd: folder })
    expect(code).toBe(0)
    expect(rowsOf(folder)).toEqual(EXPECTED_WITHOUT_BAD)
  })

  it('is kept in a file with --on-bad-record dead-letter=FILE', async () => {
    const folder = withBadLine()
    const args = [...RUN, '--on-bad-record', 'dead-letter=bad.ndjson']
    expect((await holdfast(args, { cwd: folder })).code).toBe(0)
    expect(rowsOf(folder)).toEqual(EXPECTED_WITHOUT_BAD)
    const letters = readFileSync(join(folder, 'bad.ndjson'), 'utf8').trimEnd().split('\n')
    expect(letters.map((letter) => JSON.parse(letter))).toMatchObject([
      { file: 'in.ndjson', line: BAD, raw: '{"id":1, "key": nonsense}' },
    ])
  })
})

describe.concurrent('input that is missing', PATIENT, () => {
  it('stops the job before it reads anything; once back, the job goes on', async () => {
    const folder = copyOf(template)
    renameSync(join(folder, 'in.ndjson'), join(folder, 'elsewhere'))
    const { code, stderr } = await holdfast(RUN, { cwd: folder })
    expect(stderr).toMatch(
      /\nholdfast: INPUT_MISSING: cannot read in\.ndjson: ENOENT; check the path\n$/,
    )
    expect(code).toBe(5)
    expect(logOf(folder).at(-1)).toMatchObject({ checkpoint: 2 })
    renameSync(join(folder, 'elsewhere'), join(folder, 'in.ndjson'))
    await goesOn(folder)
  })

  it('is missing too when it has become shorter than the checkpoint has read', async () => {
    const folder = copyOf(template)
    writeInput(folder, INPUT.slice(0, 1000))
    const { code, stderr } = await holdfast(RUN, { cwd: folder })
    expect(stderr).toMatch(
      /holdfast: INVALID_ARGUMENT: in\.ndjson has \d+ bytes, but the checkpoint .*\n$/,
    )
    expect(code).toBe(2)
    writeInput(folder, INPUT)
    await goesOn(folder)
  })
})

describe.concurrent('an output folder that holds the output of another run', PATIENT, () => {
  it('is refused and left alone, unless --allow-duplicates keeps both', async () => {
    const folder = copyOf(template)
    const before = rowsOf(folder)
    const fresh = ['run', 'job.mjs', '--checkpoints', 'fresh']
    // Twice: the first one has left its mark in the log, and must not have made the output its own.
    expect((await holdfast(fresh, { cwd: folder })).code).toBe(4)
    const { code, stderr } = await holdfast(fresh, { cwd: folder })
    expect(stderr).toMatch(
      /\nholdfast: OUTPUT_AHEAD: .* out holds output of an earlier run .*--allow-duplicates.*\n$/,
    )
    expect(code).toBe(4)
    expect(rowsOf(folder)).toEqual(before)
    const again = await holdfast([...fresh, '--allow-duplicates'], { cwd: folder })
    expect(again.code).toBe(0)
    expect(rowsOf(folder)).toHaveLength(2000 + LINES)
  })
})
