/**
 * The state backend contract (backend/state-backend.ts) as tests: every sentence of it that can be observed from
 * outside. Each case is a test of its own per mode: plain, after a restore, after a rescale.
 */
import { ok } from 'node:assert/strict'
import type { StateBackend } from '../backend/state-backend.js'
import { abandonCases } from './backend-cases-abandon.js'
import { aggregatingCases } from './backend-cases-aggregating.js'
import { barrierCases } from './backend-cases-barrier.js'
import { deltaCases } from './backend-cases-delta.js'
import { evolutionCases } from './backend-cases-evolution.js'
import { flinkMapCases } from './backend-cases-flink-map.js'
import { flinkRestoreCases } from './backend-cases-flink-restore.js'
import { foldCases } from './backend-cases-fold.js'
import { historyCases } from './backend-cases-history.js'
import { iterateCases } from './backend-cases-iterate.js'
import { keyTypeCases } from './backend-cases-key-types.js'
import { keyCases } from './backend-cases-keys.js'
import { listCases } from './backend-cases-list.js'
import { listAbandonCases } from './backend-cases-list-abandon.js'
import { listDeltaCases } from './backend-cases-list-delta.js'
import { listElementCases } from './backend-cases-list-elements.js'
import { mapCases } from './backend-cases-map.js'
import { mapIterationCases } from './backend-cases-map-iteration.js'
import { mergeCases } from './backend-cases-merge.js'
import { namespaceCases } from './backend-cases-namespace.js'
import { orderedMapCases } from './backend-cases-ordered-map.js'
import { orderedMapChangeCases } from './backend-cases-ordered-map-change.js'
import { orderedMapDeltaCases } from './backend-cases-ordered-map-delta.js'
import { restoreCases } from './backend-cases-restore.js'
import { timeListCases } from './backend-cases-time-list.js'
import { timeListChangeCases } from './backend-cases-time-list-change.js'
import { timerOrderCases } from './backend-cases-timers.js'
import { timerDeltaCases } from './backend-cases-timers-delta.js'
import { timerServiceCases } from './backend-cases-timers-service.js'
import { timerSetCases } from './backend-cases-timers-set.js'
import { ttlCases } from './backend-cases-ttl.js'
import { ttlEventCases } from './backend-cases-ttl-event.js'
import { ttlKindCases } from './backend-cases-ttl-kinds.js'
import { ttlNamespaceCases } from './backend-cases-ttl-namespaces.js'
import { ttlPartCases } from './backend-cases-ttl-parts.js'
import { ttlRestoreCases } from './backend-cases-ttl-restore.js'
import { ttlSweepCases } from './backend-cases-ttl-sweep.js'
import { typeCases } from './backend-cases-types.js'
import { validatedCases } from './backend-cases-validated.js'
import { valueCases } from './backend-cases-value.js'
import { type BackendCase, BackendContext, type BackendMode } from './backend-context.js'
import { type ConformanceCase, declareSuite, type Skip, type TestRunner } from './suite.js'

/** Every behaviour of a state backend. */
export const backendCases: readonly BackendCase[] = [
  ...valueCases,
  ...typeCases,
  ...keyCases,
  ...keyTypeCases,
  ...mapCases,
  ...mapIterationCases,
  ...listCases,
  ...listElementCases,
  ...foldCases,
  ...aggregatingCases,
  ...orderedMapCases,
  ...orderedMapChangeCases,
  ...orderedMapDeltaCases,
  ...timeListCases,
  ...timeListChangeCases,
  ...deltaCases,
  ...listDeltaCases,
  ...barrierCases,
  ...abandonCases,
  ...listAbandonCases,
  ...historyCases,
  ...restoreCases,
  ...timerOrderCases,
  ...timerSetCases,
  ...timerServiceCases,
  ...timerDeltaCases,
  ...namespaceCases,
  ...mergeCases,
  ...iterateCases,
  ...flinkMapCases,
  ...flinkRestoreCases,
  ...ttlCases,
  ...ttlKindCases,
  ...ttlPartCases,
  ...ttlNamespaceCases,
  ...ttlRestoreCases,
  ...ttlEventCases,
  ...ttlSweepCases,
  ...evolutionCases,
  ...validatedCases,
]

/** What the suite needs to run against one backend. */
export interface BackendSuiteOptions {
  readonly runner: TestRunner
  /** The backend's name. */
  readonly name: string
  /** The backend. Called once per test; what it opens is closed after the test. */
  readonly backend: () => StateBackend
  /** Cases it does not pass: `value-null` in all modes, `value-null/rescaled` in one. */
  readonly skip?: readonly Skip[]
}

const MODES: readonly (readonly [BackendMode, string])[] = [
  ['plain', ''],
  ['restored', ', through a checkpoint and a restore'],
  ['rescaled', ', through a rescale from 1 to 3 to 2 subtasks'],
]

/** Declares every case in every mode as a test of one backend. */
export function backendSuite(options: BackendSuiteOptions): void {
  const tests = backendCases.flatMap(inModes)
  declareSuite(tests, {
    runner: options.runner,
    name: options.name,
    // The mode is known to the case alone, so it opens the context it needs.
    open: async () => options.backend(),
    skip: (options.skip ?? []).map((skip) => ({ ...skip, cases: skip.cases.flatMap(testsNamed) })),
  })
}

function inModes(one: BackendCase): ConformanceCase<StateBackend>[] {
  const modes = one.once === true ? MODES.slice(0, 1) : MODES
  return modes.map(([mode, suffix]) => ({
    id: `${one.id}/${mode}`,
    title: one.title + suffix,
    async run(backend) {
      await using context = new BackendContext(backend, mode)
      await context.prepare()
      await one.run(context)
      ok(
        one.once === true || context.heres > 0,
        'the case never says here(): its modes are all alike',
      )
    },
  }))
}

/** The tests a skip means: those of a case, or one. */
function testsNamed(id: string): string[] {
  const named = backendCases.filter((one) => one.id === id).flatMap(inModes)
  return named.length > 0 ? named.map((test) => test.id) : [id]
}
