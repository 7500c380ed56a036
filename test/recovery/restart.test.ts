/** What a job does after a failure, when it is asked to stop, and when there is nothing to do. */
import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../src/base/random.js'
import { encodeEntry } from '../../src/checkpoint/manifest.js'
import { type CollectSink, fromArray } from '../../src/connectors/collection.js'
import {
  type CheckpointStorage,
  collect,
  job as declareJob,
  HoldfastError,
  type JobEvent,
  mapState,
  memoryBackend,
  memoryStorage,
  type StateBackend,
  type StateDescriptor,
} from '../../src/index.js'
import { inlineRunBuilder } from '../../src/run/run-builder.js'
import { runJob } from '../../src/runtime/run-job.js'
import { LOG_PREFIX, logNumber, logPath, RUNS_PREFIX } from '../../src/storage/paths.js'
import { faultyStorage } from '../../src/testing/faulty-storage.js'
import { manualClock } from '../../src/testing/manual-clock.js'
import type { ScriptStep } from '../../src/testing/scripted-source.js'
import {
  countingJob,
  expected,
  type Hooks,
  INTERVAL_MS,
  type Input,
  inputs,
  NAME,
  type Output,
  perRecord,
  run,
  scripted,
  sorted,
} from './counting-job.js'

import { claimOf } from './entries.js'

const RECORDS = inputs(9)
const [FIRST, SECOND, THIRD] = [RECORDS.slice(0, 3), RECORDS.slice(3, 6), RECORDS.slice(6)]

/** A job over a script, its sink and its storage. */
function staged(script: readonly ScriptStep<Input>[], hooks: Hooks = {}) {
  const { source, clock } = scripted(script)
  const all: CollectSink<Output> = collect()
  const job = countingJob(source, { all }, hooks)
  const storage = memoryStorage()
  const options = { clock, onEvent: source.onEvent }
  return { all, job, storage, clock, options, start: () => run(job, storage, options) }
}

const named = (events: readonly JobEvent[]): string[] => events.map(({ event }) => event)

function failing(error: Error, times: number): () => void {
  let left = times
  return () => {
    if (left-- > 0) throw error
  }
}

const entries = async (storage: CheckpointStorage) => (await storage.list(LOG_PREFIX)).length

describe('a failure', () => {
  it('that another attempt cannot mend ends the job at once', async () => {
    const error = new HoldfastError('INVALID_STATE', 'no')
    const { job, storage, options } = staged([FIRST], { onRecord: failing(error, 1) })
    const running = run(job, storage, options)
    await expect(running.done).rejects.toBe(error)
    expect(named(running.events)).toEqual(['started'])
  })

  it('is followed by so many attempts, each later than the one before, and then the end', async () => {
    const { job, storage, options } = staged([FIRST], { onRecord: failing(new Error('again'), 99) })
    const restart = { attempts: 3, delay: 100, delayMax: 250 }
    const running = run(job, storage, { ...options, restart })
    await expect(running.done).rejects.toMatchObject({
      code: 'OPERATOR_FAILED',
      message: expect.stringContaining('again'),
    })
    const restarting = running.events.filter((one) => one.event === 'restarting')
    expect(restarting.map(({ attempt, delayMs }) => [attempt, delayMs])).toEqual([
      [1, 100],
      [2, 200],
      [3, 250],
    ])
  })

  it('is counted anew after a checkpoint was committed', async () => {
    const script = [FIRST, 'crash', 'barrier', SECOND, 'crash', 'barrier', THIRD, 'crash'] as const
    const { all, job, storage, options } = staged(script)
    const running = run(job, storage, { ...options, restart: { attempts: 1, delay: 1 } })
    expect(await running.done).toBe('finished')
    expect(running.events.filter(({ event }) => event === 'restarting')).toHaveLength(3)
    expect(sorted(all.committed)).toEqual(expected(RECORDS))
  })

  it('is never answered by taking the job back from an owner that came meanwhile', async () => {
    const all = collect<Output>()
    const storage = memoryStorage()
    const { source, clock } = scripted([FIRST, 'barrier', SECOND])
    let other: ReturnType<typeof run> | undefined
    const hooks: Hooks = {
      onRecord: ({ value, key }) => {
        const [first] = SECOND
        if (other !== undefined || key !== first?.key || value !== first.value) return
        other = run(countingJob(fromArray(RECORDS), { all: collect() }), storage)
        throw new Error('at the worst moment')
      },
    }
    const job = countingJob(source, { all }, hooks)
    const options = { clock, onEvent: source.onEvent, restart: { delay: 400 } }
    const running = run(job, storage, options)
    await expect(running.done).rejects.toMatchObject({ code: 'FENCED' })
    expect(named(running.events)).toContain('restarting')
    await other?.done.catch(() => undefined)
    expect(other?.events.some(({ event }) => event === 'checkpoint-failed')).toBe(false)
  })

  it('to collect because of a new owner ends the job: nothing more may be changed', async () => {
    const { job, storage, options } = staged([FIRST, 'barrier', SECOND, 'barrier', THIRD])
    let taken = false
    const watched = faultyStorage(storage, ({ kind, path }) => {
      // The first collection lists the runs; just before, another process takes over.
      if (kind === 'list' && path === RUNS_PREFIX && !taken) {
        taken = true
        void storage.create(logPath(3), encodeEntry(claimOf(3, 0, { job: NAME })))
      }
      return undefined
    })
    const running = run(job, watched, { ...options, retained: 1 })
    await expect(running.done).rejects.toMatchObject({ code: 'FENCED' })
    expect(named(running.events)).toEqual(['started', 'checkpoint'])
    expect(await entries(storage)).toBe(3)
  })

  it('before the job was taken over does not forget where it was told to start', async () => {
    const all = collect<Output>()
    const storage = memoryStorage()
    const { source, clock } = scripted([FIRST, 'barrier', SECOND, 'barrier', THIRD])
    const job = countingJob(source, { all })
    await run(job, storage, { clock, onEvent: source.onEvent, retained: 9 }).done
    let creates = 0
    const flaky = faultyStorage(storage, ({ kind }) =>
      kind === 'create' && creates++ < 4 ? { type: 'before' } : undefined,
    )
    const again = run(job, flaky, { clock, onEvent: source.onEvent, from: 2 })
    expect(await again.done).toBe('finished')
    expect(named(again.events).slice(0, 2)).toEqual(['restarting', 'started'])
    expect(again.events[1]).toMatchObject({ checkpoint: 2, records: 3 })
    expect(sorted(all.committed)).toEqual(expected(RECORDS))
  })

  it('is told as it was, though closing what was open fails as well', async () => {
    const error = new HoldfastError('INVALID_STATE', 'the first failure')
    const sink = collect<Output>()
    const all = {
      ...sink,
      name: 'unclosable',
      open: async (context: Parameters<typeof sink.open>[0]) => {
        const writer = await sink.open(context)
        writer[Symbol.asyncDispose] = () => Promise.reject(new Error('cannot close'))
        return writer
      },
    }
    const job = countingJob(fromArray(FIRST), { all }, { onRecord: failing(error, 1) })
    const running = run(job, memoryStorage())
    await expect(running.done).rejects.toBe(error)
    expect(named(running.events)).toEqual(['started'])
  })

  it('to open one part closes every other', async () => {
    const open = new Set<number>()
    const inner = memoryBackend()
    let opened = 0
    const backend: StateBackend = {
      name: 'fragile',
      open: async (context) => {
        const id = ++opened
        if (id === 3) throw new HoldfastError('STORAGE_DENIED', 'the third cannot be opened')
        const keyed = await inner.open(context)
        open.add(id)
        const close = keyed[Symbol.asyncDispose].bind(keyed)
        keyed[Symbol.asyncDispose] = async () => {
          open.delete(id)
          await close()
        }
        return keyed
      },
    }
    const job = countingJob(fromArray(FIRST), { all: collect() })
    const components = { backend, storage: memoryStorage() }
    const running = runJob(job, components, { parallelism: 4, builder: inlineRunBuilder() })
    await expect(running.done).rejects.toMatchObject({ code: 'STORAGE_DENIED' })
    expect(opened).toBe(3)
    expect(open.size).toBe(0)
  })
})

describe('a start that cannot work', () => {
  it('is told so before it takes the job from whoever runs it', async () => {
    const { all, job, storage, options, clock } = staged([FIRST, 'barrier', SECOND, 'idle'])
    const settings = { ...options, maxParallelism: 6, parallelism: 2 }
    const running = run(job, storage, settings)
    while (running.records < 6) await clock.turn()
    const before = await storage.list('')
    const declared = (key: (record: Input) => string | number, state: object) =>
      declareJob(NAME)
        .from(fromArray(RECORDS))
        .keyBy<string | number>(key)
        .process('tally', { state: state as { tally: StateDescriptor }, onRecord: () => {} })
        .to(collect())
    const byText = ({ key }: Input): string => key
    const misfits: [string, () => Promise<unknown>][] = [
      ['INCOMPATIBLE_STATE', () => run(job, storage, { maxParallelism: 7 }).done],
      ['INCOMPATIBLE_STATE', () => run(declared(byText, { tally: mapState() }), storage).done],
      [
        'INCOMPATIBLE_STATE',
        () => run(countingJob(fromArray(RECORDS), { all }, { keyType: 'long' }), storage).done,
      ],
      ['INVALID_ARGUMENT', () => run(job, storage, { parallelism: 7 }).done],
      ['CHECKPOINT_NOT_FOUND', () => run(job, storage, { from: 99 }).done],
      [
        'WRONG_JOB',
        () => run(declareJob('other').from(fromArray(RECORDS)).to(collect()), storage).done,
      ],
    ]
    for (const [code, start] of misfits) {
      await expect(start()).rejects.toMatchObject({ code })
      expect(await storage.list('')).toEqual(before)
    }
    running.stop()
    expect(await running.done).toBe('stopped')
    expect(all.committed).toEqual(perRecord([...FIRST, ...SECOND]))
  })
})

describe('a checkpoint that fails', () => {
  const full = new HoldfastError('STORAGE_FULL', 'no space', { retryable: true })
  const script = [FIRST, 'barrier', SECOND, 'barrier', THIRD, 'barrier'] as const

  it.each(['create', 'write'] as const)(
    'for want of space at the %s does not fail the job; the next one has everything',
    async (kind) => {
      const { all, job, storage, options } = staged(script)
      let claimed = false
      let refusals = 0
      const faulty = faultyStorage(storage, (operation) => {
        if (operation.kind !== kind) return undefined
        // The claim, which is a create too, must succeed.
        if (kind === 'create' && !claimed) claimed = true
        else if (refusals++ < 2) return { type: 'before', error: full }
        return undefined
      })
      const running = run(job, faulty, { ...options, from: 'latest' })
      expect(await running.done).toBe('finished')
      const checkpoints = running.events.filter(({ event }) => event.startsWith('checkpoint'))
      if (kind === 'create') {
        const failures = checkpoints.filter((one) => one.event === 'checkpoint-failed')
        expect(failures).toMatchObject([
          { code: 'STORAGE_FULL', failures: 1 },
          { code: 'STORAGE_FULL', failures: 2 },
        ])
      }
      expect(sorted(all.committed)).toEqual(expected(RECORDS))
      const again = run(job, storage, { ...options, from: 'latest' })
      expect(await again.done).toBe('finished')
      expect(sorted(all.committed)).toEqual(expected(RECORDS))
    },
  )

  it.each([
    ['refused', 1, full],
    ['given up', 3, undefined],
  ] as const)('because it was %s takes nothing with it', async (_, times, error) => {
    const steps = [FIRST, 'barrier', SECOND, 'barrier', 'crash', THIRD] as const
    const { all, job, storage, options } = staged(steps)
    let left: number = times
    const faulty = faultyStorage(storage, ({ kind, path }) => {
      if (kind !== 'create' || logNumber(path) !== 2 || left-- <= 0) return undefined
      return { type: 'before', ...(error === undefined ? {} : { error }) }
    })
    const restart = { attempts: 0 }
    await expect(run(job, faulty, { ...options, restart }).done).rejects.toThrow('scripted')
    expect(all.committed).toEqual(perRecord([...FIRST, ...SECOND]))
    const again = run(job, storage, options)
    expect(await again.done).toBe('finished')
    expect(again.events[0]).toMatchObject({ records: 6 })
    expect(sorted(all.committed)).toEqual(expected(RECORDS))
  })

  it('too often in a row fails the job with what made it fail', async () => {
    for (const toleratedFailures of [0, 1, 2]) {
      const { job, storage, options } = staged(script)
      let creates = 0
      const faulty = faultyStorage(storage, ({ kind }) =>
        kind === 'create' && creates++ > 0 ? { type: 'before', error: full } : undefined,
      )
      const settings = { ...options, toleratedFailures, restart: { attempts: 0 } }
      const running = run(job, faulty, settings)
      await expect(running.done).rejects.toBe(full)
      expect(named(running.events).filter((name) => name === 'checkpoint-failed')).toHaveLength(
        toleratedFailures + 1,
      )
    }
  })

  it('at the very end is tried again, since nothing comes after it', async () => {
    const { all, job, storage, options } = staged([RECORDS])
    let creates = 0
    const faulty = faultyStorage(storage, ({ kind }) =>
      kind === 'create' && [1, 2].includes(creates++) ? { type: 'before', error: full } : undefined,
    )
    expect(await run(job, faulty, options).done).toBe('finished')
    expect(sorted(all.committed)).toEqual(expected(RECORDS))
  })
})

describe('stopping', () => {
  it('commits what was processed, and the next start goes on exactly there', async () => {
    const { all, job, storage, options, clock } = staged([FIRST, SECOND, 'idle', THIRD])
    const running = run(job, storage, options)
    while (running.records < 6) await clock.turn()
    running.stop()
    expect(await running.done).toBe('stopped')
    expect(all.committed).toEqual(perRecord([...FIRST, ...SECOND]))
    const rest = run(countingJob(fromArray(RECORDS), { all }), storage, { from: 'latest' })
    // Another source with positions of its own would be wrong; the script's 2 is an index here.
    await rest.done
    const started = rest.events[0]
    expect(started).toMatchObject({ event: 'started', records: 6 })
  })

  it('while waiting for another attempt does not wait for it to begin', async () => {
    const { job, storage } = staged([FIRST], { onRecord: failing(new Error('again'), 1) })
    const clock = manualClock({ autoAdvance: 60 })
    const running = run(job, storage, { clock, restart: { delay: 3_600_000, delayMax: 3_600_000 } })
    while (!named(running.events).includes('restarting')) await clock.turn()
    await clock.turn()
    running.stop()
    expect(await running.done).toBe('stopped')
    expect(clock.now()).toBeLessThan(3_600_000)
  })

  it('before the start has ended still ends with a checkpoint', async () => {
    const { all, job, storage, options } = staged([FIRST])
    const running = run(job, storage, options)
    running.stop()
    expect(await running.done).toBe('stopped')
    expect(all.committed).toEqual([])
    expect(await run(job, storage, options).done).toBe('finished')
    expect(sorted(all.committed)).toEqual(expected(FIRST))
  })
})

describe('a job with nothing to do', () => {
  it('takes a due checkpoint while its source waits, and none when nothing has changed', async () => {
    const { all, job, storage, options, clock } = staged([FIRST, 'idle'])
    const running = run(job, storage, options)
    while (running.records < 3) await clock.turn()
    for (let n = 0; n < 20; n++) await clock.turn()
    await clock.advance(INTERVAL_MS)
    while (!named(running.events).includes('checkpoint')) await clock.turn()
    expect(all.committed).toEqual(perRecord(FIRST))
    const before = await entries(storage)
    for (let n = 0; n < 5; n++) {
      await clock.advance(INTERVAL_MS)
      for (let turns = 0; turns < 10; turns++) await clock.turn()
    }
    expect(await entries(storage)).toBe(before)
    expect(named(running.events).filter((name) => name === 'checkpoint')).toHaveLength(1)
    running.stop()
    expect(await running.done).toBe('stopped')
  })

  it('that is finished does nothing when it is started again, and its output stays', async () => {
    const { all, storage, start } = staged([RECORDS])
    expect(await start().done).toBe('finished')
    const output = sorted(all.committed)
    for (let n = 0; n < 3; n++) {
      const again = start()
      expect(await again.done).toBe('finished')
      expect(named(again.events)).toEqual(['started', 'ended'])
      expect(again.records).toBe(RECORDS.length)
    }
    expect(sorted(all.committed)).toEqual(output)
    expect(await entries(storage)).toBe(2 + 3)
  })
})

describe('a clock with fractions and a time before 1970', () => {
  it('makes no checkpoint that cannot be read', async () => {
    for (const startMs of [1_700_000_000_000.25, -1000.5]) {
      const all = collect<Output>()
      const storage = memoryStorage()
      const job = countingJob(fromArray(RECORDS, { batchRecords: 2 }), { all })
      const options = {
        clock: manualClock({ startMs, autoAdvance: true }),
        random: seededRandom(1),
      }
      expect(await run(job, storage, options).done).toBe('finished')
      const again = run(job, storage, options)
      expect(await again.done).toBe('finished')
      expect(again.events[0]).toMatchObject({ skipped: [], records: RECORDS.length })
    }
  })
})
