/** Time to live in whole jobs: across stops, clocks that differ, other settings, and other parallelisms. */
import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../src/base/random.js'
import { memoryBackend, memoryStorage, type TtlOptions } from '../../src/index.js'
import { inlineRunBuilder } from '../../src/run/run-builder.js'
import { migrateJob } from '../../src/runtime/migrate-job.js'
import { evolving, migrated } from '../../src/testing/evolving-serializers.js'
import { manualClock } from '../../src/testing/manual-clock.js'
import { type Note, newestRows, play, program, type Version } from './ttl-job.js'
import { newestContent } from './versions.js'

const SHORT: TtlOptions = { time: 100 }
const EVENT: TtlOptions = { time: 100, clock: 'event' }
const look = (...keys: readonly string[]): Note[] => keys.map((key) => ({ key }))
const put = (key: string, word: string, at?: number): Note => {
  return { key, put: word, ...(at === undefined ? {} : { at }) }
}
const full = (key: string, ...words: readonly string[]) => {
  const map = Object.fromEntries(words.map((word) => [word, word]))
  return { key, value: words.at(-1), list: words, map }
}
const none = (key: string) => ({ key })

describe('state with a time to live in a job', () => {
  it('is gone once its time was over while the job was down, not before', async () => {
    const storage = memoryStorage()
    const version: Version = { ttl: SHORT }
    const batches = [[put('x', 'old'), put('y', 'old')]]
    await play(storage, version, batches, { startMs: 1000 })
    batches.push(look('x', 'y'))
    const before = await play(storage, version, batches, { startMs: 1099 })
    expect(before.seen).toEqual([full('x', 'old'), full('y', 'old')])
    batches.push(look('x'))
    const after = await play(storage, version, batches, { startMs: 1100 })
    expect(after.seen).toEqual([none('x')])
  })

  it('goes by the time of the checkpoint where the machine says it is earlier', async () => {
    const storage = memoryStorage()
    const version: Version = { ttl: SHORT }
    const batches = [[put('x', 'old')]]
    await play(storage, version, batches, { startMs: 1000 })
    await play(storage, version, batches, { startMs: 1100 })
    batches.push([...look('x'), put('y', 'new')])
    const earlier = await play(storage, version, batches, { startMs: 5 })
    expect(earlier.seen).toEqual([none('x'), none('y')])
    batches.push(look('x', 'y'))
    const later = await play(storage, version, batches, { startMs: 1199 })
    expect(later.seen).toEqual([none('x'), full('y', 'new')])
    batches.push(look('y'))
    expect((await play(storage, version, batches, { startMs: 1200 })).seen).toEqual([none('y')])
  })

  it('is the same for all who read a checkpoint, whatever their clocks say', async () => {
    for (const startMs of [0, 1050, 1e12]) {
      const storage = memoryStorage()
      const batches = [[put('dead', '1')]]
      await play(storage, { ttl: SHORT }, batches, { startMs: 900 })
      batches.push([put('living', '2')])
      // When it is stopped nothing has removed what has expired.
      await play(storage, { ttl: SHORT }, batches, { startMs: 1000 })
      batches.push(look('dead', 'living'))
      const { seen } = await play(storage, { ttl: undefined }, batches, { startMs })
      expect(seen, `${startMs}`).toEqual([none('dead'), full('living', '2')])
    }
  })

  it('belongs to its key at any parallelism', async () => {
    const storage = memoryStorage()
    const version: Version = { ttl: SHORT }
    const keys = Array.from({ length: 40 }, (_, i) => `k${i}`)
    const batches = [keys.map((key) => put(key, 'first'))]
    await play(storage, version, batches, { startMs: 0 })
    const [refreshed, left] = [keys.slice(0, 20), keys.slice(20)]
    batches.push(refreshed.map((key) => put(key, 'second')))
    await play(storage, version, batches, { startMs: 60, parallelism: 3 })
    batches.push(look(...keys))
    const { seen } = await play(storage, version, batches, { startMs: 120, parallelism: 2 })
    expect(seen).toEqual([...refreshed.map((key) => full(key, 'second')), ...left.map(none)])
  })

  it('is removed while the input is idle, by tombstones in the next checkpoint', async () => {
    const storage = memoryStorage()
    const batches = [[put('x', '1'), put('y', '1')]]
    await play(storage, { ttl: SHORT }, batches, { startMs: 0 })
    expect(await newestRows(storage)).toEqual({
      list: [2, 0, 0, 0],
      map: [2, 0, 0, 0],
      value: [2, 0, 0, 0],
    })
    let counted = {}
    await play(storage, { ttl: SHORT }, batches, {
      startMs: 50,
      interval: 10_000,
      async idle(clock) {
        await clock.advance(5000)
        await clock.advance(5000)
        for (let turn = 0; turn < 20; turn++) await clock.turn()
        counted = await newestRows(storage)
      },
    })
    expect(counted).toEqual({ list: [0, 2, 0, 0], map: [0, 2, 0, 0], value: [0, 2, 0, 0] })
  })
})

describe('state with a time to live in event time', () => {
  it('goes by the time of the records, across a restart and by whatever clock', async () => {
    for (const startMs of [0, 1e12]) {
      const storage = memoryStorage()
      const version: Version = { ttl: EVENT }
      const batches = [[put('x', 'old', 1000)], [put('y', 'new', 1050)]]
      await play(storage, version, batches, { startMs })
      batches.push([{ key: 'x', at: 1099 }], [{ key: 'x', at: 1100 }], [{ key: 'y', at: 1100 }])
      const { seen } = await play(storage, version, batches, { startMs: startMs + 500 })
      // The watermark is one below the latest timestamp, and rises after each batch.
      expect(seen, `${startMs}`).toEqual([full('x', 'old'), full('x', 'old'), full('y', 'new')])
      batches.push([{ key: 'x', at: 1101 }], [{ key: 'x', at: 1101 }], [{ key: 'y', at: 1101 }])
      const again = await play(storage, version, batches, { startMs: startMs + 900 })
      expect(again.seen, `${startMs}`).toEqual([full('x', 'old'), none('x'), full('y', 'new')])
    }
  })

  it('fails the job, saying what to do, where records have no timestamp', async () => {
    const version: Version = { ttl: EVENT, timestamps: false }
    const failing = play(memoryStorage(), version, [[put('x', '1')]], { startMs: 0 })
    await expect(failing).rejects.toMatchObject({
      code: 'INVALID_STATE',
      retryable: false,
      message: expect.stringMatching(/state "value" has .*without a timestamp.*withTimestamps/s),
    })
  })

  it('stays expired at the end of the input', async () => {
    const storage = memoryStorage()
    const version: Version = { ttl: EVENT }
    const batches = [
      [put('x', 'a', 0)],
      [put('x', 'b', 90)],
      [put('x', 'c', 91)],
      [put('y', 'd', 111)],
    ]
    batches.push([{ key: 'x', at: 111 }])
    const { seen } = await play(storage, version, batches, { startMs: 0, ends: true })
    expect(seen.at(-1)?.list).toEqual(['b', 'c'])
    const content = await newestContent(storage)
    expect(content.finished).toBe(true)
    const { states } = content.operators.get('notes') ?? {}
    expect(states?.get('list')?.ttl).toEqual({ clock: 'event', horizon: 10 })
  })
})

describe('a time to live that changes from one start to the next', () => {
  const written = async () => {
    const storage = memoryStorage()
    const batches = [[put('dead', '1')], [put('living', '2')]]
    await play(storage, { ttl: SHORT }, batches.slice(0, 1), { startMs: 0 })
    await play(storage, { ttl: SHORT }, batches, { startMs: 100 })
    batches.push(look('dead', 'living'))
    return { storage, batches }
  }

  it('lets what lives stay for good when it is taken away, and nothing come back', async () => {
    const { storage, batches } = await written()
    const off = await play(storage, { ttl: undefined }, batches, { startMs: 1e9 })
    expect(off.seen).toEqual([none('dead'), full('living', '2')])
    batches.push(look('living'))
    const again = await play(storage, { ttl: undefined }, batches, { startMs: 1e12 })
    expect(again.seen).toEqual([full('living', '2')])
  })

  it('lets what lives live longer when it is longer, and nothing come back', async () => {
    const { storage, batches } = await written()
    const longer: Version = { ttl: { time: 1000 } }
    for (const startMs of [150, 999, 1099]) {
      const { seen } = await play(storage, longer, batches, { startMs })
      expect(seen).toEqual([none('dead'), full('living', '2')])
      batches.push(look('dead', 'living'))
    }
    const later = await play(storage, longer, batches, { startMs: 1100 })
    expect(later.seen).toEqual([none('dead'), none('living')])
  })

  it('counts for what is there when it is shorter', async () => {
    const { storage, batches } = await written()
    const { seen } = await play(storage, { ttl: { time: 10 } }, batches, { startMs: 110 })
    expect(seen).toEqual([none('dead'), none('living')])
  })

  it('begins at the checkpoint for state that had none, and restarts give it no more', async () => {
    const storage = memoryStorage()
    const batches = [[put('x', '1')]]
    await play(storage, { ttl: undefined }, batches, { startMs: 1000 })
    for (const startMs of [1040, 1080]) await play(storage, { ttl: SHORT }, batches, { startMs })
    batches.push([...look('x'), put('y', '2')])
    const living = await play(storage, { ttl: SHORT }, batches, { startMs: 1099, parallelism: 2 })
    expect(living.seen).toEqual([full('x', '1'), none('y')])
    batches.push(look('x', 'y'))
    const dead = await play(storage, { ttl: SHORT }, batches, { startMs: 1100 })
    expect(dead.seen).toEqual([none('x'), full('y', '2')])
  })

  it.each([false, true])(
    'goes together with other serializers and keys; all written anew: %s',
    async (eagerly) => {
      const storage = memoryStorage()
      const relations = { a: migrated, b: migrated, c: migrated }
      const [a, b, c] = [evolving('a'), evolving('b', relations), evolving('c', relations)]
      const d = evolving('d', relations)
      const batches = [[put('1', 'old')]]
      const next = async (version: Version, startMs: number, parallelism: number) => {
        if (eagerly) {
          const components = { backend: memoryBackend(), storage }
          const clock = manualClock({ startMs: 0 })
          const random = seededRandom(startMs)
          const migrating = { clock, random, builder: inlineRunBuilder(), parallelism }
          await migrateJob(program(version, [...batches, 'idle'], []), components, migrating)
        }
        return (await play(storage, version, batches, { startMs, parallelism })).seen
      }
      await next({ ttl: undefined, serializer: a }, 1000, 1)
      batches.push([put('2', 'new')])
      expect(await next({ ttl: SHORT, serializer: b }, 1050, 2)).toEqual([none('2')])
      batches.push(look('1', '2'))
      const [one, two] = await next({ ttl: { time: 1000 }, serializer: c, numbers: true }, 1099, 3)
      expect([one?.value, two?.value]).toEqual([
        eagerly ? 'old, once a, once b' : 'old, once a',
        'new, once b',
      ])
      batches.push(look('1', '2'))
      // The old one's time began with the checkpoint at 1000; migrating the keys has written all anew.
      const late = await next({ ttl: { time: 50 }, serializer: c, numbers: true }, 1099, 1)
      expect([late[0]?.value, late[1]?.value]).toEqual([undefined, 'new, once b'])
      batches.push(look('1', '2'))
      const off = await next({ ttl: undefined, serializer: d, numbers: true }, 5000, 2)
      expect([off[0]?.list, off[1]?.list]).toEqual([undefined, ['new, once b, once c']])
    },
  )
})
