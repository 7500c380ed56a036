/** A job that goes on from the golden checkpoints, through the public API. */
import type { CollectSink } from '../../src/connectors/collection.js'
import {
  collect,
  fromArray,
  job,
  type Key,
  mapState,
  memoryBackend,
  openStorage,
  type ProcessFunctions,
  type Stream,
  valueState,
} from '../../src/index.js'
import { inlineRunBuilder, runJob } from '../../src/testing/index.js'
import { asContents, logOf, objectsOf } from './golden-folder.js'
import {
  type Change,
  type GoldenOperator,
  JOB,
  type KeyContents,
  OPERATORS,
  shown,
} from './golden-input.js'
import { historyOf, readContents, readEntry } from './reader.js'

/** What the job is asked to do. */
export interface Going {
  /** A copy of the golden checkpoints; the job changes it. */
  readonly folder: string
  readonly from: number
  readonly parallelism: number
  /** The records it reads. */
  readonly changes: readonly Change[]
}

/** What came of it. */
export interface Gone {
  /** The state it had at the end. */
  readonly found: unknown
  /** The folder it left behind, as the second reader has it. */
  readonly left: unknown
}

/** Runs the job to the end of its input. Throws whatever made it fail. */
export async function goOn({ folder, from, parallelism, changes }: Going): Promise<Gone> {
  const read: readonly (Change | undefined)[] = new Array(10 * from).fill(undefined)
  const stream = job(JOB).from(fromArray([...read, ...changes] as readonly Change[]))
  const sinks = OPERATORS.map((operator) => [operator.uid, addOperator(stream, operator)] as const)
  await using storage = openStorage(folder)
  await using running = runJob(
    stream,
    { backend: memoryBackend(), storage },
    { from, parallelism, builder: inlineRunBuilder() },
  )
  await running.done
  const objects = objectsOf(folder)
  const newest = historyOf(logOf(objects).map(([, number, bytes]) => readEntry(bytes, number)))[0]
  const states = newest && readContents(newest, (path) => objects.get(path) ?? new Uint8Array(0))
  return {
    found: shown(new Map(sinks.map(([uid, sink]) => [uid, new Map(sink.committed)]))),
    left: shown(asContents(states ?? [])),
  }
}

type KeyFound = readonly [Key, KeyContents]

/** Makes the changes of one operator; at the end of the input, emits all its state. */
function addOperator(
  stream: Stream<Change>,
  { uid, keyType }: GoldenOperator,
): CollectSink<KeyFound> {
  const sink = collect<KeyFound>(uid)
  const state = { total: valueState<unknown>(), parts: mapState<Key, unknown>() }
  const functions: ProcessFunctions<Change, Key, typeof state, KeyFound> = {
    state,
    onRecord: (change, { total, parts }) => {
      if (change.do === 'set') total.update(change.value)
      if (change.do === 'unset') total.clear()
      if (change.do === 'put') parts.put(change.mapKey, change.value)
      if (change.do === 'remove') parts.remove(change.mapKey)
      if (change.do === 'clear') parts.clear()
    },
    onEnd: ({ total, parts }, context) =>
      context.emit([context.key, { total: total.value(), parts: new Map(parts.entries()) }]),
  }
  stream
    .filter((change) => change.uid === uid)
    .keyBy((change) => change.key, keyType)
    .process(uid, functions)
    .to(`found-${uid}`, sink)
  return sink
}
