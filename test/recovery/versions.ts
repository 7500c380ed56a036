/** One job in several versions of its program, each going on where the one before was stopped. */

import type { CheckpointContent } from '../../src/checkpoint/manifest.js'
import { decodeEntry } from '../../src/checkpoint/manifest-reader.js'
import {
  type CheckpointStorage,
  collect,
  type Job,
  type JobEvent,
  job,
  type Key,
  type KeyMigration,
  type KeyType,
  listState,
  mapState,
  type Serializer,
  type StateDescriptors,
  valueState,
} from '../../src/index.js'
import type { RunJobOptions } from '../../src/runtime/run-job.js'
import { LOG_PREFIX } from '../../src/storage/paths.js'
import { scriptedSource } from '../../src/testing/scripted-source.js'
import { run } from './counting-job.js'

/** A key, and what to put into its states; nothing: only look. */
export interface Note {
  readonly key: Key
  readonly put?: string
}

/** What the states of a key hold; an empty one is not named. */
export interface Seen {
  readonly key: Key
  readonly value?: unknown
  readonly list?: readonly unknown[]
  readonly map?: Readonly<Record<string, unknown>>
}

/** A version of the program. */
export interface Version {
  /** Serializer of each state; those not named are not declared. */
  readonly states: Readonly<Partial<Record<'value' | 'list' | 'map', Serializer<unknown>>>>
  readonly keyType?: KeyType
  readonly migrateKey?: KeyMigration
}

/** The job; it tells what it finds and then puts. */
export function program(version: Version, batches: readonly (readonly Note[])[], idle = true) {
  const found: Seen[] = []
  const source = scriptedSource<Note>([...batches, ...(idle ? ['idle' as const] : [])])
  const declared: Job = job('notes')
    .from(source)
    .keyBy((note) => note.key, version.keyType)
    .process('notes', {
      state: statesOf(version),
      ...(version.migrateKey === undefined ? {} : { migrateKey: version.migrateKey }),
      onRecord({ put }: Note, states, { key }) {
        const { value, list, map } = states as ReturnType<typeof allStates>['opened']
        found.push(seen(key, { value, list, map }))
        if (put === undefined) return
        value?.update(put)
        list?.add(put)
        map?.put(put, put)
      },
    })
    .to(collect())
  return { job: declared, found }
}

function allStates(serializer: Serializer<unknown>) {
  const value = valueState<unknown>({ serializer })
  const list = listState<unknown>({ serializer })
  const map = mapState<string, unknown>({ serializer })
  type Opened<S> = S extends { readonly opens?: infer O } ? O : never
  const opened = {} as {
    readonly value: Opened<typeof value>
    readonly list: Opened<typeof list>
    readonly map: Opened<typeof map>
  }
  return { value, list, map, opened }
}

function statesOf({ states }: Version): StateDescriptors {
  return Object.fromEntries(
    Object.entries(states).map(([name, serializer]) => [
      name,
      allStates(serializer)[name as 'value' | 'list' | 'map'],
    ]),
  )
}

function seen(key: Key, states: Partial<ReturnType<typeof allStates>['opened']>): Seen {
  const value = states.value?.value()
  const list = [...(states.list?.get() ?? [])]
  const map = Object.fromEntries(states.map?.entries() ?? [])
  return {
    key,
    ...(value === undefined ? {} : { value }),
    ...(list.length === 0 ? {} : { list }),
    ...(Object.keys(map).length === 0 ? {} : { map }),
  }
}

/** Runs a version until it has read all batches, those of the versions before it too, and stops it. */
export async function goOn(
  storage: CheckpointStorage,
  version: Version,
  ...[batches, options = {}]: [batches: readonly (readonly Note[])[], options?: RunJobOptions]
): Promise<{ readonly seen: readonly Seen[]; readonly events: readonly JobEvent[] }> {
  const { job: declared, found } = program(version, batches)
  const running = run(declared, storage, { restart: { attempts: 0 }, ...options })
  let ended = false
  const end = (): void => {
    ended = true
  }
  running.done.then(end, end)
  const total = batches.flat().length
  while (!ended && running.records < total) await new Promise((resolve) => setImmediate(resolve))
  running.stop()
  await running.done
  return { seen: found, events: running.events }
}

/** The newest content in the log. */
export async function newestContent(storage: CheckpointStorage): Promise<CheckpointContent> {
  const path = (await storage.list(LOG_PREFIX)).at(-1)?.path ?? ''
  const { content } = decodeEntry((await storage.read(path)) as Uint8Array, path)
  return content as CheckpointContent
}
