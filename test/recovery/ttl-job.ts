/** One job whose states have a time to live, run life after life under clocks that its tests move. */
import {
  type CheckpointStorage,
  collect,
  type Job,
  type JobEvent,
  job,
  type Key,
  listState,
  mapState,
  type Serializer,
  type TtlOptions,
  valueState,
} from '../../src/index.js'
import { memoryRun, RunReader } from '../../src/run/run-reader.js'
import { type ManualClock, manualClock } from '../../src/testing/manual-clock.js'
import { scriptedSource } from '../../src/testing/scripted-source.js'
import { run } from './counting-job.js'
import { newestContent } from './versions.js'

/** A key, what to put into its states (nothing: only look), and when that happened. */
export interface Note {
  readonly key: string
  readonly put?: string
  readonly at?: number
}

/** What the states of a key hold; an empty one is not named. */
export interface Seen {
  readonly key: string
  readonly value?: string
  readonly list?: readonly string[]
  readonly map?: Readonly<Record<string, string>>
}

/** A version of the program. */
export interface Version {
  /** Of each of its states; `undefined`: none. */
  readonly ttl: TtlOptions | undefined
  /** Whether records have timestamps. Default: if time is that of events. */
  readonly timestamps?: boolean
  /** Default: the default one. */
  readonly serializer?: Serializer<unknown>
  /** Whether keys are numbers, made from the text that they were in older versions. Default `false`. */
  readonly numbers?: boolean
}

/** How one life goes. */
export interface Life {
  /** What the machine's clock says at the start; it stands still. */
  readonly startMs: number
  readonly parallelism?: number
  /** From one checkpoint to the next, in ms. Default: only that at the end. */
  readonly interval?: number
  /** Called when all batches are read. Default: nothing. */
  readonly idle?: (clock: ManualClock) => Promise<void>
  /** Whether the input ends after the batches. Default `false`: it waits, and the job is stopped. */
  readonly ends?: boolean
}

/** Runs a version until it has read all batches, those of its lives before too. */
export async function play(
  storage: CheckpointStorage,
  version: Version,
  ...[batches, life]: [batches: readonly (readonly Note[])[], life: Life]
): Promise<{ readonly seen: readonly Seen[]; readonly events: readonly JobEvent[] }> {
  const { startMs, parallelism = 1, interval = '1d', ends = false } = life
  const seen: Seen[] = []
  const clock = manualClock({ startMs })
  const declared = program(version, [...batches, ...(ends ? [] : (['idle'] as const))], seen)
  const restart = { attempts: 0 }
  const running = run(declared, storage, { clock, restart, interval, parallelism })
  let ended = false
  const end = (): void => {
    ended = true
  }
  running.done.then(end, end)
  const total = batches.flat().length
  // Before its task runs nobody sleeps until the next checkpoint.
  const busy = (): boolean => ends || running.records < total || clock.sleepers === 0
  while (!ended && busy()) await clock.turn()
  await life.idle?.(clock)
  running.stop()
  await running.done
  return { seen, events: running.events }
}

/** The job of a version; it tells what it finds and then puts. */
export function program(
  { ttl, timestamps = ttl?.clock === 'event', serializer, numbers = false }: Version,
  script: readonly (readonly Note[] | 'idle')[],
  seen: Seen[],
): Job {
  const source = job('notes').from(scriptedSource<Note>(script))
  const options = {
    ...(ttl === undefined ? {} : { ttl }),
    ...(serializer === undefined ? {} : { serializer: serializer as Serializer<string> }),
  }
  return (timestamps ? source.withTimestamps(({ at = 0 }) => at) : source)
    .keyBy(({ key }): Key => (numbers ? Number(key) : key), numbers ? 'long' : 'string')
    .process('notes', {
      ...(numbers ? { migrateKey: { from: 'string', migrate: Number } } : {}),
      state: {
        value: valueState<string>(options),
        list: listState<string>(options),
        map: mapState<string, string>(options),
      },
      onRecord({ key, put }: Note, { value, list, map }) {
        const found = { value: value.value(), list: [...list.get()], map: [...map.entries()] }
        seen.push({
          key,
          ...(found.value === undefined ? {} : { value: found.value }),
          ...(found.list.length === 0 ? {} : { list: found.list }),
          ...(found.map.length === 0 ? {} : { map: Object.fromEntries(found.map) }),
        })
        if (put === undefined) return
        value.update(put)
        list.add(put)
        map.put(put, put)
      },
    })
    .to(collect<never>())
}

/** How many rows the newest run in the log has by state: PUT, DELETE, APPEND, CLEAR. Runs must be small. */
export async function newestRows(
  storage: CheckpointStorage,
): Promise<Readonly<Record<string, readonly number[]>>> {
  const { inline = '', path = '' } = (await newestContent(storage)).runs.at(-1) ?? {}
  const { sections } = await RunReader.open(memoryRun(Buffer.from(inline, 'base64'), path))
  return Object.fromEntries(sections.map(({ state, statistics }) => [state, statistics.rows]))
}
