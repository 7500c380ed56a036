/** A checkpoint of a `KeyedHarness`: its runs, and in the place of a manifest what is known of the states. */
import { ok } from 'node:assert/strict'
import type { StateRecord } from '../checkpoint/manifest.js'
import { agesOf, ttlRecord } from '../checkpoint/record-ages.js'
import { decideState, type StateDecision } from '../checkpoint/state-evolution.js'
import { type Living, livingRows } from '../run/living-rows.js'
import type { StateDescriptors } from '../state/descriptor.js'
import { agesAt, type Moment, rowAges } from '../state/state-ages.js'

/** What a manifest says of all states, and when it was written. */
export interface HarnessRecords {
  readonly records: ReadonlyMap<string, StateRecord>
  readonly at: Moment
}

/** A checkpoint: its runs, oldest first, and what is known of what is in them. */
export interface HarnessCheckpoint extends HarnessRecords {
  readonly runs: readonly Uint8Array[]
}

/** Nothing is known of any state: these very states wrote the runs, if there are any. */
export const NOTHING_KNOWN: HarnessRecords = {
  records: new Map(),
  at: { now: 0, eventTime: Number.NEGATIVE_INFINITY },
}

/** How the states are gone on with. Throws if one does not fit. */
export function decideStates(
  states: StateDescriptors,
  { records, at }: HarnessRecords,
): Map<string, StateDecision> {
  const decisions = Object.entries(states).map(([name, state]) => {
    const decision = decideState(records.get(name), state, at)
    const { outcome, differs } = decision
    ok(outcome !== 'incompatible', `state "${name}" does not fit: ${differs.join('; ')}`)
    return [name, decision] as const
  })
  return new Map(decisions)
}

/**
 * What a manifest says at a barrier.
 * @param rewritten whether everything has been written anew since the restore
 */
export function recordsAt(
  decisions: ReadonlyMap<string, StateDecision>,
  { now, eventTime }: Moment,
  rewritten: boolean,
): HarnessRecords {
  const at = { now, eventTime }
  const records = Array.from(decisions, ([name, { record, ages, ttl }]) => {
    const lifetime = ttlRecord(agesAt(ages, ttl, at))
    const schemas = rewritten ? record.schemas.slice(-1) : record.schemas
    return [name, { ...record, schemas, ...(lifetime && { ttl: lifetime }) }] as const
  })
  return { records: new Map(records), at }
}

/** What takes out of a state's rows what had expired by the checkpoint. */
export function livingOf({ records }: HarnessRecords, state: string): Living | undefined {
  const record = records.get(state)
  return record && livingRows(rowAges(agesOf(record), record.kind === 'list'))
}
