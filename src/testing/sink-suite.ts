/**
 * The contract of two-phase sinks (`runtime/sink.ts`) as cases: output is visible exactly once, and only from
 * the commit of its checkpoint on, wherever the process is killed.
 */
import { sinkCommitCases } from './sink-commit-cases.js'
import type { SinkSuiteContext } from './sink-context.js'
import { sinkRecoveryCases } from './sink-recovery-cases.js'
import { type ConformanceCase, declareSuite, type SuiteOptions } from './suite.js'

/** Every case of the contract. */
export const sinkCases: readonly ConformanceCase<SinkSuiteContext>[] = [
  ...sinkCommitCases,
  ...sinkRecoveryCases,
]

/** Declares {@link sinkCases} as tests. */
export function sinkSuite(options: SuiteOptions<SinkSuiteContext>): void {
  declareSuite(sinkCases, options)
}
