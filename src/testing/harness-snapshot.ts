/**
 * One barrier of a `KeyedHarness`, taken in the smallest steps a backend allows, so that a test can change state
 * between any two of them. Checks on the way that each row key is written once.
 */
import { equal, ok } from 'node:assert/strict'
import type { BackendSnapshot, Pause } from '../backend/state-backend.js'
import { assembleRun } from '../run/assemble.js'
import type { SectionStatistics } from '../run/footer.js'
import { CLEAR, DELETE } from '../run/format.js'
import { type RowBatch, RowEncoder, readBatch } from '../run/row-batch.js'
import { memoryRun, RunReader } from '../run/run-reader.js'

/** A run that is committed, opened. */
export interface CommittedRun {
  readonly bytes: Uint8Array
  readonly reader: RunReader
}

/** What a snapshot came to. */
export interface Delta {
  /** The run; `undefined` if there was nothing to write. */
  readonly run: Uint8Array | undefined
  /** How many rows it has, by state: PUT, DELETE, APPEND, CLEAR. A state without rows is not named. */
  readonly rows: Readonly<Record<string, SectionStatistics['rows']>>
}

/** The backends are asked to stop after each row and each settled entry. */
const ALWAYS: Pause = () => true

/** The snapshots of all subtasks at one barrier. */
export class HarnessSnapshot {
  readonly #parts: readonly BackendSnapshot[]
  readonly #commit: (run: CommittedRun | undefined) => void
  readonly #batches: RowBatch[] = []
  readonly #encoder: RowEncoder = new RowEncoder((batch) => this.#batches.push(batch))
  #written = 0
  #settled = 0
  #sealed = false

  /** @param commit takes the run, if there is one, when the snapshot is sealed */
  constructor(parts: readonly BackendSnapshot[], commit: (run: CommittedRun | undefined) => void) {
    this.#parts = parts
    this.#commit = commit
  }

  /** Whether it is settled. */
  get ended(): boolean {
    return this.#settled === this.#parts.length
  }

  /** Whether its run, if it came to one, is committed. */
  get sealed(): boolean {
    return this.#sealed
  }

  /** Writes one row at most. `true`: all are written. */
  write(): boolean {
    for (; this.#written < this.#parts.length; this.#written++) {
      if (this.#parts[this.#written]?.write(this.#encoder, ALWAYS) === false) return false
    }
    return true
  }

  /** Writes what is not written yet and commits the run. */
  async seal(): Promise<Delta> {
    while (!this.write());
    this.#encoder.flush()
    checkRows(this.#batches)
    const built = await assembleRun(this.#batches, [])
    const run = built === undefined ? undefined : await openRun(Buffer.concat(built.chunks))
    this.#commit(run)
    this.#sealed = true
    const sections = run?.reader.sections ?? []
    return {
      run: run?.bytes,
      rows: Object.fromEntries(sections.map(({ state, statistics }) => [state, statistics.rows])),
    }
  }

  /** Settles one slice: as committed if it is sealed, else as not committed. `true`: done. */
  settle(): boolean {
    for (; this.#settled < this.#parts.length; this.#settled++) {
      if (this.#parts[this.#settled]?.settle(this.#sealed, ALWAYS) === false) return false
    }
    return true
  }

  /** Writes the rest, seals and settles. */
  async commit(): Promise<Delta> {
    const delta = await this.seal()
    while (!this.settle());
    return delta
  }

  /** Settles without having committed. */
  abandon(): void {
    while (!this.settle());
  }
}

/** Opens a run in memory. */
export async function openRun(bytes: Uint8Array): Promise<CommittedRun> {
  return { bytes, reader: await RunReader.open(memoryRun(bytes, 'a run of the harness')) }
}

function checkRows(batches: readonly RowBatch[]): void {
  const seen = new Set<string>()
  for (const { section, bytes } of batches) {
    for (const row of readBatch(bytes)) {
      const name = `${section.operator}/${section.state}/${Buffer.from(row.key).toString('hex')}`
      ok(!seen.has(name), `a snapshot wrote two rows of ${name}`)
      seen.add(name)
      if (row.kind === DELETE || row.kind === CLEAR)
        equal(row.value.length, 0, `the value of ${name}`)
    }
  }
}
