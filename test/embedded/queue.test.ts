/** The example around a plain queue, as a process of its own, killed at random moments and started again. */
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { FolderQueue } from '../../examples/queue/folder-queue.js'
import { seededRandom } from '../../src/base/random.js'

const MAIN = fileURLToPath(new URL('../../build/examples/queue/main.js', import.meta.url))
const { HOLDFAST_SEED } = process.env
const SEED = HOLDFAST_SEED === undefined ? Date.now() % 1_000_000 : Number(HOLDFAST_SEED)
const ORDERS = 2000
const KILLS = 4

const folder = mkdtempSync(join(tmpdir(), 'holdfast-queue-'))
afterAll(() => rmSync(folder, { recursive: true }))

interface Ended {
  readonly signal: NodeJS.Signals | null
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs the example, to its end or until it is killed when so many messages are left. */
function run(queue: string, killAt: number): Promise<Ended> {
  const child = spawn(process.execPath, [MAIN, queue, join(folder, 'checkpoints')])
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (chunk) => {
    stdout += String(chunk)
  })
  child.stderr.on('data', (chunk) => {
    stderr += String(chunk)
  })
  const watch = setInterval(() => {
    if (readdirSync(queue).length <= killAt) child.kill('SIGKILL')
  }, 1)
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => {
      clearInterval(watch)
      resolve({ signal, code, stdout, stderr })
    })
  })
}

describe('the example around a plain queue', () => {
  it(`counts each order once, killed again and again (seed ${SEED})`, {
    timeout: 60_000,
  }, async () => {
    const random = seededRandom(SEED)
    const folderOfQueue = join(folder, 'queue')
    mkdirSync(folderOfQueue)
    const queue = new FolderQueue<{ customer: string; amount: number }>(folderOfQueue)
    const totals = new Map<string, number>()
    for (let i = 0; i < ORDERS; i++) {
      const body = { customer: `c${Math.floor(random.next() * 50)}`, amount: i }
      queue.send({ id: String(i).padStart(6, '0'), body })
      totals.set(body.customer, (totals.get(body.customer) ?? 0) + body.amount)
    }
    for (let kill = 1; kill <= KILLS; kill++) {
      // Any number of files gone: in the middle of acknowledging a batch, too.
      const left = Math.floor(ORDERS * (1 - (kill - random.next()) / (KILLS + 1)))
      const { signal, stderr } = await run(folderOfQueue, left)
      expect([signal, stderr]).toEqual(['SIGKILL', ''])
    }
    const { code, stdout, stderr } = await run(folderOfQueue, -1)
    expect([code, stderr]).toEqual([0, ''])
    const lines = stdout.trim().split('\n')
    const printed = lines.map((line) => JSON.parse(line) as { customer: string; total: number })
    expect(new Map(printed.map(({ customer, total }) => [customer, total]))).toEqual(totals)
    expect(printed).toHaveLength(totals.size)
    expect(readdirSync(folderOfQueue)).toEqual([])
  })
})
