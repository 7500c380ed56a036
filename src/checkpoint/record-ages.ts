/**
 * The ages of a state's values (state/state-ages.ts) as manifests keep them. JSON has no infinities: what is dead of
 * nothing is left out, and `'all'` stands for everything.
 */
import { LIMITS } from '../base/limits.js'
import type { SchemaAge, StateAges } from '../state/state-ages.js'
import type { SchemaRecord, StateRecord, TtlRecord } from './manifest.js'

/** What a manifest says of the ages of a state's values. */
export function agesOf({ schemas, ttl }: Pick<StateRecord, 'schemas' | 'ttl'>): StateAges {
  return {
    schemas: new Map(schemas.map((schema) => [schema.number, ageOf(schema)])),
    clock: ttl?.clock,
    horizon: ttl?.horizon ?? Number.NEGATIVE_INFINITY,
  }
}

/** A state's schemas with these ages. */
export function agedSchemas(schemas: readonly SchemaRecord[], ages: StateAges): SchemaRecord[] {
  return schemas.map(({ number, serializer, snapshot }) => ({
    number,
    serializer,
    ...(snapshot === undefined ? {} : { snapshot }),
    ...ageJson(ages.schemas.get(number)),
  }))
}

/** What a manifest says of a time to live at these ages; `undefined`: there is none. */
export function ttlRecord({ clock, horizon }: StateAges): TtlRecord | undefined {
  if (clock === undefined) return undefined
  // So far back is nothing.
  return horizon < -LIMITS.timestampMsMax ? { clock } : { clock, horizon }
}

function ageOf({ stamped, dead, begun }: SchemaRecord): SchemaAge {
  const none = Number.NEGATIVE_INFINITY
  return {
    stamped: stamped ?? false,
    dead: dead === 'all' ? Number.POSITIVE_INFINITY : (dead ?? none),
    since: begun,
  }
}

function ageJson(age: SchemaAge | undefined): Pick<SchemaRecord, 'stamped' | 'dead' | 'begun'> {
  if (age === undefined) return {}
  const { stamped, dead, since } = age
  return {
    ...(stamped ? { stamped: true } : {}),
    ...(dead === Number.POSITIVE_INFINITY ? { dead: 'all' } : {}),
    ...(Math.abs(dead) <= LIMITS.timestampMsMax ? { dead } : {}),
    ...(since === undefined ? {} : { begun: since }),
  }
}
