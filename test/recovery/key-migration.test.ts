/** Keys of another type, in jobs with timers and with state that keeps an order: everything goes along with its key. */
import { describe, expect, it } from 'vitest'
import {
  type CheckpointStorage,
  collect,
  job,
  type Key,
  type KeyType,
  memoryStorage,
  orderedMapState,
  timeListState,
} from '../../src/index.js'
import { manualClock } from '../../src/testing/manual-clock.js'
import { scriptedSource } from '../../src/testing/scripted-source.js'
import { run } from './counting-job.js'

interface Note {
  readonly id: number
  readonly at: number
  /** Registers timers and fills the states; else it only moves time. */
  readonly fills?: boolean
}

/** Keys whose order as text is another than as numbers. */
const IDS = [10, 9, 100, 2, 1, -3, 20]
const FILLS: readonly Note[] = IDS.map((id, i) => ({ id, at: 10 + i, fills: true }))
/** When the timers of a key are due: some keys share a time. */
const due = (id: number): readonly number[] => [1000 + Math.abs(id % 3), 3000]
const ENTRIES = [-1.5, 3, 20, 100, 'b', 'é', 'a\u0000', '', true]

/** What is fired, and what a key's ordered states then hold. */
interface Fired {
  readonly time: number
  readonly domain: string
  readonly key: Key
  readonly entries: readonly unknown[]
  readonly times: readonly unknown[]
}

/** A version of the program whose keys are text, or numbers. */
async function goOn(
  storage: CheckpointStorage,
  keyType: KeyType & ('string' | 'long'),
  ...[batches, parallelism, migrates = true]: [
    batches: readonly (readonly Note[])[],
    parallelism: number,
    migrates?: boolean,
  ]
): Promise<Fired[]> {
  const fired: Fired[] = []
  const declared = job('notes')
    .from(scriptedSource<Note>([...batches, 'idle']))
    .withTimestamps(({ at }) => at)
    .keyBy(({ id }): Key => (keyType === 'long' ? id : `${id}`), keyType)
    .process('notes', {
      state: {
        entries: orderedMapState<string | number | boolean, string>(),
        times: timeListState<string>(),
      },
      ...(keyType === 'long' && migrates
        ? { migrateKey: { from: 'string', migrate: Number } }
        : {}),
      onRecord({ id, fills }: Note, { entries, times }, { timers }) {
        if (fills !== true) return
        for (const entry of ENTRIES) entries.put(entry, `${typeof entry} ${entry}`)
        for (const time of [7, -5, 7, 300]) times.add(time, `${id} at ${time}`)
        for (const time of due(id)) timers.registerEventTimeTimer(time)
        timers.registerProcessingTimeTimer(5000 + id)
        timers.registerProcessingTimeTimer(1e9)
      },
      onTimer({ time, domain }, { entries, times }, { key }) {
        const kept = { entries: [...entries.entries()], times: [...times.entries()] }
        fired.push({ time, domain, key, ...kept })
      },
    })
    .to(collect<never>())
  const clock = manualClock({ startMs: batches.length > 1 ? 6000 : 0 })
  const running = run(declared, storage, {
    clock,
    restart: { attempts: 0 },
    interval: '1h',
    parallelism,
  })
  const total = batches.flat().length
  let ended = false
  const end = (): void => {
    ended = true
  }
  running.done.then(end, end)
  while (!ended && running.records < total) await clock.turn()
  for (let turn = 0; turn < 10; turn++) await clock.turn()
  running.stop()
  await running.done
  return fired
}

/** In order, as the fired timers of all subtasks must be. */
const firedAt = (fired: readonly Fired[], domain: string): string[] =>
  fired
    .filter((one) => one.domain === domain)
    .map(({ time, key }) => `${time} ${typeof key} ${key}`)

describe('a job with timers whose keys change', () => {
  it.each([
    [1, 1, 1],
    [2, 3, 1],
  ])(
    'fires each for its new key, once and in order of time: at %i, %i and %i subtasks',
    async (...ways) => {
      const storage = memoryStorage()
      const [first, second, third] = ways
      expect(await goOn(storage, 'string', [FILLS], first)).toEqual([])
      const later = [FILLS, [{ id: 9, at: 2000 }]]
      const fired = await goOn(storage, 'long', later, second)
      const expected = IDS.map((id) => `${due(id)[0]} number ${id}`).toSorted()
      expect(firedAt(fired, 'event').toSorted()).toEqual(expected)
      expect(firedAt(fired, 'processing').toSorted()).toEqual(
        IDS.map((id) => `${5000 + id} number ${id}`).toSorted(),
      )
      for (const domain of ['event', 'processing']) {
        const times = fired.filter((one) => one.domain === domain).map(({ time }) => time)
        expect(times).toEqual(times.toSorted((a, b) => a - b))
      }
      const rest = await goOn(storage, 'long', [...later, [{ id: 9, at: 4000 }]], third, false)
      expect(firedAt(rest, 'processing')).toEqual([])
      expect(firedAt(rest, 'event').toSorted()).toEqual(
        IDS.map((id) => `3000 number ${id}`).toSorted(),
      )
    },
  )

  it('is refused without a migration, and goes on as before with its old keys', async () => {
    const storage = memoryStorage()
    await goOn(storage, 'string', [FILLS], 1)
    const later = [FILLS, [{ id: 9, at: 4000 }]]
    await expect(goOn(storage, 'long', later, 1, false)).rejects.toMatchObject({
      code: 'INCOMPATIBLE_STATE',
      message: expect.stringContaining(
        'its keys are string in the checkpoint, long in the program',
      ),
    })
    const fired = await goOn(storage, 'string', later, 1)
    expect(firedAt(fired, 'event')).toHaveLength(2 * IDS.length)
  })
})

describe('a job with ordered state whose keys change', () => {
  it('finds it under the new keys, in its order, now and after the next restart', async () => {
    const storage = memoryStorage()
    await goOn(storage, 'string', [FILLS], 2)
    const later = [FILLS, [{ id: 9, at: 2000 }]]
    const fired = await goOn(storage, 'long', later, 3)
    fired.push(...(await goOn(storage, 'long', [...later, [{ id: 9, at: 4000 }]], 1)))
    expect(fired).toHaveLength(3 * IDS.length)
    for (const { key, entries, times } of fired) {
      expect(entries).toEqual(
        [true, -1.5, 3, 20, 100, '', 'a\u0000', 'b', 'é'].map((entry) => [
          entry,
          `${typeof entry} ${entry}`,
        ]),
      )
      expect(times).toEqual([-5, 7, 7, 300].map((time) => [time, `${key} at ${time}`]))
    }
  })
})
