/** What a job does after a failure: attempts, their number, and what they must not do. */
import { describe, expect, it } from 'vitest'
import { encodeEntry } from '../../src/checkpoint/manifest.js'
import { fromArray } from '../../src/connectors/collection.js'
import {
  collect,
  job as declareJob,
  HoldfastError,
  mapState,
  memoryBackend,
  memoryStorage,
  type StateBackend,
  type StateDescriptor,
} from '../../src/index.js'
import { inlineRunBuilder } from '../../src/run/run-builder.js'
import { runJob } from '../../src/runtime/run-job.js'
import { logPath, RUNS_PREFIX } from '../../src/storage/paths.js'
import { faultyStorage } from '../../src/testing/faulty-storage.js'
import {
  countingJob,
  expected,
  type Hooks,
  type Input,
  NAME,
  type Output,
  perRecord,
  run,
  scripted,
  sorted,
} from './counting-job.js'

import { claimOf } from './entries.js'

import { entries, FIRST, failing, named, RECORDS, SECOND, staged, THIRD } from './staged-job.js'

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
