/**
 * A tiny program on a coordinator alone: a `Map` as its state, changes as rows, a step number as its place in
 * the input. A {@link Book} keeps what each step's state was, so that whatever a storage yields later can be
 * compared with the truth.
 */
import type { Clock } from '../../src/base/clock.js'
import { type Random, seededRandom } from '../../src/base/random.js'
import { type CommittedCheckpoint, Coordinator } from '../../src/checkpoint/coordinator.js'
import { CheckpointLog } from '../../src/checkpoint/log.js'
import type { CheckpointContent } from '../../src/checkpoint/manifest.js'
import { planRestore, type StartFrom } from '../../src/checkpoint/restore-plan.js'
import { verifiedRun } from '../../src/checkpoint/run-store.js'
import { keyGroupOf } from '../../src/keygroup/hash.js'
import { readRowKey, writeRowPrefix } from '../../src/keygroup/row-key.js'
import { DELETE, PUT } from '../../src/run/format.js'
import { mergeRows } from '../../src/run/merge.js'
import { RowEncoder } from '../../src/run/row-batch.js'
import { inlineRunBuilder, type RunBuild } from '../../src/run/run-builder.js'
import { type RowCursor, type RunBytes, RunReader } from '../../src/run/run-reader.js'
import type { CheckpointStorage } from '../../src/storage/checkpoint-storage.js'
import { RUNS_PREFIX } from '../../src/storage/paths.js'
import { manualClock } from '../../src/testing/manual-clock.js'
import { JOB } from './entries.js'

const SECTION = { operator: 'ledger', state: 'entries' }
const GROUPS = 16
const RANGE = { first: 0, last: GROUPS - 1 }

/** State: text by key. */
export type Entries = ReadonlyMap<string, string>

/** What the state was at each step that was ever tried. Shared by all ledgers of a test. */
export class Book {
  readonly #pages: Entries[] = [new Map()]

  /** Notes a state; returns its step. */
  note(entries: Entries): number {
    return this.#pages.push(new Map(entries)) - 1
  }

  at(step: number): Entries | undefined {
    return this.#pages[step]
  }
}

/** How a ledger is opened. */
export interface LedgerOptions {
  readonly storage: CheckpointStorage
  readonly book: Book
  readonly random: Random
  readonly clock?: Clock
  /** Default 2. */
  readonly retained?: number
  /** Default `'latest'`. */
  readonly from?: StartFrom
}

/** The program. */
export class Ledger {
  readonly coordinator: Coordinator
  /** The step it was restored to; 0: the beginning. */
  readonly restored: number
  readonly #book: Book
  readonly #entries: Map<string, string>
  readonly #dirty = new Set<string>()

  private constructor(coordinator: Coordinator, book: Book, entries: Map<string, string>) {
    this.coordinator = coordinator
    this.restored = stepOf(coordinator.restored)
    this.#book = book
    this.#entries = entries
  }

  /** Takes over. Fails the test if what is restored is not the state of the step it claims to be. */
  static async open(options: LedgerOptions): Promise<Ledger> {
    const { storage, book, random, clock = autoClock(), retained = 2, from = 'latest' } = options
    const builder = inlineRunBuilder()
    const check = (): void => {}
    const working = { job: JOB, storage, builder, clock, random }
    const coordinator = await Coordinator.open({ ...working, retained, from, check })
    const entries = await entriesOf(coordinator.restored, coordinator.runs)
    sameEntries(book, coordinator.restored, entries)
    return new Ledger(coordinator, book, entries)
  }

  /** What it holds now; not to be changed. */
  get entries(): Entries {
    return this.#entries
  }

  set(key: string, value: string | undefined): void {
    if (value === undefined) this.#entries.delete(key)
    else this.#entries.set(key, value)
    this.#dirty.add(key)
  }

  /** Commits what it holds; what has changed stays changed unless this succeeds. */
  async commit(): Promise<CommittedCheckpoint | undefined> {
    const step = this.#book.note(this.#entries)
    const changed = [...this.#dirty]
    const states = new Map([
      ['entries', { kind: 'value', schemas: [{ number: 1, serializer: 'text' }] } as const],
    ])
    const shape = { maxParallelism: GROUPS, keyType: 'string', states } as const
    const done = await this.coordinator.commit({
      takenAtMs: step,
      finished: false,
      sources: new Map([['source', step]]),
      watermarks: new Map(),
      sinks: new Map(),
      operators: new Map([[SECTION.operator, shape]]),
      fill: async (build) => this.#fill(build, changed),
    })
    if (done !== undefined) for (const key of changed) this.#dirty.delete(key)
    return done
  }

  #fill(build: RunBuild, changed: readonly string[]): void {
    const encoder = new RowEncoder((batch) => build.add(batch))
    encoder.section(SECTION)
    for (const key of changed) {
      const value = this.#entries.get(key)
      encoder.begin()
      writeRowPrefix(encoder.out, keyGroupOf(key, 'string', GROUPS), key, 'string', undefined)
      encoder.value()
      if (value !== undefined) encoder.out.put(Buffer.from(value, 'latin1'))
      encoder.end(value === undefined ? DELETE : PUT)
    }
    encoder.flush()
  }
}

/** The step of a content. */
export function stepOf(content: CheckpointContent): number {
  return (content.sources.get('source') as number | undefined) ?? 0
}

export function autoClock(): Clock {
  return manualClock({ autoAdvance: true })
}

async function entriesOf(
  content: CheckpointContent,
  runs: ReadonlyMap<string, RunBytes>,
): Promise<Map<string, string>> {
  const cursors: RowCursor[] = []
  for (const { run, keyGroups } of planRestore(content, SECTION, RANGE)) {
    const reader = await RunReader.open(runs.get(run.path) as RunBytes)
    const section = reader.section(SECTION)
    if (section !== undefined) cursors.push(reader.rows(section, keyGroups))
  }
  const entries = new Map<string, string>()
  for await (const rows of mergeRows(cursors, { bottom: true })) {
    for (const { key, value } of rows) {
      entries.set(readRowKey(key).key as string, Buffer.from(value).toString('latin1'))
    }
  }
  return entries
}

function sameEntries(book: Book, content: CheckpointContent, entries: Entries): void {
  const expected = book.at(stepOf(content))
  const text = (map: Entries | undefined): string => JSON.stringify([...(map ?? [])].sort())
  if (text(entries) === text(expected)) return
  throw new Error(
    `checkpoint ${content.checkpoint} says it is step ${stepOf(content)} and holds ${short(text(entries))}, ` +
      `which was ${short(text(expected))}`,
  )
}

function short(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)}…` : text
}

/** What a storage holds of a job. */
export interface Audit {
  /** Numbers of the log above the boundary, ascending. */
  readonly numbers: readonly number[]
  /** Distinct steps that can be read above the boundary, ascending. */
  readonly steps: readonly number[]
  /** Objects that no entry above the boundary needs: entries at or below it, and runs. */
  readonly garbage: readonly string[]
}

/**
 * Reads everything above the collection boundary of an undamaged log. Fails the test if an entry or one of its
 * runs cannot be read, if a content is not the state of its step, or if owners are out of order.
 */
export async function audit(storage: CheckpointStorage, book: Book): Promise<Audit> {
  const log = new CheckpointLog(storage, autoClock())
  const all = await log.numbers()
  const needed = new Set<string>()
  const steps = new Set<number>()
  const numbers: number[] = []
  let boundary = 0
  let epoch = Number.POSITIVE_INFINITY
  for (const number of all.toReversed()) {
    if (number <= boundary) break
    const entry = await log.read(number)
    if (entry === undefined) throw new Error(`entry ${number} is gone`)
    if (entry.epoch > epoch) throw new Error(`entry ${number} is of a later owner than the next`)
    epoch = entry.epoch
    boundary = Math.max(boundary, entry.collected)
    numbers.unshift(number)
    if (entry.content === undefined) continue
    const runs = new Map<string, RunBytes>()
    for (const ref of entry.content.runs) {
      runs.set(ref.path, await verifiedRun(storage, ref))
      if (ref.inline === undefined) needed.add(ref.path)
    }
    sameEntries(book, entry.content, await entriesOf(entry.content, runs))
    steps.add(stepOf(entry.content))
  }
  const runs = (await storage.list(RUNS_PREFIX)).map(({ path }) => path)
  const garbage = [
    ...all.filter((number) => number <= boundary).map(String),
    ...runs.filter((path) => !needed.has(path)),
  ]
  return { numbers, steps: [...steps].sort((a, b) => a - b), garbage }
}

/** Bytes of {@link noise} that make a delta a file of its own. */
export const FILE_BYTES = 17_000

const POOL_BYTES = 65_536

const pool: string = (() => {
  const random = seededRandom(0)
  const codes = Array.from({ length: POOL_BYTES }, () => Math.floor(random.next() * 256))
  return String.fromCharCode(...codes)
})()

/** Latin-1 text that does not compress, shorter than {@link POOL_BYTES}. */
export function noise(random: Random, sizeBytes: number): string {
  const name = random.nonce()
  const start = Math.floor(random.next() * (POOL_BYTES - sizeBytes))
  return (name + pool.slice(start)).slice(0, sizeBytes)
}
