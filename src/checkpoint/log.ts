/**
 * The numbered log of a job in its storage: reading it, and appending to it with the decisions of
 * commit.ts. History is linear, whoever writes.
 */
import type { Clock } from '../base/clock.js'
import { HoldfastError, hasCode, messageOf } from '../base/errors.js'
import type { CheckpointStorage } from '../storage/checkpoint-storage.js'
import { LOG_PREFIX, logNumber, logPath } from '../storage/paths.js'
import { type CreateFacts, type CreateVerdict, judgeCreate, stillOwner } from './commit.js'
import { encodeEntry, type LogEntry } from './manifest.js'
import { decodeEntry } from './manifest-reader.js'

const RETRY_DELAY_MS = 50

/** The log in a storage. */
export class CheckpointLog {
  readonly #storage: CheckpointStorage
  readonly #clock: Clock

  constructor(storage: CheckpointStorage, clock: Clock) {
    this.#storage = storage
    this.#clock = clock
  }

  /** Where it is, for people. */
  get uri(): string {
    return this.#storage.uri
  }

  /** All numbers in use, ascending. */
  async numbers(): Promise<number[]> {
    const entries = await this.#storage.list(LOG_PREFIX)
    const numbers = entries.map((entry) => logNumber(entry.path))
    return numbers.filter((number) => number !== undefined).sort((a, b) => a - b)
  }

  /**
   * The entry of this number; `undefined` if there is none.
   * @throws `CORRUPT`, `NEWER_FORMAT`, and what the storage throws
   */
  async read(number: number): Promise<LogEntry | undefined> {
    const path = logPath(number)
    const bytes = await this.#storage.read(path)
    if (bytes === undefined) return undefined
    const entry = decodeEntry(bytes, path)
    if (entry.number === number) return entry
    throw new HoldfastError('CORRUPT', `${path} says it is entry ${entry.number}`)
  }

  /**
   * Appends a checkpoint.
   * @param abort what to put in its place if its fate cannot be settled otherwise
   * @returns which of the two stands
   * @throws `FENCED` if another owner has taken over; `STORAGE_DENIED` or `STORAGE_FULL` if nothing was
   *   written and nothing will be; `STORAGE_FAILED` (retryable) if that is unknown, or if nobody could be asked
   *   about another owner: then only a restart can tell
   */
  async commit(entry: LogEntry, abort: LogEntry): Promise<'committed' | 'aborted'> {
    let verdict = await this.#create(entry)
    if (verdict === 'abort') verdict = await this.#create(abort)
    if (verdict === 'taken') throw fenced(entry)
    try {
      await this.confirm(entry)
    } catch (error) {
      // A refusal to look is no refusal to write: the entry stands.
      throw hasCode(error, 'FENCED') ? error : unsettled(entry, error)
    }
    return verdict === 'stands' ? 'committed' : 'aborted'
  }

  /**
   * Makes sure that nobody has taken over from the writer of `entry`, its newest.
   * @returns all numbers in use
   * @throws `FENCED`, and what the storage throws
   */
  async confirm(entry: LogEntry): Promise<number[]> {
    const numbers = await this.numbers()
    if (stillOwner(entry.number, numbers)) return numbers
    throw fenced(entry)
  }

  /**
   * Tries to take over with a claim.
   * @returns `false` if another owner took this number first: read the log again
   */
  async claim(entry: LogEntry): Promise<boolean> {
    const verdict = await this.#create(entry)
    return verdict === 'stands' && stillOwner(entry.number, await this.numbers())
  }

  /** Deletes an entry that lies below the collection boundary. */
  async delete(number: number): Promise<void> {
    await this.#storage.delete(logPath(number))
  }

  async #create(entry: LogEntry): Promise<CreateVerdict> {
    const bytes = encodeEntry(entry)
    let failure: unknown
    for (let attempts = 1; ; attempts++) {
      let answer: CreateFacts['answer'] = 'failed'
      try {
        answer = await this.#storage.create(logPath(entry.number), bytes)
      } catch (error) {
        failure = error
        if (hasCode(error, 'STORAGE_DENIED') || hasCode(error, 'STORAGE_FULL')) answer = 'refused'
      }
      const standing = answer === 'created' ? undefined : await this.#standing(entry.number)
      if (standing === 'unreadable') answer = 'failed'
      const verdict = judgeCreate({ mine: entry, answer, standing: known(standing), attempts })
      if (verdict === 'refused') throw failure
      if (verdict === 'unknown') throw unsettled(entry, failure)
      if (verdict !== 'again') return verdict
      await this.#clock.sleep(RETRY_DELAY_MS * attempts)
    }
  }

  /** A read that fails says nothing about what stands; the create will be repeated. */
  async #standing(number: number): Promise<LogEntry | undefined | 'unreadable'> {
    try {
      return await this.read(number)
    } catch (error) {
      if (hasCode(error, 'CORRUPT') || hasCode(error, 'NEWER_FORMAT')) throw error
      return 'unreadable'
    }
  }
}

function known(standing: LogEntry | undefined | 'unreadable'): LogEntry | undefined {
  return standing === 'unreadable' ? undefined : standing
}

function fenced(entry: LogEntry): HoldfastError {
  return new HoldfastError(
    'FENCED',
    `job "${entry.job}" has a newer owner: this process (epoch ${entry.epoch}) stops and changes nothing more. ` +
      'Run one process per job name and checkpoint folder',
  )
}

function unsettled(entry: LogEntry, cause: unknown): HoldfastError {
  return new HoldfastError(
    'STORAGE_FAILED',
    `what became of ${logPath(entry.number)} is unknown (${messageOf(cause)}); a restart will find out`,
    { cause, retryable: true },
  )
}
