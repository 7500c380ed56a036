/** Holdfast: durable keyed state for TypeScript. Start with `job` and `start`; see README.md. */
export { memoryBackend } from './backend/memory/memory-backend.js'
export type {
  BackendSnapshot,
  KeyedBackendContext,
  KeyedStateBackend,
  Pause,
  StateBackend,
} from './backend/state-backend.js'
export { ByteReader, ByteWriter } from './base/bytes.js'
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
export type { FiredTimer, ProcessContext, TimerService } from './runtime/graph.js'
export {
  type Job,
  job,
  type KeyedContext,
  type KeyedStream,
  type OperatorFunctions,
  type PlainFunctions,
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
export type { StoreTimerContext } from './runtime/store-timers.js'
export type { Emitter, SubtaskContext, SubtaskPlace } from './runtime/subtask-context.js'
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
  type KeepingOptions,
  listState,
  mapState,
  orderedMapState,
  reducingState,
  type StateDescriptor,
  type StateDescriptors,
  type StateOptions,
  type StatesOf,
  timeListState,
  valueState,
} from './state/descriptor.js'
export type { Key, KeyType } from './state/key.js'
export type { KeyMigration } from './state/key-migration.js'
export type { KeyStruct } from './state/key-shape.js'
export {
  type BroadcastStatesOf,
  broadcastState,
  type NoOperatorState,
  type OpenedStatesOf,
  type OperatorStateDescriptor,
  type OperatorStateDescriptors,
  type OperatorStateKind,
  type OperatorStatesOf,
  type ReadOnlyBroadcastState,
  splitListState,
  unionListState,
} from './state/operator-state.js'
export type { OrderedMapState, OrderedRange, TimeListState } from './state/ordered-state.js'
export * as schema from './state/schema/schema.js'
export { schemaSerializer } from './state/schema-serializer.js'
export {
  type Compatibility,
  messagePack,
  type Serializer,
  type SerializerSnapshot,
} from './state/serializer.js'
export type { StandardIssue, StandardResult, StandardSchema } from './state/standard-schema.js'
export type {
  AggregatingState,
  ListState,
  MapState,
  ReducingState,
  State,
  ValueState,
} from './state/state.js'
export type { TtlClock, TtlOptions } from './state/ttl.js'
export type { ByteRange, CheckpointStorage, StorageEntry } from './storage/checkpoint-storage.js'
export { filesystemStorage } from './storage/filesystem.js'
export { memoryStorage } from './storage/memory.js'
export { openStorage } from './storage/open-storage.js'
