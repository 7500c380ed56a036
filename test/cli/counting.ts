/**
 * A job to try the command with: counts records per key and emits every single count, so that a record lost
 * or counted twice, and a row written twice, show in its output. Its folder can be copied and moved.
 *
 *     in.ndjson   the input      job.mjs   the job      cp/   checkpoints      out/   output
 */
import { createHash } from 'node:crypto'
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll } from 'vitest'
import { DIST, type Outcome, startCommand } from './command.js'

/**
 * JOB_NAME is its name. With JOB_HOLD the source waits after that many lines, as if more were to come;
 * JOB_PACE is what it waits before each batch, in ms. With JOB_STUCK a sink never finishes a checkpoint; JOB_THROW
 * is the record it fails at, or `later`; with JOB_NOISE it prints, and leaves a timer open.
 */
const JOB = `
import { job, jsonLines, ndjson, valueState } from ${JSON.stringify(pathToFileURL(`${DIST}index.js`).href)}
const { JOB_NAME = 'counts', JOB_HOLD, JOB_PACE, JOB_STUCK, JOB_THROW, JOB_NOISE } = process.env
if (JOB_NOISE) {
  console.log('loaded')
  setInterval(() => console.log('tick'), 1)
}
if (JOB_THROW === 'later') setTimeout(() => { throw new Error('boom later') }, 400)
const input = ndjson('in.ndjson')
const hold = Number(JOB_HOLD ?? Infinity)
const source = {
  name: input.name,
  async open(context) {
    const reader = await input.open(context)
    let line = context.position?.line ?? 0
    return {
      async read() {
        if (line >= hold) await new Promise((_, reject) => {
          context.signal.addEventListener('abort', () => reject(context.signal.reason))
        })
        if (JOB_PACE) await new Promise((resolve) => setTimeout(resolve, Number(JOB_PACE)))
        const batch = await reader.read()
        line = batch?.position.line ?? line
        return batch
      },
      [Symbol.asyncDispose]: () => reader[Symbol.asyncDispose](),
    }
  },
}
const stuck = {
  name: 'stuck',
  open: async () => ({
    recover: async () => {},
    write: () => {},
    prepare: () => new Promise((resolve) => setTimeout(resolve, 1e8)),
    commit: async () => {},
    [Symbol.asyncDispose]: async () => {},
  }),
}
const counts = job(JOB_NAME)
  .from(source)
  .keyBy((record) => record.key)
  .process('counts', {
    state: { seen: valueState() },
    onRecord({ id, key, note }, { seen }, ctx) {
      if (String(id) === JOB_THROW) throw new TypeError('boom')
      const count = (seen.value()?.count ?? 0) + 1
      seen.update({ count, note })
      ctx.emit({ id, key, count })
    },
  })
  .to(jsonLines('out'))
export default JOB_STUCK ? counts.to('stuck', stuck) : counts
`

const folders: string[] = []
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

/** An empty folder, removed when the tests of the file have ended. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-cli-'))
  folders.push(folder)
  return folder
}

/** Writes job and input. Every record carries a note that cannot be compressed, so that runs become files. */
export function writeJob(folder: string, lines: number, keys: number): void {
  writeFileSync(join(folder, 'job.mjs'), JOB)
  writeFileSync(join(folder, 'in.ndjson'), inputLines(lines, keys).join(''))
}

/** The lines of the input, each with its line end. */
export function inputLines(lines: number, keys: number): string[] {
  return Array.from({ length: lines }, (_, id) => {
    const note = createHash('sha256').update(String(id)).digest('base64').slice(0, 24)
    return `${JSON.stringify({ id, key: `k${(id * 7919) % keys}`, note })}\n`
  })
}

/** The rows the job must write for these lines, in order of their ids: a computation without Holdfast. */
export function expectedRows(lines: readonly string[]): string[] {
  const counts = new Map<string, number>()
  return lines.map((line) => {
    const { id, key } = JSON.parse(line) as { id: number; key: string }
    const count = (counts.get(key) ?? 0) + 1
    counts.set(key, count)
    return JSON.stringify({ id, key, count })
  })
}

/** Every visible row, in order of the ids, duplicates included. */
export function rowsOf(folder: string, out = 'out'): string[] {
  const parts = existsSync(join(folder, out)) ? readdirSync(join(folder, out)) : []
  const rows = parts
    .filter((name) => name.endsWith('.jsonl'))
    .flatMap((name) =>
      readFileSync(join(folder, out, name), 'utf8')
        .split('\n')
        .filter(Boolean),
    )
  const numbered = rows.map((row) => ({ row, id: (JSON.parse(row) as { id: number }).id }))
  return numbered.sort((a, b) => a.id - b.id).map(({ row }) => row)
}

/** Runs the job up to a line and stops it there with SIGTERM; resolves to what it wrote. */
export async function runUpTo(
  folder: string,
  line: number,
  options: readonly string[] = [],
): Promise<Outcome> {
  const args = ['run', 'job.mjs', '--checkpoints', 'cp', '--interval', '1h', '--json']
  const running = startCommand([...args, '--progress', '5ms', ...options], {
    cwd: folder,
    env: { JOB_HOLD: String(line) },
  })
  await running.event(({ event, records }) => event === 'progress' && Number(records) >= line)
  running.kill('SIGTERM')
  return running.done
}

/** A checkpoint folder's log, oldest first: names, and the checkpoint each entry stands for. */
export function logOf(folder: string, checkpoints = 'cp'): { name: string; checkpoint: number }[] {
  const log = join(folder, checkpoints, 'log')
  if (!existsSync(log)) return []
  const names = readdirSync(log).filter((name) => name.endsWith('.json'))
  return names.sort().map((name) => {
    const body = readFileSync(join(log, name), 'utf8').split('\n').slice(0, -2).join('\n')
    const { content } = JSON.parse(body) as { content?: { checkpoint: number } }
    return { name, checkpoint: content?.checkpoint ?? 0 }
  })
}

/** A copy of a prepared folder. */
export function copyOf(folder: string): string {
  const copy = temporaryFolder()
  cpSync(folder, copy, { recursive: true })
  return copy
}
