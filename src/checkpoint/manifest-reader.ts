/**
 * Reads log entries as hostile bytes: digest first, then version, then every member by name and type.
 * What comes out is consistent: every run an operator uses is there, and no path leads anywhere else.
 */
import { sha256 } from '../base/checksums.js'
import { HoldfastError } from '../base/errors.js'
import type { Json } from '../base/json.js'
import { LIMITS } from '../base/limits.js'
import { STATE_KINDS } from '../state/descriptor.js'
import { isKeyType, type KeyType } from '../state/key-shape.js'
import { OPERATOR_STATE_KINDS } from '../state/operator-state.js'
import { TTL_CLOCKS } from '../state/ttl.js'
import { isRunPath } from '../storage/paths.js'
import { JsonReader } from './json-reader.js'
import {
  type CheckpointContent,
  DIGEST_LINE_BYTES,
  type LogEntry,
  MANIFEST_DRAFT,
  MANIFEST_VERSION,
  type OperatorRecord,
  type OperatorRun,
  type RunRef,
  type SchemaRecord,
  type StateRecord,
  type TtlRecord,
} from './manifest.js'

/**
 * Reads a log entry.
 * @param path its place in the storage, for errors
 * @throws `CORRUPT` for damage, `NEWER_FORMAT` for an entry this version must not judge
 */
export function decodeEntry(bytes: Uint8Array, path: string): LogEntry {
  const entry = new JsonReader(parsed(bytes, path), path)
  const version = entry.get('format').count()
  // A newer version may have no drafts; that must not look like damage, which would be passed over.
  const draft = entry.get('draft').optional((count) => count.json())
  if (version !== MANIFEST_VERSION || draft !== MANIFEST_DRAFT) {
    throw new HoldfastError(
      'NEWER_FORMAT',
      `${path} is of manifest format ${version} draft ${draft}; this version reads ${MANIFEST_VERSION} ` +
        `draft ${MANIFEST_DRAFT}: start with the Holdfast that wrote it, or a newer one`,
    )
  }
  const kind = entry.get('kind').oneOf(['claim', 'checkpoint', 'abort'] as const)
  return {
    kind,
    job: entry.get('job').text(),
    number: entry.get('number').count(),
    epoch: entry.get('epoch').count(),
    writer: entry.get('writer').text(),
    keyHash: entry.get('keyHash').text(),
    collected: entry.get('collected').count(),
    content: kind === 'abort' ? undefined : readContent(entry.get('content')),
  }
}

function parsed(bytes: Uint8Array, path: string): Json {
  const end = bytes.length - DIGEST_LINE_BYTES
  if (end <= 0 || bytes.length > LIMITS.manifestBytesMax) {
    throw new HoldfastError('CORRUPT', `${path} has ${bytes.length} bytes, which is no log entry`)
  }
  const digest = Buffer.from(bytes.subarray(end)).toString('latin1')
  if (digest !== `${sha256([bytes.subarray(0, end)])}\n`) {
    throw new HoldfastError('CORRUPT', `${path} does not match its digest`)
  }
  try {
    return JSON.parse(Buffer.from(bytes.subarray(0, end)).toString('utf8')) as Json
  } catch (cause) {
    throw new HoldfastError('CORRUPT', `${path} is not JSON`, { cause })
  }
}

function readContent(content: JsonReader): CheckpointContent {
  const runs = content.get('runs').list(readRun)
  const known = new Set(runs.map((run) => run.path))
  if (known.size !== runs.length) content.fail('names a run twice')
  return {
    checkpoint: content.get('checkpoint').count(),
    takenAtMs: content.get('takenAtMs').count(),
    finished: content.get('finished').boolean(),
    sources: content.get('sources').map((position) => position.json()),
    watermarks: content.get('watermarks').map((watermark) => watermark.integer()),
    sinks: content.get('sinks').map((pending) => pending.list((one) => one.json())),
    operators: content.get('operators').map((operator) => readOperator(operator, known)),
    runs,
  }
}

function readRun(run: JsonReader): RunRef {
  const path = run.get('path').text()
  if (!isRunPath(path)) run.fail('has a path that is not a run')
  const digest = run.get('sha256').text()
  if (!/^[0-9a-f]{64}$/.test(digest)) run.fail('has no digest')
  const inline = run.get('inline').optional((text) => text.text())
  return { path, sizeBytes: run.get('sizeBytes').count(), sha256: digest, inline }
}

function readOperator(operator: JsonReader, known: ReadonlySet<string>): OperatorRecord {
  const maxParallelism = operator.get('maxParallelism').count()
  if (maxParallelism < 1 || maxParallelism > LIMITS.keyGroupsMax)
    operator.fail('has no such key groups')
  const runs = operator.get('runs').list((run): OperatorRun => {
    const path = run.get('run').text()
    if (!known.has(path)) run.fail('is not among the runs')
    const keyGroups = { first: run.get('first').count(), last: run.get('last').count() }
    if (keyGroups.first > keyGroups.last || keyGroups.last >= maxParallelism)
      run.fail('has no such key groups')
    return { run: path, order: run.get('order').count(), keyGroups }
  })
  return {
    maxParallelism,
    keyType: operator.get('keyType').optional(readKeyType),
    states: operator.get('states').map(readState),
    runs: runs.toSorted((a, b) => a.order - b.order),
  }
}

function readKeyType(type: JsonReader): KeyType {
  const text = type.text()
  return isKeyType(text) ? text : type.fail('is no type of key')
}

function readState(state: JsonReader): StateRecord {
  const schemas = state.get('schemas').list(readSchema)
  if (schemas.length === 0) state.fail('has no schema')
  if (new Set(schemas.map(({ number }) => number)).size !== schemas.length)
    state.fail('names a schema twice')
  const kind = state.get('kind').oneOf([...STATE_KINDS, ...OPERATOR_STATE_KINDS])
  const since = state.get('since').optional((order) => order.count())
  const ttl = state.get('ttl').optional(readTtl)
  return {
    kind,
    schemas,
    ...(since === undefined ? {} : { since }),
    ...(ttl === undefined ? {} : { ttl }),
    ...(kind === 'split' ? { parallelism: readParallelism(state) } : {}),
  }
}

function readParallelism(state: JsonReader): number {
  const parallelism = state.get('parallelism').count()
  if (parallelism < 1 || parallelism > LIMITS.keyGroupsMax) state.fail('has no such parallelism')
  return parallelism
}

function readTtl(ttl: JsonReader): TtlRecord {
  const horizon = ttl.get('horizon').optional(readTimestamp)
  return {
    clock: ttl.get('clock').oneOf(TTL_CLOCKS),
    ...(horizon === undefined ? {} : { horizon }),
  }
}

function readTimestamp(time: JsonReader): number {
  const timestamp = time.integer()
  return Math.abs(timestamp) <= LIMITS.timestampMsMax ? timestamp : time.fail('is no timestamp')
}

function readSchema(schema: JsonReader): SchemaRecord {
  const number = schema.get('number').count()
  if (number < 1 || number > LIMITS.schemasMax) schema.fail('has no number that a schema can have')
  const serializer = schema.get('serializer').text()
  const snapshot = schema.get('snapshot').optional((json) => json.json())
  const stamped = schema.get('stamped').optional((flag) => flag.boolean())
  if (stamped === false) schema.fail('says what it need not')
  const dead = schema
    .get('dead')
    .optional((time) => (time.json() === 'all' ? 'all' : readTimestamp(time)))
  const begun = schema.get('begun').optional(readTimestamp)
  return {
    number,
    serializer,
    ...(snapshot === undefined ? {} : { snapshot }),
    ...(stamped ? { stamped: true } : {}),
    ...(dead === undefined ? {} : { dead }),
    ...(begun === undefined ? {} : { begun }),
  }
}
