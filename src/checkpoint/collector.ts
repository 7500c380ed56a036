/**
 * Collection by the owner of a job: knows the entries and run files that may be there, deletes what
 * retention.ts says. At first it lists what former owners left; from then on it knows.
 */
import type { CheckpointStorage } from '../storage/checkpoint-storage.js'
import { RUNS_PREFIX } from '../storage/paths.js'
import type { CheckpointLog } from './log.js'
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

  /** Deletes entries up to `boundary` and every run that no entry above it names. Oldest entries first. */
  async collect(boundary: number): Promise<void> {
    const runs = await this.#known(boundary)
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

  /** Run files that may be there. The first time, what others left is listed: files and entries. */
  async #known(boundary: number): Promise<Set<string>> {
    if (this.#runs === undefined) {
      const [listed, numbers] = await Promise.all([
        this.#storage.list(RUNS_PREFIX),
        this.#log.numbers(),
      ])
      const old = numbers.filter((number) => number <= boundary)
      const known = new Set(this.#entries.map((entry) => entry.number))
      const left = old.filter((number) => !known.has(number))
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
