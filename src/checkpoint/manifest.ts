/**
 * The manifest: what a checkpoint consists of, and the log entry that holds it. JSON, and as its last line
 * the SHA-256 of the bytes before it (docs/format/manifest-format.md). Reading one is in manifest-reader.ts.
 */
import { sha256 } from '../base/checksums.js'
import { HoldfastError } from '../base/errors.js'
import type { Json } from '../base/json.js'
import { LIMITS } from '../base/limits.js'
import type { KeyGroupRange } from '../keygroup/key-group-range.js'
import type { StateKind } from '../state/descriptor.js'
import type { KeyType } from '../state/key.js'
import type { OperatorStateKind } from '../state/operator-state.js'
import type { TtlClock } from '../state/ttl.js'

/** The format's version. An entry of a newer one stops the start. */
export const MANIFEST_VERSION = 1
/** Raised by every change until version 1 is final. */
export const MANIFEST_DRAFT = 2
/** Bytes of an entry's last line: the digest in hex, and a line feed. */
export const DIGEST_LINE_BYTES = 65

/** One run, by its identity. */
export interface RunRef {
  /** Where it is in the storage; for an inlined run the name it would have. */
  readonly path: string
  readonly sizeBytes: number
  /** SHA-256 of all its bytes, in hex. */
  readonly sha256: string
  /** The run's bytes themselves in base64, if it is kept inside the manifest. */
  readonly inline: string | undefined
}

/** One run as one operator uses it. */
export interface OperatorRun {
  /** The run's path. */
  readonly run: string
  /** Higher is newer; of two runs with the same row the newer one counts. */
  readonly order: number
  /** Only rows of these key groups count. */
  readonly keyGroups: KeyGroupRange
}

/** What a schema number means for one state: the serializer whose values begin with it. */
export interface SchemaRecord {
  /** 1 to {@link LIMITS}`.schemasMax`; unique within the state. */
  readonly number: number
  /** Id of the serializer. */
  readonly serializer: string
  /** What the serializer needs to be known by later; `undefined`: nothing. */
  readonly snapshot?: Json
  /** Set if its values have a timestamp each: operands of lists behind the schema's number, others in their row. */
  readonly stamped?: true
  /** Values with a timestamp up to this, in ms, are dead whatever the time; `'all'`: all of them. */
  readonly dead?: number | 'all'
  /** The timestamp in ms that counts for all its values: from then on they age anew. `undefined`: their own. */
  readonly begun?: number
}

/** What is known of a state's time to live. */
export interface TtlRecord {
  readonly clock: TtlClock
  /** What has a timestamp up to this, in ms, had expired at the checkpoint; `undefined`: nothing. */
  readonly horizon?: number
}

/** What is known of one state besides its rows. */
export interface StateRecord {
  readonly kind: StateKind | OperatorStateKind
  /** In the order in which they came into use: the last is the one that values are written with. Never empty. */
  readonly schemas: readonly SchemaRecord[]
  /**
   * Rows of this state in runs of a lower order do not count: they were written anew since, or belong to a dropped
   * state of the same name. `undefined`: all count.
   */
  readonly since?: number
  /** Its time to live; `undefined`: it has none. */
  readonly ttl?: TtlRecord
  /** Split lists of operator state: the number of subtasks its rows were written for. Others have none. */
  readonly parallelism?: number
}

/** The state of one operator, keyed and not. */
export interface OperatorRecord {
  /** Number of key groups; fixed for good by the first checkpoint. */
  readonly maxParallelism: number
  /** Type of its keys; `undefined` until it has seen one. */
  readonly keyType: KeyType | undefined
  readonly states: ReadonlyMap<string, StateRecord>
  /** In ascending `order`. */
  readonly runs: readonly OperatorRun[]
}

/** A checkpoint's content: everything a program needs to go on from there. */
export interface CheckpointContent {
  /** Number of the log entry that committed it; 0: the beginning, nothing has been processed. */
  readonly checkpoint: number
  /** The state clock at the barrier, in ms since 1970. */
  readonly takenAtMs: number
  /** Whether the input had ended and everything was processed. */
  readonly finished: boolean
  /** Where each source goes on, by uid. */
  readonly sources: ReadonlyMap<string, Json>
  /** Event time that each keyed step has reached, by uid, in ms; one that has seen no watermark is not there. */
  readonly watermarks: ReadonlyMap<string, number>
  /** What each sink has prepared and maybe not committed yet, by uid. */
  readonly sinks: ReadonlyMap<string, readonly Json[]>
  readonly operators: ReadonlyMap<string, OperatorRecord>
  /** Every run the operators use. */
  readonly runs: readonly RunRef[]
}

/**
 * One entry of the log. A `claim` is how an owner takes over: the content it starts from, the epoch raised. An
 * `abort` takes the place of a checkpoint whose fate was unknown; it has no content of its own.
 */
export interface LogEntry {
  readonly kind: 'claim' | 'checkpoint' | 'abort'
  /** The job's name. */
  readonly job: string
  /** Its place in the log; also part of its path. */
  readonly number: number
  /** How many owners there have been. */
  readonly epoch: number
  /** The owner, unique to one start of a process. */
  readonly writer: string
  /** The hash that assigns keys to key groups. */
  readonly keyHash: string
  /** The collection boundary: entries up to this number may be gone. Never lowered. */
  readonly collected: number
  /** `undefined` for an abort. */
  readonly content: CheckpointContent | undefined
}

/** The content of a job that has not begun. */
export const NO_CONTENT: CheckpointContent = {
  checkpoint: 0,
  takenAtMs: 0,
  finished: false,
  sources: new Map(),
  watermarks: new Map(),
  sinks: new Map(),
  operators: new Map(),
  runs: [],
}

/**
 * The bytes of a log entry. Equal entries have equal bytes.
 * @throws `LIMIT_EXCEEDED` for an entry that no reader would take
 */
export function encodeEntry(entry: LogEntry): Uint8Array {
  const body = Buffer.from(`${JSON.stringify(entryJson(entry), null, 1)}\n`)
  const sizeBytes = body.length + DIGEST_LINE_BYTES
  if (sizeBytes > LIMITS.manifestBytesMax) {
    throw new HoldfastError(
      'LIMIT_EXCEEDED',
      `the manifest of checkpoint ${entry.number} has ${sizeBytes} bytes, at most ${LIMITS.manifestBytesMax} are ` +
        'kept: make the positions of sources and the committables of sinks smaller',
    )
  }
  return Buffer.concat([body, Buffer.from(`${sha256([body])}\n`)])
}

function entryJson(entry: LogEntry): Json {
  const { kind, job, number, epoch, writer, keyHash, collected, content } = entry
  return {
    format: MANIFEST_VERSION,
    draft: MANIFEST_DRAFT,
    kind,
    job,
    number,
    epoch,
    writer,
    keyHash,
    collected,
    ...(content === undefined ? {} : { content: contentJson(content) }),
  }
}

function contentJson(content: CheckpointContent): Json {
  return {
    checkpoint: content.checkpoint,
    takenAtMs: content.takenAtMs,
    finished: content.finished,
    sources: record(content.sources, (position) => position),
    watermarks: record(content.watermarks, (watermark) => watermark),
    sinks: record(content.sinks, (pending) => pending),
    operators: record(content.operators, operatorJson),
    runs: content.runs.map(({ path, sizeBytes, sha256: digest, inline }) => ({
      path,
      sizeBytes,
      sha256: digest,
      ...(inline === undefined ? {} : { inline }),
    })),
  }
}

function operatorJson(operator: OperatorRecord): Json {
  return {
    maxParallelism: operator.maxParallelism,
    ...(operator.keyType === undefined ? {} : { keyType: operator.keyType }),
    states: record(operator.states, stateJson),
    runs: operator.runs.map(({ run, order, keyGroups }) => ({
      run,
      order,
      first: keyGroups.first,
      last: keyGroups.last,
    })),
  }
}

function stateJson({ kind, schemas, since, ttl, parallelism }: StateRecord): Json {
  return {
    kind,
    schemas: schemas.map(schemaJson),
    ...(since === undefined ? {} : { since }),
    ...(ttl === undefined ? {} : { ttl: { ...ttl } }),
    ...(parallelism === undefined ? {} : { parallelism }),
  }
}

function schemaJson({ number, serializer, snapshot, stamped, dead, begun }: SchemaRecord): Json {
  return {
    number,
    serializer,
    ...(snapshot === undefined ? {} : { snapshot }),
    ...(stamped === undefined ? {} : { stamped }),
    ...(dead === undefined ? {} : { dead }),
    ...(begun === undefined ? {} : { begun }),
  }
}

/** A map as a JSON object, its members in order of name. */
function record<T>(map: ReadonlyMap<string, T>, toJson: (value: T) => Json): Json {
  const names = [...map.keys()].sort()
  return Object.fromEntries(names.map((name) => [name, toJson(map.get(name) as T)]))
}
