/** Holdfast: durable keyed state for TypeScript. Start with `job` and `start`; see README.md. */
export { memoryBackend } from './backend/memory/memory-backend.js'
export type {
  BackendSnapshot,
  KeyedBackendContext,
  KeyedStateBackend,
  Pause,
  StateBackend,
} from './backend/state-backend.js'
export { type Clock, systemClock } from './base/clock.js'
export type { Duration } from './base/duration.js'
export { type ErrorCode, HoldfastError } from './base/errors.js'
export type { Json } from './base/json.js'
export { type Random, seededRandom, systemRandom } from './base/random.js'
export type { KeyReport, SchemaName, StateReport } from './checkpoint/evolution.js'
export { collect, fromArray } from './connectors/collection.js'
export { jsonLines } from './connectors/json-lines.js'
export { ndjson } from './connectors/ndjson.js'
export { take } from './connectors/take.js'
export type { JobEvent, JobListener, JobOutcome } from './runtime/events.js'
export type { ProcessContext } from './runtime/graph.js'
export {
  type Job,
  job,
  type KeyedContext,
  type KeyedStream,
  type ProcessFunctions,
  type Stream,
} from './runtime/job.js'
export type { MigrationReport } from './runtime/migrate-job.js'
export type { StateStore, StateStoreOptions } from './runtime/open-state.js'
export type { RestartStrategy } from './runtime/restart.js'
export type { RunningJob } from './runtime/run-job.js'
export type { RunOptions } from './runtime/settings.js'
export type { Sink, SinkContext, SinkRecovery, SinkWriter } from './runtime/sink.js'
export type {
  BadRecordPolicy,
  Source,
  SourceBatch,
  SourceContext,
  SourceReader,
} from './runtime/source.js'
export {
  type MigrateJobOptions,
  migrate,
  openState,
  type Parts,
  type StartOptions,
  start,
} from './start.js'
export {
  type AggregateFunction,
  aggregatingState,
  listState,
  mapState,
  reducingState,
  type StateDescriptor,
  type StateDescriptors,
  type StatesOf,
  valueState,
} from './state/descriptor.js'
export type { Key, KeyType } from './state/key.js'
export type { KeyMigration } from './state/key-migration.js'
export {
  type Compatibility,
  messagePack,
  type Serializer,
  type SerializerSnapshot,
} from './state/serializer.js'
export type {
  AggregatingState,
  ListState,
  MapState,
  ReducingState,
  State,
  ValueState,
} from './state/state.js'
export type { ByteRange, CheckpointStorage, StorageEntry } from './storage/checkpoint-storage.js'
export { filesystemStorage } from './storage/filesystem.js'
export { memoryStorage } from './storage/memory.js'
export { openStorage } from './storage/open-storage.js'
