/**
 * The operator state contract (backend/operator-state-backend.ts) as tests, over any keyed backend. Each case is a
 * test of its own per mode: plain, after a restore, after a rescale from 2 to 1 to 3 to 2 subtasks.
 */
import { ok } from 'node:assert/strict'
import type { StateBackend } from '../backend/state-backend.js'
import type { BackendMode } from './backend-context.js'
import type { BackendSuiteOptions } from './backend-suite.js'
import { OperatorContext, type OperatorStateCase } from './operator-context.js'
import { broadcastCases } from './operator-state-cases-broadcast.js'
import { operatorRestoreCases } from './operator-state-cases-restore.js'
import { operatorSnapshotCases } from './operator-state-cases-snapshot.js'
import { splitCases } from './operator-state-cases-split.js'
import { unionCases } from './operator-state-cases-union.js'
import { type ConformanceCase, declareSuite } from './suite.js'

/** Every behaviour of operator state. */
export const operatorStateCases: readonly OperatorStateCase[] = [
  ...splitCases,
  ...unionCases,
  ...broadcastCases,
  ...operatorSnapshotCases,
  ...operatorRestoreCases,
]

const MODES: readonly (readonly [BackendMode, string])[] = [
  ['plain', ''],
  ['restored', ', through a checkpoint and a restore'],
  ['rescaled', ', through a rescale from 2 to 1 to 3 to 2 subtasks'],
]

/** Declares every case in every mode as a test of operator state over one backend. */
export function operatorStateSuite(options: BackendSuiteOptions): void {
  const { runner, name, backend, skip = [] } = options
  declareSuite(operatorStateCases.flatMap(inModes), {
    runner,
    name,
    // The mode is known to the case alone, so it opens the context it needs.
    open: async () => backend(),
    skip: skip.map((one) => ({ ...one, cases: one.cases.flatMap(testsNamed) })),
  })
}

function inModes(one: OperatorStateCase): ConformanceCase<StateBackend>[] {
  const modes = one.once === true ? MODES.slice(0, 1) : MODES
  return modes.map(([mode, suffix]) => ({
    id: `${one.id}/${mode}`,
    title: one.title + suffix,
    async run(backend) {
      await using context = new OperatorContext(backend, mode)
      await context.prepare()
      await one.run(context)
      const said = one.once === true || context.heres > 0
      ok(said, 'the case never says here(): its modes are all alike')
    },
  }))
}

/** The tests a skip means: those of a case, or one. */
function testsNamed(id: string): string[] {
  const named = operatorStateCases.filter((one) => one.id === id).flatMap(inModes)
  return named.length > 0 ? named.map((test) => test.id) : [id]
}
