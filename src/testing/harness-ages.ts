/** What a `KeyedHarness` keeps of the ages of its states, in the place of a manifest. */
import { type Living, livingRows } from '../run/living-rows.js'
import type { StateDescriptors } from '../state/descriptor.js'
import {
  agesAt,
  beginsEra,
  type Moment,
  newAges,
  resumedAges,
  rowAges,
  type StateAges,
} from '../state/state-ages.js'
import { StateCodec } from '../state/state-codec.js'

/** What a checkpoint says of all states, by name. */
export interface KeptAges {
  readonly at: Moment
  readonly states: ReadonlyMap<string, StateAges>
}

/** A checkpoint: its runs, oldest first, and the ages of what is in them. */
export interface HarnessCheckpoint {
  readonly runs: readonly Uint8Array[]
  readonly ages: KeptAges
}

/** Before the first checkpoint. */
export const NOTHING_KEPT: KeptAges = {
  at: { now: 0, watermark: Number.NEGATIVE_INFINITY },
  states: new Map(),
}

/** What a checkpoint at this moment says. */
export function keptAges(
  states: StateDescriptors,
  ages: ReadonlyMap<string, StateAges>,
  { now, watermark }: Moment,
): KeptAges {
  const at = { now, watermark }
  const kept = Array.from(
    ages,
    ([name, age]) => [name, agesAt(age, states[name]?.ttl, at)] as const,
  )
  return { at, states: new Map(kept) }
}

/** What backends go on with that are opened from a checkpoint. */
export function agesAfter(states: StateDescriptors, kept: KeptAges): Map<string, StateAges> {
  const ages = Object.entries(states).map(([name, { ttl }]) => {
    const before = kept.states.get(name)
    if (before === undefined) return [name, newAges(ttl)] as const
    const newest = Math.max(...before.schemas.keys())
    const schema = beginsEra(before, ttl) ? newest + 1 : newest
    return [name, resumedAges(before, { ttl, schema, at: kept.at })] as const
  })
  return new Map(ages)
}

/** The codecs for these ages; every schema has the declared serializer. */
export function codecsOf(
  states: StateDescriptors,
  ages: ReadonlyMap<string, StateAges>,
): Map<string, StateCodec> {
  const codecs = Object.entries(states).map(([name, { serializer, ttl }]) => {
    const of = ages.get(name) ?? newAges(ttl)
    const older = Array.from({ length: Math.max(...of.schemas.keys()) - 1 }, () => {
      return (bytes: Uint8Array) => serializer.read(bytes)
    })
    return [name, new StateCodec(serializer, older, of)] as const
  })
  return new Map(codecs)
}

/** What takes out of a state's rows what had expired by the checkpoint. */
export function livingOf(
  states: StateDescriptors,
  kept: KeptAges,
  state: string,
): Living | undefined {
  const ages = kept.states.get(state)
  return ages && livingRows(rowAges(ages, states[state]?.kind === 'list'))
}
