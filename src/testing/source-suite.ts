/**
 * The contract of sources (`runtime/source.ts`) as cases: whatever position a source has handed out, a reader
 * opened there yields exactly the records that followed it.
 */
import assert from 'node:assert/strict'
import { HoldfastError } from '../base/errors.js'
import type { Json } from '../base/json.js'
import { LIMITS } from '../base/limits.js'
import type { SourceBatch, SourceReader } from '../runtime/source.js'
import { type ConformanceCase, declareSuite, type SuiteOptions } from './suite.js'

/** A source under test: a bounded input that is read in at least three batches. */
export interface SourceSuiteContext {
  /** Opens a reader of its own. Without a position it starts at the beginning. */
  open(position?: Json): Promise<SourceReader<unknown>>
  /** Every record of the input, in order. */
  readonly expected: readonly unknown[]
  /** Most records of one batch as configured. Default `LIMITS.batchRecords`. */
  readonly batchRecords?: number
  /** Positions to be refused, besides those that no source takes. */
  readonly foreignPositions?: readonly Json[]
}

/** No source hands out any of these. */
const FOREIGN: readonly Json[] = [null, true, 'not a position', -1, 0.5, [], {}, { no: 'position' }]

type Case = ConformanceCase<SourceSuiteContext>

const reading: readonly Case[] = [
  {
    id: 'reads-everything-in-order',
    title: 'reads every record once, in order, and the same a second time',
    run: async (context) => {
      for (let time = 0; time < 2; time++) {
        assert.deepEqual(recordsOf(await readAll(context)), context.expected)
      }
    },
  },
  {
    id: 'batches-within-bounds',
    title: 'hands over batches of at least one record and at most the bound',
    run: async (context) => {
      const batches = await readAll(context)
      assert.ok(batches.length >= 3, 'the input of a source suite needs at least three batches')
      for (const { records } of batches) {
        assert.ok(records.length >= 1)
        assert.ok(records.length <= (context.batchRecords ?? LIMITS.batchRecords))
      }
    },
  },
  {
    id: 'end-is-sticky',
    title: 'goes on answering undefined after the end',
    run: async (context) => {
      const reader = await context.open()
      try {
        while ((await reader.read()) !== undefined);
        for (let time = 0; time < 3; time++) assert.equal(await reader.read(), undefined)
      } finally {
        await reader[Symbol.asyncDispose]()
      }
    },
  },
  {
    id: 'readers-are-independent',
    title: 'gives every reader its own place',
    run: async (context) => {
      const first = await context.open()
      const second = await context.open()
      try {
        const start = [await first.read(), await first.read()]
        assert.deepEqual([await second.read(), await second.read()], start)
        await first[Symbol.asyncDispose]()
        const rest = recordsOf([...batchesOf(start), ...(await drain(second))])
        assert.deepEqual(rest, context.expected)
      } finally {
        await first[Symbol.asyncDispose]()
        await second[Symbol.asyncDispose]()
      }
    },
  },
  {
    id: 'dispose-in-mid-read',
    title: 'can be disposed while it reads, and twice, without harm to a later reader',
    run: async (context) => {
      const reader = await context.open()
      const pending = reader.read()
      const settled = Promise.allSettled([pending])
      await reader[Symbol.asyncDispose]()
      await reader[Symbol.asyncDispose]()
      await settled
      assert.deepEqual(recordsOf(await readAll(context)), context.expected)
    },
  },
]

const positions: readonly Case[] = [
  {
    id: 'replays-from-every-position',
    title: 'yields exactly the rest from every position it has handed out',
    run: async (context) => {
      const batches = await readAll(context)
      for (const [index, { position }] of batches.entries()) {
        const rest = recordsOf(await readAll(context, position))
        assert.deepEqual(rest, recordsOf(batches.slice(index + 1)), JSON.stringify(position))
      }
    },
  },
  {
    id: 'replayed-positions-replay',
    title: 'hands out good positions after a restart too',
    run: async (context) => {
      const found: unknown[] = []
      let position: Json | undefined
      for (;;) {
        const batch = await readOne(context, position)
        if (batch === undefined) break
        found.push(...batch.records)
        position = batch.position
      }
      assert.deepEqual(found, context.expected)
    },
  },
  {
    id: 'positions-are-json',
    title: 'hands out positions that survive JSON unchanged, and small',
    run: async (context) => {
      for (const { position } of await readAll(context)) {
        const text = JSON.stringify(position)
        assert.deepEqual(JSON.parse(text), position)
        assert.ok(text.length <= 1000, `a position of ${text.length} characters`)
      }
    },
  },
  {
    id: 'end-position-is-the-end',
    title: 'has nothing left at its last position',
    run: async (context) => {
      const last = (await readAll(context)).at(-1)
      assert.ok(last !== undefined)
      assert.equal(await readOne(context, last.position), undefined)
    },
  },
  {
    id: 'foreign-positions-are-refused',
    title: 'refuses a position that is not its own when it opens',
    run: async (context) => {
      for (const position of [...FOREIGN, ...(context.foreignPositions ?? [])]) {
        await assert.rejects(
          context.open(position),
          (error) => error instanceof HoldfastError && error.code === 'INVALID_ARGUMENT',
          `not refused: ${JSON.stringify(position)}`,
        )
      }
    },
  },
]

/** Every case of the contract. */
export const sourceCases: readonly ConformanceCase<SourceSuiteContext>[] = [
  ...reading,
  ...positions,
]

/** Declares {@link sourceCases} as tests. */
export function sourceSuite(options: SuiteOptions<SourceSuiteContext>): void {
  declareSuite(sourceCases, options)
}

async function readAll(
  context: SourceSuiteContext,
  position?: Json,
): Promise<SourceBatch<unknown>[]> {
  const reader = await context.open(position)
  try {
    return await drain(reader)
  } finally {
    await reader[Symbol.asyncDispose]()
  }
}

async function readOne(
  context: SourceSuiteContext,
  position: Json | undefined,
): Promise<SourceBatch<unknown> | undefined> {
  const reader = await context.open(position)
  try {
    return await reader.read()
  } finally {
    await reader[Symbol.asyncDispose]()
  }
}

async function drain(reader: SourceReader<unknown>): Promise<SourceBatch<unknown>[]> {
  const batches: SourceBatch<unknown>[] = []
  for (let batch = await reader.read(); batch !== undefined; batch = await reader.read())
    batches.push(batch)
  return batches
}

function batchesOf(batches: readonly (SourceBatch<unknown> | undefined)[]): SourceBatch<unknown>[] {
  return batches.filter((batch) => batch !== undefined)
}

function recordsOf(batches: readonly SourceBatch<unknown>[]): unknown[] {
  return batches.flatMap((batch) => [...batch.records])
}
