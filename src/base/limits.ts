/**
 * Every bound of the system, in one table. A bound is checked where data comes in, before anything is
 * changed; the error names the bound (`LIMIT_EXCEEDED`, or `CORRUPT` for bytes that claim more).
 */
export const LIMITS = {
  /** Largest max parallelism (as in Flink: 2^15). */
  keyGroupsMax: 32_768,
  /** Longest text used as a key, namespace or map key, in UTF-16 units (at most three bytes each). */
  keyLengthMax: 262_144,
  /** Largest encoded key, namespace or map key, in bytes. */
  keyBytesMax: 1_048_576,
  /** Largest encoded value of one entry, in bytes. */
  valueBytesMax: 134_217_728,
  /** Raw bytes from which on a block is closed; the row that reaches it still belongs to it. */
  blockBytesTarget: 16_384,
  /** Largest raw block: almost full, and then one row of the largest key, namespace, map key and value. */
  blockBytesMax: 150_994_944,
  /** Largest footer of a run, in bytes. */
  footerBytesMax: 268_435_456,
  /** Runs of at most this many bytes are kept inside the manifest. */
  inlineRunBytesMax: 16_384,
  /** Inlined runs of one manifest together; beyond it they are merged into the next file. */
  inlineTotalBytesMax: 65_536,
  /** Largest manifest, in bytes. */
  manifestBytesMax: 67_108_864,
  /** Schemas that the values of one state may be of at a time. */
  schemasMax: 127,
  /** Records a source hands over at once. */
  batchRecords: 1000,
  /** Longest name of a job, an operator or a state, in UTF-16 units. */
  nameLengthMax: 255,
  /** Entries of one `Map` before a shard refuses more (V8 stops at 2^24). */
  shardEntriesMax: 16_000_000,
  /** Longest line of an NDJSON input, in bytes. */
  lineBytesMax: 67_108_864,
} as const
