/**
 * What a checkpoint says of the ages of a state's values, so that whoever reads it finds the same of them expired,
 * whatever its own clock says and whatever time to live it has declared: pure rules, kept in the manifest.
 *
 * An *era* is a stretch of a state's life with one clock of its time to live, or without any. Where one ends, what has
 * expired is dead for good, and the values that live begin to age anew; for that the state goes on with a schema
 * number of its own.
 */
import type { StateClock } from './state-clock.js'
import { horizonAt, type Ttl, type TtlClock } from './ttl.js'

/** How old the values of one schema are. */
export interface SchemaAge {
  /** Whether each of its values has a timestamp: in its row, in a list in the operand. */
  readonly stamped: boolean
  /** Values with a timestamp up to this had expired when their era ended; `Infinity`: all; `-Infinity`: none. */
  readonly dead: number
  /** The timestamp that counts for all its values: when the present era began. `undefined`: their own. */
  readonly since: number | undefined
}

/** The ages of one state's values. */
export interface StateAges {
  /** By schema number. */
  readonly schemas: ReadonlyMap<number, SchemaAge>
  /** The clock of its time to live; `undefined`: it has none. */
  readonly clock: TtlClock | undefined
  /** What has a timestamp up to this has expired; `-Infinity`: nothing. */
  readonly horizon: number
}

/** A moment by both clocks: of a checkpoint, its `takenAtMs` and its watermark for the operator. */
export type Moment = Pick<StateClock, 'now' | 'eventTime'>

/** Of a state that begins. */
export function newAges(ttl: Ttl | undefined, schema = 1): StateAges {
  return {
    schemas: new Map([[schema, { stamped: ttl !== undefined, dead: NONE, since: undefined }]]),
    clock: ttl?.clock,
    horizon: NONE,
  }
}

/** Whether the declared time to live begins an era, so that a schema number of its own is needed. */
export function beginsEra(kept: StateAges, ttl: Ttl | undefined): boolean {
  return kept.clock !== ttl?.clock
}

/** What a restored state goes on with. */
export interface Resumption {
  readonly ttl: Ttl | undefined
  /** The number it writes with from now on. Requires: a new one if {@link beginsEra}. */
  readonly schema: number
  /** When the restored checkpoint was taken. */
  readonly at: Moment
}

/** Of a restored state, from what its checkpoint says. */
export function resumedAges(kept: StateAges, { ttl, schema, at }: Resumption): StateAges {
  const own: SchemaAge = { stamped: ttl !== undefined, dead: NONE, since: undefined }
  if (!beginsEra(kept, ttl)) {
    return { ...kept, schemas: new Map([[schema, own], ...kept.schemas]) }
  }
  const since = ttl === undefined ? undefined : beginning(ttl.clock, at)
  const older = Array.from(kept.schemas, ([number, age]) => {
    return [number, { stamped: age.stamped, dead: deadUpTo(kept, age), since }] as const
  })
  return { schemas: new Map([...older, [schema, own]]), clock: ttl?.clock, horizon: NONE }
}

/** At a barrier: what its manifest is to say. */
export function agesAt(ages: StateAges, ttl: Ttl | undefined, at: Moment): StateAges {
  return ttl === undefined ? ages : { ...ages, horizon: horizonAt(ttl, at, ages.horizon) }
}

/** What is dead of the rows of one state: plain, so that it can be sent to another thread. */
export interface RowAges {
  /** Whether the rows hold operands, each with a schema and a timestamp of its own. */
  readonly list: boolean
  /** By schema number; a hole: no such schema. */
  readonly schemas: readonly (RowAge | undefined)[]
}

/** What is dead of the values of one schema. */
export interface RowAge {
  readonly stamped: boolean
  /** Values with a timestamp up to this are dead; of unstamped ones all, if it is `Infinity`, or none. */
  readonly deadUpTo: number
}

/** What is dead at the moment of these ages. */
export function rowAges(ages: StateAges, list: boolean): RowAges {
  const schemas: (RowAge | undefined)[] = []
  for (const [number, age] of ages.schemas) {
    while (schemas.length < number) schemas.push(undefined)
    schemas[number] = { stamped: age.stamped, deadUpTo: deadUpTo(ages, age) }
  }
  return { list, schemas }
}

const NONE = Number.NEGATIVE_INFINITY
const ALL = Number.POSITIVE_INFINITY

function deadUpTo({ horizon }: StateAges, { stamped, dead, since }: SchemaAge): number {
  if (since !== undefined) return since <= horizon ? ALL : dead
  return stamped ? Math.max(dead, horizon) : dead
}

/** Before the first watermark event time is taken to be the machine's: rather too late than too early. */
function beginning(clock: TtlClock, { now, eventTime }: Moment): number {
  return Math.floor(clock === 'event' && Number.isFinite(eventTime) ? eventTime : now)
}
