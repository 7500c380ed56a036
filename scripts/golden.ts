/**
 * Writes golden files: a checkpoint folder in the formats of this version, and what it holds, as JSON.
 *
 *     tsx scripts/golden.ts              into test/compat/golden/v<version>-draft<draft>
 *     tsx scripts/golden.ts FOLDER       into another folder; it must not exist
 *     tsx scripts/golden.ts --again      while a draft is in the making: anew, the examples of docs/format/ too
 *
 * Deterministic: input, times and names are fixed (test/compat/golden-input.ts), and only the code of the formats
 * takes part, no backend and no coordinator, so that nothing but a change of the formats changes a byte. (Deflate
 * aside, whose output may differ from one zlib to another.) Files that are committed are never rewritten: a
 * change of the formats gets a new draft number, and so a new folder.
 */
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Random, seededRandom } from '../src/base/random.js'
import { extendChain, inlinedRuns, isInlined, type NewRun } from '../src/checkpoint/chain.js'
import {
  type CheckpointContent,
  encodeEntry,
  type LogEntry,
  MANIFEST_DRAFT,
  MANIFEST_VERSION,
  NO_CONTENT,
  type OperatorRecord,
  type StateRecord,
} from '../src/checkpoint/manifest.js'
import { KEY_HASH, keyGroupOf } from '../src/keygroup/hash.js'
import { writeMapKey, writeRowPrefix } from '../src/keygroup/row-key.js'
import { assembleRun } from '../src/run/assemble.js'
import { CLEAR, DELETE, PUT, RUN_DRAFT, RUN_VERSION } from '../src/run/format.js'
import { type RowBatch, RowEncoder } from '../src/run/row-batch.js'
import type { Key } from '../src/state/key.js'
import { messagePack } from '../src/state/serializer.js'
import { StateCodec } from '../src/state/state-codec.js'
import { logPath, padded, runPath } from '../src/storage/paths.js'
import {
  type Change,
  type Contents,
  contentsAt,
  GOLDEN_LOG,
  type GoldenEntry,
  HISTORY,
  JOB,
  OPERATORS,
  operatorOf,
  shown,
} from '../test/compat/golden-input.js'
import { writePages } from './format-pages.js'

/** The folder of the formats this code writes: `v1-draft1`. */
export const CURRENT: string = `v${RUN_VERSION}-draft${RUN_DRAFT}`

const SEED = 20_260_801
const BEGIN_MS = 1_767_225_600_000
const SERIALIZER = messagePack<unknown>()
const VALUES = new StateCodec(SERIALIZER)
const SCHEMAS: StateRecord['schemas'] = [{ number: 1, serializer: SERIALIZER.id }]
const STATES: ReadonlyMap<string, StateRecord> = new Map([
  ['parts', { kind: 'map', schemas: SCHEMAS }],
  ['total', { kind: 'value', schemas: SCHEMAS }],
])
const SHAPES: ReadonlyMap<string, Omit<OperatorRecord, 'runs'>> = new Map(
  OPERATORS.map(({ uid, keyType, maxParallelism }) => [
    uid,
    { keyType, maxParallelism, states: STATES },
  ]),
)

/** Writes `folder/checkpoints` and `folder/expected.json`. */
export async function writeGolden(folder: string): Promise<void> {
  await mkdir(folder)
  const objects = await goldenObjects()
  for (const part of ['log', 'runs']) {
    await mkdir(join(folder, 'checkpoints', part), { recursive: true })
  }
  for (const [path, bytes] of objects) await writeFile(join(folder, 'checkpoints', path), bytes)
  await writeFile(join(folder, 'expected.json'), expectedJson())
}

/** Every object of the checkpoint folder by path, as it is after the last entry and its collection. */
async function goldenObjects(): Promise<Map<string, Uint8Array>> {
  const random = seededRandom(SEED)
  const objects = new Map<string, Uint8Array>()
  const contents = new Map<number, CheckpointContent>([[0, NO_CONTENT]])
  const writers = new Map<number, string>()
  const keep = (path: string, bytes: Uint8Array): void => void objects.set(path, bytes)
  for (const golden of GOLDEN_LOG) {
    const { number, epoch, collected, kind } = golden
    const writer = writers.get(epoch) ?? random.nonce()
    writers.set(epoch, writer)
    let content = contents.get(golden.from) as CheckpointContent
    if (kind === 'checkpoint') content = await nextContent(golden, { content, random, keep })
    if (kind === 'checkpoint') contents.set(number, content)
    const entry: LogEntry = {
      ...{ kind, job: JOB, number, epoch, writer, keyHash: KEY_HASH, collected },
      content: kind === 'abort' ? undefined : content,
    }
    objects.set(logPath(number), encodeEntry(entry))
  }
  const last = GOLDEN_LOG.at(-1)?.collected ?? 0
  for (let number = 1; number <= last; number++) objects.delete(logPath(number))
  return objects
}

interface Before {
  readonly content: CheckpointContent
  readonly random: Random
  /** Takes a run that becomes a file. */
  readonly keep: (path: string, bytes: Uint8Array) => void
}

async function nextContent(golden: GoldenEntry, before: Before): Promise<CheckpointContent> {
  const { number } = golden
  const run = await newRun(golden, before)
  const pending = `${before.random.nonce()}.jsonl`
  const part = { pending, part: `part-${padded(number)}-${pending}`, sizeBytes: 100 + number }
  return {
    checkpoint: number,
    takenAtMs: BEGIN_MS + 10_000 * number,
    finished: false,
    sources: new Map([['source', { records: 10 * number, at: 10 * number }]]),
    watermarks: new Map(),
    sinks: new Map([['out', [part]]]),
    ...extendChain(before.content, SHAPES, { run, number }),
  }
}

async function newRun(
  { number, epoch, changes }: GoldenEntry,
  { content, random, keep }: Before,
): Promise<NewRun | undefined> {
  const delta = await assembleRun(rowsOf(changes), [])
  if (delta === undefined) return undefined
  const path = runPath({ epoch, checkpoint: number, nonce: random.nonce() })
  const { operators, sizeBytes, sha256 } = delta
  if (isInlined(sizeBytes, content)) {
    const inline = Buffer.concat(delta.chunks).toString('base64')
    return { ref: { path, sizeBytes, sha256, inline }, operators, replacesInlined: false }
  }
  const below = inlinedRuns(content).map((run) => ({
    bytes: Buffer.from(run.inline ?? '', 'base64'),
  }))
  const file = (await assembleRun(rowsOf(changes), below)) ?? delta
  keep(path, Buffer.concat(file.chunks))
  const ref = { path, sizeBytes: file.sizeBytes, sha256: file.sha256, inline: undefined }
  return { ref, operators: file.operators, replacesInlined: true }
}

/** A row as it will be, unless a later change is of the same row key. */
interface ChangedRow {
  readonly change: Change
  readonly state: string
  readonly kind: typeof PUT
  readonly value?: unknown
}

/** The rows the changes come to, each row key once. */
function rowsOf(changes: readonly Change[]): RowBatch[] {
  const rows = new Map<string, ChangedRow>()
  for (const change of changes) {
    const state = change.do === 'set' || change.do === 'unset' ? 'total' : 'parts'
    const prefix = JSON.stringify([change.uid, state, nameOf(change.key)])
    const id = 'mapKey' in change ? `${prefix} ${nameOf(change.mapKey)}` : prefix
    // A CLEAR does not hide rows of its own run.
    if (change.do === 'clear')
      for (const one of rows.keys()) if (one.startsWith(prefix)) rows.delete(one)
    if ('value' in change) rows.set(id, { change, state, kind: PUT, value: change.value })
    else rows.set(id, { change, state, kind: change.do === 'clear' ? CLEAR : DELETE })
  }
  const batches: RowBatch[] = []
  const encoder = new RowEncoder((batch) => batches.push(batch))
  for (const row of rows.values()) writeRow(encoder, row)
  encoder.flush()
  return batches
}

/** Different for all keys, infinite ones too. */
function nameOf(key: Key): string {
  return `${typeof key} ${key}`
}

function writeRow(encoder: RowEncoder, { change, state, kind, value }: ChangedRow): void {
  const { keyType, maxParallelism } = operatorOf(change.uid)
  encoder.section({ operator: change.uid, state })
  encoder.begin()
  const keyGroup = keyGroupOf(change.key, keyType, maxParallelism)
  writeRowPrefix(encoder.out, keyGroup, change.key, keyType, undefined)
  if ('mapKey' in change) writeMapKey(encoder.out, change.mapKey)
  encoder.value()
  if (kind === PUT) VALUES.write(value, encoder.out)
  encoder.end(kind)
}

/** What the checkpoints hold that one can go back to: a line per key, or the number of one that holds the same. */
function expectedJson(): string {
  const texts = new Map<string, number>()
  const checkpoints = HISTORY.toReversed().map((number) => {
    const text = contentsJson(contentsAt(number))
    const same = texts.get(text)
    if (same === undefined) texts.set(text, number)
    return ` "${number}": ${same ?? text}`
  })
  const head = ` "job": ${JSON.stringify(JOB)},\n "history": ${JSON.stringify(HISTORY)}`
  return `{\n${head},\n "checkpoints": {\n${checkpoints.join(',\n')}\n }\n}\n`
}

function contentsJson(contents: Contents): string {
  const operators = Object.entries(shown(contents)).map(([uid, keys]) => {
    const lines = keys.map((key) => `    ${JSON.stringify(key)}`)
    return `   ${JSON.stringify(uid)}: [\n${lines.join(',\n')}\n   ]`
  })
  return `{\n${operators.join(',\n')}\n  }`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (MANIFEST_VERSION !== RUN_VERSION || MANIFEST_DRAFT !== RUN_DRAFT) {
    throw new Error('the numbers of run and manifest differ: name the folder after both')
  }
  const golden = new URL('../test/compat/golden/', import.meta.url)
  await mkdir(golden, { recursive: true })
  const current = fileURLToPath(new URL(CURRENT, golden))
  const again = process.argv[2] === '--again'
  if (again) await rm(current, { recursive: true, force: true })
  if (again) await writePages()
  await writeGolden(again ? current : (process.argv[2] ?? current))
}
