/** Cases of the sink contract within one life of a writer: write, prepare, commit. */
import assert from 'node:assert/strict'
import type { Json } from '../base/json.js'
import { type SinkSuiteContext, sees, start, write } from './sink-context.js'
import type { ConformanceCase } from './suite.js'

/** What a commit shows. */
export const sinkCommitCases: readonly ConformanceCase<SinkSuiteContext>[] = [
  {
    id: 'hidden-until-commit',
    title:
      'shows nothing of what is written or prepared before its commit, then exactly what was prepared',
    run: async (context) => {
      const writer = await start(context)
      await write(writer, 1, 2)
      await sees(context)
      const first = await writer.prepare(1)
      await sees(context)
      await write(writer, 3)
      await writer.commit(first)
      await sees(context, 1, 2)
      await writer.commit(await writer.prepare(2))
      await sees(context, 1, 2, 3)
    },
  },
  {
    id: 'commit-is-idempotent',
    title: 'shows a checkpoint once however often it is committed',
    run: async (context) => {
      const writer = await start(context)
      await write(writer, 1)
      const first = await writer.prepare(1)
      await write(writer, 2)
      const second = await writer.prepare(2)
      await writer.commit(first)
      await writer.commit(first)
      await writer.commit([...first, ...second])
      await sees(context, 1, 2)
    },
  },
  {
    id: 'cut-is-synchronous',
    title:
      'cuts at the call of prepare: what is written before it resolves belongs to the next checkpoint',
    run: async (context) => {
      const writer = await start(context)
      await write(writer, 1)
      const preparing = writer.prepare(1)
      await write(writer, 2)
      await writer.commit(await preparing)
      await sees(context, 1)
      await writer.commit(await writer.prepare(2))
      await sees(context, 1, 2)
    },
  },
  {
    id: 'empty-prepare',
    title: 'prepares an empty list when nothing was written since the last barrier',
    run: async (context) => {
      const writer = await start(context)
      assert.deepEqual(await writer.prepare(1), [])
      await writer.commit([])
      await write(writer, 1)
      await writer.commit(await writer.prepare(2))
      assert.deepEqual(await writer.prepare(3), [])
      await writer.write([])
      assert.deepEqual(await writer.prepare(4), [])
      await sees(context, 1)
    },
  },
  {
    id: 'failed-checkpoint-joins-the-next',
    title: 'commits a prepared output whose checkpoint failed together with the next',
    run: async (context) => {
      const writer = await start(context)
      await write(writer, 1)
      const first = await writer.prepare(1)
      await write(writer, 2)
      const second = await writer.prepare(2)
      await sees(context)
      await writer.commit([...first, ...second])
      await sees(context, 1, 2)
    },
  },
  {
    id: 'order-is-kept',
    title: 'keeps the order of records within and across checkpoints',
    run: async (context) => {
      const writer = await start(context)
      const numbers = Array.from({ length: 12_000 }, (_, n) => n)
      for (let from = 0, checkpoint = 1; from < numbers.length; from += 1000) {
        await write(writer, ...numbers.slice(from, from + 1000))
        if (from % 3000 === 2000) await writer.commit(await writer.prepare(checkpoint++))
      }
      await sees(context, ...numbers)
    },
  },
  {
    id: 'committables-are-json',
    title: 'prepares committables that survive JSON unchanged',
    run: async (context) => {
      const writer = await start(context)
      await write(writer, 1)
      const prepared = await writer.prepare(1)
      const read: readonly Json[] = JSON.parse(JSON.stringify(prepared))
      assert.deepEqual(read, prepared)
      await writer.commit(read)
      await sees(context, 1)
    },
  },
]
