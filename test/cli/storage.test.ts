/**
 * Checkpoint folders that do not work: taken by a file, refused, full. A disk that is full for real needs a file
 * system of its own, which only root can mount; a preloaded module that refuses calls stands in for it everywhere.
 */
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
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
const KEYS = 3000
const EXPECTED = expectedRows(inputLines(LINES, KEYS))

const run = (checkpoints: string, ...more: string[]): string[] => [
  'run',
  'job.mjs',
  '--checkpoints',
  checkpoints,
  ...more,
]

/** What is refused, and after how many that are not. */
interface Refusal {
  readonly code: string
  readonly allowed?: number
}

/** Node options that make every new file below `folder` fail with `code`, the first `allowed` aside. */
function refusing(cwd: string, folder: string, refusal: Refusal): string[] {
  const { code, allowed = 0 } = refusal
  const file = join(cwd, 'refuse.mjs')
  writeFileSync(
    file,
    `import fs from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { resolve } from 'node:path'
let left = ${allowed}
const refuse = (name, isNew) => {
  const real = fs[name]
  fs[name] = async (path, ...rest) => {
    if (resolve(path).startsWith(resolve(${JSON.stringify(folder)})) && isNew(...rest) && left-- <= 0)
      throw Object.assign(new Error('${code}: refused'), { code: '${code}' })
    return real(path, ...rest)
  }
}
refuse('mkdir', () => ${allowed} === 0)
refuse('open', (flags) => flags !== 'r')
syncBuiltinESMExports()
`,
  )
  return ['--import', pathToFileURL(file).href]
}

function failedWith({ code, stdout, stderr }: Outcome, line: RegExp, exitCode: number): void {
  expect(stderr.trimEnd().split('\n').at(-1)).toMatch(line)
  expect(stderr).not.toMatch(/\n +at /)
  expect([code, stdout]).toEqual([exitCode, ''])
}

describe.concurrent('a checkpoint folder that cannot be one', PATIENT, () => {
  it('because a file stands there, above it or in it, is named', async () => {
    const cwd = temporaryFolder()
    writeJob(cwd, 10, 2)
    writeFileSync(join(cwd, 'file'), 'precious')
    mkdirSync(join(cwd, 'half'))
    writeFileSync(join(cwd, 'half/log'), 'precious')
    for (const folder of ['file', 'file/below', 'half']) {
      const line = new RegExp(
        `^holdfast: INVALID_ARGUMENT: cannot list .*/${folder}/log/: ENOTDIR; `,
      )
      failedWith(await holdfast(run(folder), { cwd }), line, 2)
    }
    expect(rowsOf(cwd)).toEqual([])
  })

  it.each(['EACCES', 'EROFS'])('because of %s is named, and nothing is retried', async (code) => {
    const cwd = temporaryFolder()
    writeJob(cwd, 10, 2)
    const node = refusing(cwd, join(cwd, 'cp'), { code })
    failedWith(
      await holdfast(run('cp'), { cwd, node }),
      new RegExp(
        `^holdfast: STORAGE_DENIED: cannot create .*/cp/log/.*: ${code}; check the permissions`,
      ),
      6,
    )
    expect((await holdfast(run('cp'), { cwd })).code).toBe(0)
    expect(rowsOf(cwd)).toEqual(expectedRows(inputLines(10, 2)))
  })
})

describe.concurrent('a disk that is full', PATIENT, () => {
  /** A job with its checkpoint 2 at line 2000. */
  let template = ''
  beforeAll(async () => {
    template = temporaryFolder()
    writeJob(template, LINES, KEYS)
    await runUpTo(template, 2000)
  })

  /** Runs into the full disk; the checkpoint that stood before it still does. */
  async function runsFull(cwd: string, checkpoints: string, node: string[]): Promise<void> {
    const before = rowsOf(cwd)
    const args = run(checkpoints, '--restarts', '0')
    const ended = await holdfast(args, { cwd, node })
    failedWith(
      ended,
      /^holdfast: STORAGE_FULL: cannot write .*: ENOSPC; free some space; the last good checkpoint is intact$/,
      6,
    )
    expect(ended.stderr).toContain('checkpoint failed, 4 in a row: STORAGE_FULL: ')
    expect(logOf(cwd, checkpoints).at(-1)).toMatchObject({ checkpoint: 2 })
    expect(rowsOf(cwd)).toEqual(before)
  }

  async function goesOn(cwd: string, checkpoints: string): Promise<void> {
    const { code, stdout } = await holdfast(run(checkpoints, '--json'), { cwd })
    expect(eventsOf(stdout)[0]).toMatchObject({ event: 'started', checkpoint: 2, records: 2000 })
    expect(code).toBe(0)
    expect(rowsOf(cwd)).toEqual(EXPECTED)
  }

  it('fails the job, and the job goes on once there is space again', async () => {
    const cwd = copyOf(template)
    const disk = join(cwd, 'disk')
    mkdirSync(disk)
    const small = mountSmall(disk)
    try {
      cpSync(join(cwd, 'cp'), join(disk, 'cp'), { recursive: true })
      const { bavail, bsize } = statfsSync(disk)
      // Room for a claim, not for the run of 3,000 keys.
      if (small) writeFileSync(join(disk, 'filling'), Buffer.alloc(bavail * bsize - 32_768))
      await runsFull(
        cwd,
        'disk/cp',
        small ? [] : refusing(cwd, join(disk, 'cp'), { code: 'ENOSPC', allowed: 1 }),
      )
      rmSync(join(disk, 'filling'), { force: true })
      await goesOn(cwd, 'disk/cp')
    } finally {
      if (small) execFileSync('umount', [disk])
    }
  })
})

/** Mounts a file system of 1 MB; `false` where that is not allowed. */
function mountSmall(folder: string): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
