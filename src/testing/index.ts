/**
 * For those who test programs on Holdfast, or write a backend, a storage, a source or a sink of their own
 * (`holdfast/testing`): the conformance suites, fault injection, and a harness that drives a backend.
 */
export { type Files, nodeFiles } from '../base/files.js'
export { type KeyGroupRange, subtaskRange } from '../keygroup/key-group-range.js'
export { type RowBatch, RowEncoder } from '../run/row-batch.js'
export { inlineRunBuilder, type RunBuild, type RunBuilder } from '../run/run-builder.js'
export { workerRunBuilder } from '../run/worker-run-builder.js'
export { type RunJobOptions, runJob } from '../runtime/run-job.js'
export type { RunComponents } from '../runtime/settings.js'
export { StateClock } from '../state/state-clock.js'
export { timerQueue } from '../state/timer-queues.js'
export { type BackendSuiteOptions, backendCases, backendSuite } from './backend-suite.js'
export { diskFullAfter, type FaultyFiles, type FileFaultPlan, faultyFiles } from './faulty-files.js'
export {
  type FaultPlan,
  type FaultyStorage,
  faultyStorage,
  seededFaults,
} from './faulty-storage.js'
export { KeyedHarness, type KeyedHarnessOptions } from './keyed-harness.js'
export { type ManualClock, type ManualClockOptions, manualClock } from './manual-clock.js'
export { type ModelOptions, runModel } from './model.js'
export { OperatorHarness, type OperatorHarnessOptions } from './operator-harness.js'
export { operatorStateCases, operatorStateSuite } from './operator-state-suite.js'
export {
  type ScriptedSource,
  type ScriptOptions,
  type ScriptStep,
  scriptedSource,
} from './scripted-source.js'
export type { SinkSuiteContext } from './sink-context.js'
export { sinkCases, sinkSuite } from './sink-suite.js'
export { type SourceSuiteContext, sourceCases, sourceSuite } from './source-suite.js'
export { type StorageContext, storageCases, storageSuite } from './storage-suite.js'
export type { ConformanceCase, Skip, SuiteOptions, TestRunner } from './suite.js'
