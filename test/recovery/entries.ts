/** Log entries and contents for tests: each call says only what matters to it. */
import { type CheckpointContent, type LogEntry, NO_CONTENT } from '../../src/checkpoint/manifest.js'
import { KEY_HASH } from '../../src/keygroup/hash.js'

export const JOB = 'job'

/** A checkpoint's content; its source's position is its number. */
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
