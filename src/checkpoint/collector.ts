/**
 * Collection by the owner of a job: knows the entries and run files that may be there, deletes what
 * retention.ts says. At first it lists what former owners left; from then on it knows.
 */
import type { CheckpointStorage } from '../storage/checkpoint-storage.js'
import { RUNS_PREFIX } from '../storage/paths.js'
import type { CheckpointLog } from './log.js'
import type { LogEntry } from './manifest.js'
import { type EntryFacts, nextBoundary, planSweep } from './retention.js'

/** Deletes what no retained checkpoint needs. */
export class Collector {
  readonly #storage: CheckpointStorage
  readonly #log: CheckpointLog
  #entries: readonly EntryFacts[]
  #runs: Set<string> | undefined
  readonly #written = new Set<string>()

  /** @param entries of the log above the boundary, ascending */
  constructor(storage: CheckpointStorage, log: CheckpointLog, entries: readonly EntryFacts[]) {
    this.#storage = storage
    this.#log = log
    this.#entries = entries
  }

  /** An entry of this owner stands. */
  add(entry: EntryFacts): void {
    this.#entries = [...this.#entries, entry]
  }

  /** This owner writes a run file; if no entry ever names it, it goes at the next collection. */
  wrote(path: string): void {
    this.#written.add(path)
  }

  /** The boundary to announce with the next entry. */
  boundary(current: number, retained: number): number {
    return nextBoundary(this.#entries, current, retained)
  }

  /**
   * Deletes entries up to the boundary of the owner's newest entry, oldest first, and every run that no entry
   * above it names.
   * @throws `FENCED`, and what the storage throws
   */
  async collect(newest: LogEntry): Promise<void> {
    const boundary = newest.collected
    const runs = await this.#known(newest)
    const sweep = planSweep({
      entries: this.#entries,
      boundary,
      runs: [...runs],
      inFlight: new Set(),
    })
    for (const run of sweep.runs) {
      await this.#storage.delete(run)
      runs.delete(run)
    }
    for (const number of sweep.entries) await this.#log.delete(number)
    this.#entries = this.#entries.filter((entry) => entry.number > boundary)
  }

  /**
   * Run files that may be there. The first time, what others left is listed: files, and only then entries.
   * While no entry is newer than the owner's own, no file that was listed before can be another owner's.
   */
  async #known(newest: LogEntry): Promise<Set<string>> {
    if (this.#runs === undefined) {
      const listed = await this.#storage.list(RUNS_PREFIX)
      const numbers = await this.#log.confirm(newest)
      const known = new Set(this.#entries.map((entry) => entry.number))
      const left = numbers.filter((number) => number <= newest.collected && !known.has(number))
      this.#entries = [...left.map(emptyEntry), ...this.#entries]
      this.#runs = new Set(listed.map((entry) => entry.path))
    }
    for (const path of this.#written) this.#runs.add(path)
    this.#written.clear()
    return this.#runs
  }
}

/** The facts of an entry that holds no checkpoint. */
export function emptyEntry(number: number): EntryFacts {
  return { number, checkpoint: undefined, olderBelow: number, runs: [] }
}
