/**
 * Cases of the sink contract over restarts. A writer is dropped without being disposed, as a killed process
 * drops it, and another one recovers.
 */
import assert from 'node:assert/strict'
import { HoldfastError } from '../base/errors.js'
import type { Json } from '../base/json.js'
import type { SinkWriter } from '../runtime/sink.js'
import {
  NEW,
  type SinkSuiteContext,
  type SinkSuiteRecord,
  sees,
  start,
  write,
} from './sink-context.js'
import type { ConformanceCase } from './suite.js'

/** What a recovery leaves visible. */
export const sinkRecoveryCases: readonly ConformanceCase<SinkSuiteContext>[] = [
  {
    id: 'recover-commits-pending',
    title:
      'shows after a restart what a committed checkpoint had prepared, committed before or not',
    run: async (context) => {
      const killed = await start(context)
      await write(killed, 1)
      const first = await killed.prepare(1)
      for (let time = 0; time < 3; time++) {
        await start(context, 1, first)
        await sees(context, 1)
      }
    },
  },
  {
    id: 'recover-withdraws-beyond',
    title: 'withdraws visible output beyond the restored checkpoint, and only that',
    run: async (context) => {
      const killed = await start(context)
      await write(killed, 1)
      const first = await killed.prepare(1)
      await killed.commit(first)
      for (const n of [2, 3]) {
        await write(killed, n)
        await killed.commit(await killed.prepare(n))
      }
      await sees(context, 1, 2, 3)
      const writer = await start(context, 1, first)
      await sees(context, 1)
      await write(writer, 4)
      await writer.commit(await writer.prepare(4))
      await sees(context, 1, 4)
    },
  },
  {
    id: 'unlisted-pending-vanishes',
    title: 'never shows what was written or prepared for a checkpoint that was not committed',
    run: async (context) => {
      const killed = await start(context)
      await write(killed, 1)
      const first = await killed.prepare(1)
      await write(killed, 2)
      await killed.prepare(2)
      await write(killed, 3)
      const writer = await start(context, 1, first)
      await write(writer, 4)
      await writer.commit(await writer.prepare(3))
      await sees(context, 1, 4)
    },
  },
  {
    id: 'killed-before-the-first-checkpoint',
    title: 'withdraws what a process showed or left whose first checkpoint was lost',
    run: async (context) => {
      for (const n of [1, 2]) {
        const killed = await start(context, n === 1 ? NEW : 0)
        await write(killed, n)
        const prepared = await killed.prepare(1)
        if (n === 1) await killed.commit(prepared)
        await write(killed, n)
      }
      const writer = await start(context, 0)
      await sees(context)
      await write(writer, 3)
      await writer.commit(await writer.prepare(1))
      await sees(context, 3)
    },
  },
  {
    id: 'new-over-old-output',
    title:
      'leaves output of an earlier job alone when a new one starts, or refuses with OUTPUT_AHEAD',
    run: async (context) => {
      const old = await start(context)
      await write(old, 1)
      await old.commit(await old.prepare(1))
      await startOver(context, false)
      await sees(context, 1)
      const writer = await startOver(context, true)
      await sees(context, 1)
      if (writer === undefined) return
      await write(writer, 2)
      await writer.commit(await writer.prepare(2))
      await sees(context, 1, 2)
      await start(context, 0)
      await sees(context, 1)
    },
  },
  {
    id: 'dispose-shows-nothing',
    title: 'shows nothing more for being disposed, and recovers as after a kill',
    run: async (context) => {
      const disposed = await start(context)
      await write(disposed, 1)
      const first = await disposed.prepare(1)
      await write(disposed, 2)
      await disposed[Symbol.asyncDispose]()
      await sees(context)
      await start(context, 1, first)
      await sees(context, 1)
    },
  },
  {
    id: 'killed-at-every-step',
    title: 'shows every record once, wherever a run is killed and resumed, again and again',
    run: async (context) => {
      await start(context)
      const manifest: Manifest = { checkpoint: 0, pending: [], next: 1 }
      // Each run gets one step further than the one before, until one gets through.
      for (let steps = 1; !(await runFor(context, manifest, steps)); steps++);
      await start(context, manifest.checkpoint, manifest.pending)
      await sees(context, ...Array.from({ length: LAST_RECORD }, (_, i) => i + 1))
    },
  },
]

/** The newest committed checkpoint, as a job would read it: also the source's position. */
interface Manifest {
  checkpoint: number
  pending: readonly Json[]
  /** The first record the checkpoint does not cover. */
  next: number
}

const LAST_RECORD = 24
const RECORDS_PER_CHECKPOINT = 4

/** Resumes at the manifest and is killed after so many steps. `true` if it came to the end. */
async function runFor(
  context: SinkSuiteContext,
  manifest: Manifest,
  steps: number,
): Promise<boolean> {
  let left = steps
  const writer = await start(context, manifest.checkpoint, manifest.pending)
  while (manifest.next <= LAST_RECORD) {
    const end = Math.min(manifest.next + RECORDS_PER_CHECKPOINT, LAST_RECORD + 1)
    for (let n = manifest.next; n < end; n++) {
      if (left-- === 0) return false
      await write(writer, n)
    }
    if (left-- === 0) return false
    const pending = await writer.prepare(manifest.checkpoint + 1)
    if (left-- === 0) return false
    Object.assign(manifest, { checkpoint: manifest.checkpoint + 1, pending, next: end })
    if (left-- === 0) return false
    await writer.commit(pending)
  }
  return true
}

/** Starts a new job over the output of another; `undefined` if the sink refuses, as it may. */
async function startOver(
  context: SinkSuiteContext,
  allowDuplicates: boolean,
): Promise<SinkWriter<SinkSuiteRecord> | undefined> {
  const writer = await context.open()
  try {
    await writer.recover({ checkpoint: 0, isNew: true, pending: [], allowDuplicates })
    return writer
  } catch (error) {
    assert.ok(error instanceof HoldfastError && error.code === 'OUTPUT_AHEAD', String(error))
    return undefined
  }
}
