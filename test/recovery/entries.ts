/** Log entries, contents and whole histories for tests: each call says only what matters to it. */
import { sha256 } from '../../src/base/checksums.js'
import type { Random } from '../../src/base/random.js'
import {
  type CheckpointContent,
  type LogEntry,
  NO_CONTENT,
  type RunRef,
} from '../../src/checkpoint/manifest.js'
import { KEY_HASH } from '../../src/keygroup/hash.js'
import { runPath } from '../../src/storage/paths.js'

export const JOB = 'job'

/** What {@link runOf} refers to. */
export const RUN_BYTES: Uint8Array = Buffer.from('a run, as far as its digest goes')

/** A content; its source's position is its number. */
export function contentOf(
  checkpoint: number,
  parts: Partial<CheckpointContent> = {},
): CheckpointContent {
  return { ...NO_CONTENT, checkpoint, sources: new Map([['source', checkpoint]]), ...parts }
}

/** An entry of the log, by default a checkpoint of the first owner; an abort has no content. */
export function entryOf(number: number, parts: Partial<LogEntry> = {}): LogEntry {
  return {
    kind: 'checkpoint',
    job: JOB,
    number,
    epoch: 1,
    writer: 'first',
    keyHash: KEY_HASH,
    collected: 0,
    content: parts.kind === 'abort' ? undefined : contentOf(number),
    ...parts,
  }
}

/** The run file of a checkpoint, by its reference. */
export function runOf(checkpoint: number): RunRef {
  const path = runPath({ epoch: 1, checkpoint, nonce: '0123456789abcdef' })
  const { length: sizeBytes } = RUN_BYTES
  return { path, sizeBytes, sha256: sha256([RUN_BYTES]), inline: undefined }
}

/** A checkpoint that needs its own run only. */
export function checkpointOf(number: number, parts: Partial<LogEntry> = {}): LogEntry {
  return entryOf(number, { content: contentOf(number, { runs: [runOf(number)] }), ...parts })
}

/** A claim of a new owner with the content of a checkpoint; 0: the beginning. */
export function claimOf(
  number: number,
  checkpoint: number,
  parts: Partial<LogEntry> = {},
): LogEntry {
  const content = checkpoint === 0 ? NO_CONTENT : checkpointOf(checkpoint).content
  const owner = { epoch: number, writer: `owner ${number}` }
  return entryOf(number, { kind: 'claim', ...owner, content, ...parts })
}

export function abortOf(number: number): LogEntry {
  return entryOf(number, { kind: 'abort' })
}

/** One job's log as its owners wrote it, and the truth about it. */
export class History {
  readonly entries: LogEntry[] = [claimOf(1, 0)]
  /** Checkpoints one could go back to, newest first; 0 is the beginning. */
  lineage: readonly number[] = [0]

  /** Another entry: mostly a checkpoint, sometimes an abort, a claim, or a claim that goes back. */
  grow(random: Random): void {
    const number = this.entries.length + 1
    const last = this.entries.at(-1) as LogEntry
    const { epoch, writer } = last
    const kind = random.next()
    if (kind < 0.55) {
      this.entries.push(checkpointOf(number, { epoch, writer }))
      this.lineage = [number, ...this.lineage]
    } else if (kind < 0.65) {
      this.entries.push({ ...abortOf(number), epoch, writer })
    } else {
      const back = kind < 0.85 ? 0 : Math.floor(random.next() * this.lineage.length)
      this.lineage = this.lineage.slice(back)
      this.entries.push(claimOf(number, this.lineage[0] ?? 0))
    }
  }
}
