/**
 * Taking over a job: read the log, find the newest checkpoint that is provably whole, and claim the job with
 * it. Only proven damage makes it go further back, and each step back is named; any other failure stops
 * the start.
 */
import { HoldfastError, hasCode, messageOf } from '../base/errors.js'
import { KEY_HASH } from '../keygroup/hash.js'
import type { RunBytes } from '../run/run-reader.js'
import type { CheckpointStorage } from '../storage/checkpoint-storage.js'
import type { CheckpointLog } from './log.js'
import { type CheckpointContent, type LogEntry, NO_CONTENT } from './manifest.js'
import { checkJob, matches, nextOlder, type StartFrom } from './restore-plan.js'
import { verifiedRun } from './run-store.js'

/** A checkpoint that was passed over, and why. */
export interface SkippedCheckpoint {
  readonly number: number
  readonly reason: string
}

/** The job, taken over. */
export interface Takeover {
  /** The newest claim of this owner in the log; its content is what to go on from. */
  readonly claim: LogEntry
  readonly content: CheckpointContent
  /** The content's runs, verified, by path. */
  readonly runs: ReadonlyMap<string, RunBytes>
  readonly skipped: readonly SkippedCheckpoint[]
  /** The readable entries of the log above the collection boundary, ascending, own claims included. */
  readonly entries: readonly LogEntry[]
}

/** What a process has left in the log in earlier attempts at the job. */
export interface FormerAttempts {
  /** Whom it wrote as, one writer per attempt. */
  readonly writers: readonly string[]
  /** The newest number that it knows to be its own. */
  readonly newest: number
}

/** Who takes over, and from where. */
export interface TakeoverOptions {
  readonly job: string
  readonly writer: string
  /** If set, an owner that came after these attempts keeps the job: a restart takes it from nobody. */
  readonly former?: FormerAttempts | undefined
  readonly from: StartFrom
  readonly storage: CheckpointStorage
  readonly log: CheckpointLog
  /** Throws if the program cannot go on from this content. Asked before anything is written. */
  readonly check: (content: CheckpointContent) => void
}

/** Times another owner may take the number first before this one gives up. */
const CLAIM_ATTEMPTS = 16

/**
 * Takes the job over: claims it with the newest content, so that the former owner is fenced at once, then
 * verifies; if that leads further back, a second claim says so.
 * @throws `WRONG_JOB`, `NEWER_FORMAT`, `CHECKPOINT_NOT_FOUND`, `CORRUPT` if no checkpoint is whole, `FENCED` if
 *   others keep taking over at the same time or have done so since `former`, and what `check` and the storage
 *   throw
 */
export async function takeOver(options: TakeoverOptions): Promise<Takeover> {
  for (let attempt = 0; attempt < CLAIM_ATTEMPTS; attempt++) {
    const history = await readHistory(options)
    if (isPassed(history, options.former)) throw takenMeanwhile(options.job)
    const asked = newestContent(options, history)
    options.check(asked)
    // A checkpoint that was asked for by number may be damaged: until it is verified, nothing is left behind.
    const latest = { ...options, from: 'latest' } as const
    const first = typeof options.from === 'number' ? newestContent(latest, history) : asked
    const claim = nextClaim(options, history, first)
    if (!(await options.log.claim(claim))) continue
    const found = await findWhole(options, history)
    const entries = [...history.entries, claim]
    if (found.content.checkpoint === first.checkpoint) return { claim, ...found, entries }
    options.check(found.content)
    const back = { ...claim, number: claim.number + 1, content: found.content }
    if (!(await options.log.claim(back))) throw takenMeanwhile(options.job)
    return { claim: back, ...found, entries: [...entries, back] }
  }
  throw takenMeanwhile(options.job)
}

/**
 * What a takeover would go on from unless it turned out to be damaged. Claims and verifies nothing.
 * @throws `WRONG_JOB`, `NEWER_FORMAT`, `CHECKPOINT_NOT_FOUND`, `CORRUPT`, and what the storage throws
 */
export async function lookAhead(
  options: Pick<TakeoverOptions, 'job' | 'from' | 'log'>,
): Promise<CheckpointContent> {
  return newestContent(options, await readHistory(options))
}

/** Whether another owner came after the former attempts of this process. */
function isPassed({ entries }: History, former: FormerAttempts | undefined): boolean {
  if (former === undefined) return false
  const { writers, newest } = former
  return entries.some(({ number, writer }) => number > newest && !writers.includes(writer))
}

function takenMeanwhile(job: string): HoldfastError {
  return new HoldfastError(
    'FENCED',
    `job "${job}": another process took over while this one started; run one process per job`,
  )
}

function nextClaim(
  options: TakeoverOptions,
  history: History,
  content: CheckpointContent,
): LogEntry {
  const newest = history.entries.at(-1)
  return {
    kind: 'claim',
    job: options.job,
    number: history.highest + 1,
    epoch: (newest?.epoch ?? 0) + 1,
    writer: options.writer,
    keyHash: KEY_HASH,
    collected: newest?.collected ?? 0,
    content,
  }
}

interface History {
  /** Readable entries above the collection boundary, ascending. */
  readonly entries: readonly LogEntry[]
  readonly skipped: readonly SkippedCheckpoint[]
  readonly highest: number
}

async function readHistory({ log, job }: Pick<TakeoverOptions, 'log' | 'job'>): Promise<History> {
  const entries: LogEntry[] = []
  const skipped: SkippedCheckpoint[] = []
  const numbers = await log.numbers()
  let boundary = 0
  for (const number of numbers.toReversed()) {
    if (number <= boundary) break
    const entry = await readEntry(log, number, skipped)
    if (entry === undefined) continue
    checkJob(entry, job, KEY_HASH)
    boundary = Math.max(boundary, entry.collected)
    entries.unshift(entry)
  }
  return { entries, skipped, highest: numbers.at(-1) ?? 0 }
}

async function readEntry(
  log: CheckpointLog,
  number: number,
  skipped: SkippedCheckpoint[],
): Promise<LogEntry | undefined> {
  try {
    return await log.read(number)
  } catch (error) {
    if (!hasCode(error, 'CORRUPT')) throw error
    skipped.push({ number, reason: messageOf(error) })
    return undefined
  }
}

interface Found {
  readonly content: CheckpointContent
  readonly runs: ReadonlyMap<string, RunBytes>
  readonly skipped: readonly SkippedCheckpoint[]
}

/** The contents to go on from, as `from` asks, newest first, each once. */
function candidates(
  { from }: Pick<TakeoverOptions, 'from'>,
  history: History,
): CheckpointContent[] {
  if (from === 'none') return [NO_CONTENT]
  let below = Number.POSITIVE_INFINITY
  const found: CheckpointContent[] = []
  for (const entry of history.entries.toReversed()) {
    if (entry.number >= below) continue
    below = nextOlder(entry)
    const { content } = entry
    if (content === undefined || !matches(entry, from)) continue
    if (found.at(-1)?.checkpoint !== content.checkpoint) found.push(content)
  }
  return found
}

/** What to claim with before anything is verified. */
function newestContent(
  options: Pick<TakeoverOptions, 'from' | 'log'>,
  history: History,
): CheckpointContent {
  const content = candidates(options, history)[0]
  if (content !== undefined) return content
  const { from, log } = options
  if (typeof from === 'number') {
    const known = candidates({ ...options, from: 'latest' }, history).map((one) => one.checkpoint)
    throw new HoldfastError(
      'CHECKPOINT_NOT_FOUND',
      `there is no checkpoint ${from} in ${log.uri}; retained: ${known.join(', ') || 'none'}`,
    )
  }
  if (history.skipped.length > 0) throw nothingWhole(log, history.skipped)
  return NO_CONTENT
}

async function findWhole(options: TakeoverOptions, history: History): Promise<Found> {
  const skipped = [...history.skipped]
  const all = candidates(options, history)
  for (const content of all) {
    const runs = await verifyAll(options.storage, content, skipped)
    if (runs !== undefined) return { content, runs, skipped }
  }
  if (all.length > 0) throw nothingWhole(options.log, skipped)
  return { content: NO_CONTENT, runs: new Map(), skipped }
}

function nothingWhole(log: CheckpointLog, skipped: readonly SkippedCheckpoint[]): HoldfastError {
  const list = skipped.map(({ number, reason }) => `${number}: ${reason}`).join('; ')
  return new HoldfastError(
    'CORRUPT',
    `no retained checkpoint in ${log.uri} is whole (${list}); to begin again from nothing, use --from none`,
  )
}

async function verifyAll(
  storage: CheckpointStorage,
  content: CheckpointContent,
  skipped: SkippedCheckpoint[],
): Promise<ReadonlyMap<string, RunBytes> | undefined> {
  const runs = new Map<string, RunBytes>()
  try {
    for (const ref of content.runs) runs.set(ref.path, await verifiedRun(storage, ref))
    return runs
  } catch (error) {
    if (!hasCode(error, 'CORRUPT')) throw error
    skipped.push({ number: content.checkpoint, reason: messageOf(error) })
    return undefined
  }
}
