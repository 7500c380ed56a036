/** `holdfast migrate` and `--drop`: what the command says of state whose program has changed, and what it does. */
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { DIST, eventsOf, holdfast, type Outcome, PATIENT } from './command.js'
import { copyOf, temporaryFolder } from './counting.js'

/** VERSION is that of its serializers; with REFUSE they read no other; without OLD there is no state `old`. */
const JOB = `
import { fromArray, job, jsonLines, valueState } from ${JSON.stringify(pathToFileURL(`${DIST}index.js`).href)}
const { VERSION = '1', REFUSE, OLD } = process.env
const read = (bytes) => JSON.parse(Buffer.from(bytes).toString())
const serializer = {
  id: 'json',
  snapshot: { version: VERSION },
  write: (value, out) => out.put(Buffer.from(JSON.stringify(value))),
  read,
  resolve: ({ snapshot: { version } }) => REFUSE
    ? { outcome: 'incompatible', differs: ['version ' + version + ' is too old'], advice: 'keep version ' + version }
    : { outcome: 'after-migration', read, differs: ['written by version ' + version] },
}
const total = valueState({ serializer })
export default job('evolving')
  .from(fromArray(['a', 'b', 'a']))
  .keyBy((word) => word)
  .process('words', {
    state: OLD ? { total, old: total } : { total },
    onRecord(word, { total, old }, { emit }) {
      total.update((total.value() ?? 0) + 1)
      old?.update(1)
      emit({ word, total: total.value() })
    },
  })
  .to(jsonLines('out'))
`
const FILE = ['job.mjs', '--checkpoints', 'cp'] as const

/** A job that version 1 has run to its end. */
let template = ''
beforeAll(async () => {
  template = temporaryFolder()
  writeFileSync(join(template, 'job.mjs'), JOB)
  const ran = await holdfast(['run', ...FILE], { cwd: template, env: { OLD: '1' } })
  expect([ran.code, ran.stderr]).toEqual([0, expect.stringContaining('finished')])
})

function command(
  cwd: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<Outcome> {
  return holdfast(args, { cwd, env })
}

const log = (folder: string): string[] => readdirSync(join(folder, 'cp/log'))

describe.concurrent('a job whose program has changed', PATIENT, () => {
  it('is told what would be migrated, has it migrated once, and goes on', async () => {
    const folder = copyOf(template)
    const before = log(folder)
    const v2 = { VERSION: '2', OLD: '1' }
    const dry = await command(folder, ['migrate', ...FILE, '--dry-run'], v2)
    expect([dry.code, dry.stdout]).toEqual([0, ''])
    expect(dry.stderr.split('\n')).toEqual([
      'words/total: values of schema 1 (json) are written as schema 2 (json) when they change: written by version 1',
      'words/old: values of schema 1 (json) are written as schema 2 (json) when they change: written by version 1',
      'would be written anew: words/total, words/old; nothing was changed (checkpoint 2)',
      '',
    ])
    expect(log(folder)).toEqual(before)
    const done = await command(folder, ['migrate', ...FILE, '--json'], v2)
    expect([done.code, done.stderr]).toEqual([0, ''])
    expect(eventsOf(done.stdout)).toMatchObject([
      {
        event: 'migrated',
        dryRun: false,
        checkpoint: 2,
        rewritten: ['words/total', 'words/old'],
        states: [{ state: 'total', outcome: 'after-migration' }, { state: 'old' }],
        written: { checkpoint: 4, rows: 4 },
      },
    ])
    const again = await command(folder, ['migrate', ...FILE], v2)
    expect(again.stderr).toBe(
      'nothing to migrate: checkpoint 4 of job "evolving" is as the program declares it\n',
    )
    const ran = await command(folder, ['run', ...FILE, '--json'], v2)
    expect(eventsOf(ran.stdout)[0]).toMatchObject({ event: 'started', checkpoint: 4, evolved: [] })
    const all = await command(folder, ['migrate', ...FILE, '--all'], v2)
    expect(all.stderr).toMatch(
      /^written anew: words\/total, words\/old\ncheckpoint \d+: 4 rows, \S+ .?B\n$/,
    )
  })

  it('is told by every run how its values are read, until they are migrated', async () => {
    const folder = copyOf(template)
    const ran = await command(folder, ['run', ...FILE], { VERSION: '2' })
    expect(ran.stderr).toMatch(
      /^kept, .*: words\/old\nwords\/total: values of schema 1 .*\njob "evolving" goes on/,
    )
    expect(ran.code).toBe(0)
  })

  it('is refused with all that does not fit and what to do, by both commands', async () => {
    const folder = copyOf(template)
    const before = log(folder)
    for (const name of ['run', 'migrate']) {
      const env = { VERSION: '2', REFUSE: '1', OLD: '1' }
      const { code, stderr } = await command(folder, [name, ...FILE], env)
      expect(code).toBe(4)
      expect(stderr).toMatch(
        /^holdfast: INCOMPATIBLE_STATE: checkpoint 2 .*:\n .*"total":\n +version 1 is too old\n +to do: keep version 1\n +operator .*"old":\n[\s\S]*\n$/,
      )
    }
    expect(log(folder)).toEqual(before)
  })

  it('drops what it does not declare, and says what there is if that is not it', async () => {
    const folder = copyOf(template)
    const wrong = await command(folder, ['run', ...FILE, '--drop', 'words/none'])
    expect(wrong.code).toBe(2)
    expect(wrong.stderr).toMatch(
      /INVALID_ARGUMENT: drop: .*"words\/none"; what can be dropped: words\/old\n/,
    )
    const dropped = await command(folder, ['migrate', ...FILE, '--drop', 'words/old'])
    expect(dropped.stderr).toMatch(/^dropped: words\/old\ncheckpoint \d+: 0 rows, 0 B\n$/)
    const ran = await command(folder, ['run', ...FILE, '--json'])
    expect(eventsOf(ran.stdout)[0]).toMatchObject({ undeclared: [] })
  })

  it('is as it was when it has no checkpoint yet, or the arguments are wrong', async () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'job.mjs'), JOB)
    const none = await command(folder, ['migrate', ...FILE])
    expect([none.code, none.stderr]).toEqual([
      0,
      'job "evolving" has no checkpoint yet: nothing to migrate\n',
    ])
    const wrong = await command(folder, ['migrate', ...FILE, '--drop', 'a/b/c'])
    expect([wrong.code, wrong.stderr]).toEqual([
      2,
      expect.stringMatching(/--drop: "a\/b\/c" is not/),
    ])
    const help = await command(folder, ['migrate', '--help'])
    expect([help.code, help.stdout]).toEqual([0, expect.stringContaining('--dry-run')])
  })
})
