/**
 * A small whole job with every kind of state and output, and what it must yield, computed straight from its
 * input: per record the count and sum of its key and how many different values it has seen, per key at the
 * end a total.
 */
import { seededRandom } from '../../src/base/random.js'
import {
  type Job,
  type JobEvent,
  job,
  type KeyType,
  mapState,
  memoryBackend,
  type Sink,
  type Source,
  valueState,
} from '../../src/index.js'
import { inlineRunBuilder } from '../../src/run/run-builder.js'
import { type RunJobOptions, type RunningJob, runJob } from '../../src/runtime/run-job.js'
import type { CheckpointStorage } from '../../src/storage/checkpoint-storage.js'
import { type ManualClock, manualClock } from '../../src/testing/manual-clock.js'
import {
  type ScriptedSource,
  type ScriptStep,
  scriptedSource,
} from '../../src/testing/scripted-source.js'

export const NAME = 'counting'

export interface Input {
  readonly key: string
  readonly value: number
}

export type Output =
  | { readonly key: string; readonly count: number; readonly sum: number; readonly seen: number }
  | { readonly key: string; readonly total: number }

interface Tally {
  readonly count: number
  readonly sum: number
}

/** Records of a few keys; every third value is 0, at which a key starts over. */
export function inputs(count: number, seed = 1): Input[] {
  const random = seededRandom(seed)
  return Array.from({ length: count }, (_, i) => ({
    key: `key ${Math.floor(random.next() * 4)}`,
    value: i % 7 === 6 ? 0 : Math.floor(random.next() * 5) + 1,
  }))
}

/** Hooks by which a test makes the job's functions fail. */
export interface Hooks {
  /** Called before each record is processed. */
  readonly onRecord?: (record: Input) => void
  /** Called before each key's end. */
  readonly onEnd?: (key: string) => void
  /** The declared type of its keys. Default: none. */
  readonly keyType?: KeyType
  /** Something large to keep for the record's key, so that checkpoints become files. */
  readonly ballast?: (record: Input) => string
}

/** Where the job's output goes: all of it, or the sums of even records to one sink and the rest to another. */
export interface Outputs {
  readonly all: Sink<Output>
  /** Gets every record the source yields, untouched: a second branch with no state. */
  readonly raw?: Sink<Input>
}

/** The job. */
export function countingJob(source: Source<Input>, outputs: Outputs, hooks: Hooks = {}): Job {
  const stream = job(NAME).from(source)
  if (outputs.raw !== undefined) stream.filter(() => true).to('raw', outputs.raw)
  return stream
    .keyBy(({ key }) => key, hooks.keyType)
    .process('tally', {
      state: {
        tally: valueState<Tally>(),
        seen: mapState<number, number>(),
        ballast: valueState<string>(),
      },
      onRecord(record: Input, { tally, seen, ballast }, context) {
        const { key } = context
        hooks.onRecord?.(record)
        if (hooks.ballast !== undefined) ballast.update(hooks.ballast(record))
        const before = tally.value() ?? { count: 0, sum: 0 }
        const after = { count: before.count + 1, sum: before.sum + record.value }
        tally.update(after)
        if (record.value === 0) seen.clear()
        else seen.put(record.value, (seen.get(record.value) ?? 0) + 1)
        context.emit({ key, ...after, seen: [...seen.entries()].length })
      },
      onEnd({ tally }, context) {
        const { key } = context
        hooks.onEnd?.(key)
        context.emit({ key, total: tally.value()?.sum ?? 0 })
      },
    })
    .to(outputs.all)
}

/** What the job must have written once its input is used up, sorted as {@link sorted} sorts. */
export function expected(records: readonly Input[]): string[] {
  return sorted([...perRecord(records), ...totals(records)])
}

/** What it must have written of these records if the input has not ended. */
export function perRecord(records: readonly Input[]): Output[] {
  const tallies = new Map<string, Tally>()
  const seen = new Map<string, Set<number>>()
  return records.map(({ key, value }) => {
    const before = tallies.get(key) ?? { count: 0, sum: 0 }
    const after = { count: before.count + 1, sum: before.sum + value }
    tallies.set(key, after)
    const values = seen.get(key) ?? new Set()
    if (value === 0) values.clear()
    else values.add(value)
    seen.set(key, values)
    return { key, ...after, seen: values.size }
  })
}

function totals(records: readonly Input[]): Output[] {
  const sums = new Map<string, number>()
  for (const { key, value } of records) sums.set(key, (sums.get(key) ?? 0) + value)
  return [...sums].map(([key, total]) => ({ key, total }))
}

/** Output as text, in an order of its own: keys of different groups may come in any. */
export function sorted(output: readonly unknown[]): string[] {
  return output.map((one) => JSON.stringify(one)).sort()
}

/** From one checkpoint to the next, in ms. */
export const INTERVAL_MS = 1000

/** A scripted source and its clock, on which only waits before a retry pass by themselves. */
export function scripted(script: readonly ScriptStep<Input>[]): {
  source: ScriptedSource<Input>
  clock: ManualClock
} {
  const clock = manualClock({ autoAdvance: INTERVAL_MS / 2 })
  return { source: scriptedSource(script, { clock, intervalMs: INTERVAL_MS }), clock }
}

/** Batches of so many records, with a checkpoint after each. */
export function withBarriers(records: readonly Input[], batchRecords: number): ScriptStep<Input>[] {
  const steps: ScriptStep<Input>[] = []
  for (let at = 0; at < records.length; at += batchRecords) {
    steps.push(records.slice(at, at + batchRecords), 'barrier')
  }
  return steps
}

/** No two processes draw the same names. */
let lives = 1000

/** Starts the job in this thread, under a clock that moves by itself; no real time passes. */
export function run(
  counting: Job,
  storage: CheckpointStorage,
  options: RunJobOptions = {},
): RunningJob & { readonly events: readonly JobEvent[] } {
  const events: JobEvent[] = []
  const { onEvent, ...rest } = options
  const running = runJob(
    counting,
    { backend: memoryBackend(), storage },
    {
      clock: manualClock({ autoAdvance: true }),
      random: seededRandom(++lives),
      builder: inlineRunBuilder(),
      interval: INTERVAL_MS,
      restart: { delay: 10 },
      retained: 2,
      ...rest,
      onEvent: (event) => {
        events.push(event)
        onEvent?.(event)
      },
    },
  )
  return Object.assign(running, { events })
}
