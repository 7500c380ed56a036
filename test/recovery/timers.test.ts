/** Timers are state: a job whose output comes from timers is right after any crash, at any parallelism. */
import { describe, expect, it } from 'vitest'
import {
  type CheckpointStorage,
  collect,
  fromArray,
  type Job,
  job,
  mapState,
  memoryStorage,
} from '../../src/index.js'
import { manualClock } from '../../src/testing/manual-clock.js'
import { scriptedSource } from '../../src/testing/scripted-source.js'
import { run, sorted } from './counting-job.js'

interface Reading {
  readonly key: string
  readonly at: number
}

const WINDOW = 10
const COUNTS = { counts: mapState<number, number>() }
type Counts = typeof COUNTS
const READINGS: readonly Reading[] = Array.from({ length: 36 }, (_, i) => ({
  key: `k${(i * 7) % 5}`,
  at: i * 2 + (i % 3),
})).sort((a, b) => a.at - b.at)

/** Counts per key and window, told by a timer at the window's end; a second step counts windows by another key. */
function windows(hook: (what: string) => void) {
  const totals = collect<string>('totals')
  const declared: Job = job('windows')
    .from(fromArray(READINGS, { batchRecords: 3 }))
    .withTimestamps(({ at }) => at)
    .keyBy(({ key }) => key)
    .process<Counts, number>('per-window', {
      state: COUNTS,
      onRecord({ at }, { counts }, { timers }) {
        hook('record')
        const end = Math.floor(at / WINDOW) * WINDOW + WINDOW - 1
        counts.put(end, (counts.get(end) ?? 0) + 1)
        timers.registerEventTimeTimer(end)
      },
      onTimer({ time }, { counts }, { emit }) {
        hook('timer')
        emit(counts.get(time) ?? -1)
        counts.remove(time)
      },
    })
    .keyBy(() => 'all')
    .process<Counts, string>('totals', {
      state: COUNTS,
      onRecord(count, { counts: sums }, { timers, timestamp }) {
        const end = timestamp ?? -1
        sums.put(end, (sums.get(end) ?? 0) + count)
        timers.registerEventTimeTimer(end)
      },
      onTimer({ time }, { counts: sums }, { emit, timestamp }) {
        hook('total')
        emit(`${time} ${timestamp} ${sums.get(time)}`)
        sums.remove(time)
      },
    })
    .to(totals)
  return { declared, totals }
}

const EXPECTED: readonly string[] = (() => {
  const sums = new Map<number, number>()
  for (const { at } of READINGS) {
    const end = Math.floor(at / WINDOW) * WINDOW + WINDOW - 1
    sums.set(end, (sums.get(end) ?? 0) + 1)
  }
  return [...sums].map(([end, sum]) => `${end} ${end} ${sum}`)
})()

/** Throws the n-th time it is told of `what`. */
function throwsAt(what: string, n: number): (told: string) => void {
  let left = n
  return (told) => {
    if (told === what && left-- === 0) throw new Error('crash')
  }
}

describe('a job of timers', () => {
  it('yields every window once and whole, in order of time', async () => {
    const { declared, totals } = windows(() => undefined)
    await run(declared, memoryStorage()).done
    expect(totals.committed).toEqual(EXPECTED)
  })

  it.each(['record', 'timer', 'total'])(
    'killed at any %s and rescaled yields the same',
    async (what) => {
      const ways = [1, 3, 2]
      const wayOf = (at: number): number => ways[at % 3] ?? 1
      for (let at = 0, done = false; !done; at++) {
        const { declared, totals } = windows(throwsAt(what, at))
        const storage = memoryStorage()
        const options = { parallelism: wayOf(at), restart: { attempts: 0 } }
        const outcome = await run(declared, storage, options).done.catch(() => 'killed')
        expect(EXPECTED.slice(0, totals.committed.length)).toEqual(totals.committed)
        done = outcome === 'finished'
        if (done) expect(at).toBeGreaterThan(7)
        else await run(declared, storage, { parallelism: wayOf(at + 1) }).done
        expect(sorted(totals.committed), `${what} ${at}`).toEqual(sorted(EXPECTED))
      }
    },
  )

  it('stopped in the middle of firing keeps the rest as timers and goes on with them', async () => {
    const many = Array.from({ length: 3500 }, (_, i) => ({ key: `k${i}`, at: 1 }))
    const script = scriptedSource([many, [{ key: 'z', at: 50 }], [{ key: 'z', at: 60 }]])
    const out = collect<string>()
    const seen: number[] = []
    let stop = (): void => undefined
    const declared = job('stopped')
      .from(script)
      .withTimestamps(({ at }) => at)
      .keyBy(({ key }) => key)
      .process<Record<never, never>, string>('fire', {
        state: {},
        onRecord: ({ at }, _, { timers }) => timers.registerEventTimeTimer(at + 5),
        onTimer({ time }, _, { key, emit }) {
          emit(`${key} ${time}`)
          stop()
        },
      })
      .to(out)
    const storage = memoryStorage()
    for (const parallelism of [1, 3, 2]) {
      const running = run(declared, storage, { parallelism })
      stop = () => running.stop()
      const outcome = await running.done
      seen.push(out.committed.length)
      if (outcome === 'finished') break
    }
    stop = () => undefined
    await run(declared, storage, { parallelism: 2 }).done
    expect(seen[0]).toBeGreaterThan(0)
    expect(seen[0]).toBeLessThan(3500)
    expect(out.committed).toHaveLength(3502)
    expect(new Set(out.committed).size).toBe(3502)
  })
})

describe('a processing-time timer that was due while the job was down', () => {
  /** A job that waits for one timer, run from `startMs` on this storage until it has nothing to do. */
  async function life(storage: CheckpointStorage, startMs: number, fired: string[]): Promise<void> {
    const clock = manualClock({ startMs })
    const declared = job('waiting')
      .from(scriptedSource([[5000], 'idle']))
      .keyBy((time) => time)
      .process<Record<never, never>, never>('wait', {
        state: {},
        onRecord: (time, _, { timers }) => timers.registerProcessingTimeTimer(time),
        onTimer: ({ time }, _, { timers }) =>
          void fired.push(`${time} at ${timers.currentProcessingTime()}`),
      })
      .to(collect())
    const running = run(declared, storage, { clock, interval: '1h' })
    for (let turn = 0; turn < 60; turn++) await clock.turn()
    running.stop()
    await running.done
  }

  it('fires at once, and only once', async () => {
    const storage = memoryStorage()
    const fired: string[] = []
    await life(storage, 1000, fired)
    expect(fired).toEqual([])
    await life(storage, 9000, fired)
    expect(fired).toEqual(['5000 at 9000'])
    await life(storage, 9500, fired)
    expect(fired).toEqual(['5000 at 9000'])
  })

  it('does not wait again for a clock that has gone back', async () => {
    const storage = memoryStorage()
    const fired: string[] = []
    await life(storage, 4000, fired)
    // The state clock stands at 4000 now, whatever the machine says.
    await life(storage, 0, fired)
    expect(fired).toEqual([])
    await life(storage, 5000, fired)
    expect(fired).toEqual(['5000 at 5000'])
  })
})
