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
  /** Most elements of a tuple used as a key, and most fields of a struct (as Flink's largest tuple). */
  keyElementsMax: 25,
  /** How deep tuples and structs may be nested in a key; one that holds none is 1 deep. */
  keyDepthMax: 8,
  /** Most values in one key: itself, and all that is within it. */
  keyPartsMax: 256,
  /** Longest name of a field of a struct used as a key. */
  keyFieldLengthMax: 64,
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
  /** Timers of one subtask and domain; those whose deletion is not committed yet count too. */
  timersMax: 16_777_216,
  /** Timestamps of values are within ± this, in ms: some 142,000 years around 1970. 2^52 − 1. */
  timestampMsMax: 4_503_599_627_370_495,
  /** Longest line of an NDJSON input, in bytes. */
  lineBytesMax: 67_108_864,
  /** Deepest declared schema: records, arrays, maps and the like in each other. */
  schemaDepthMax: 32,
  /** Parts of one declared schema: every field, element and choice of `oneOf` counts. */
  schemaPartsMax: 10_000,
  /** Largest bigint of a declared schema, in bytes. */
  bigintBytesMax: 65_536,
  /** Deepest `json()` value of a declared schema, and deepest Avro value. */
  valueDepthMax: 256,
} as const
