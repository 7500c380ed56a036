/**
 * Pure decision for one state: can what a checkpoint holds of it be gone on with by what the program declares? The
 * serializer answers for each older schema (`Serializer.resolve`); here it is settled which numbers the schemas have,
 * who reads which, and what people are told.
 *
 * A schema has one number per state for as long as the checkpoint lists it. A new one gets the smallest that is free,
 * so numbers begin anew after all rows were written anew.
 */
import { HoldfastError, messageOf } from '../base/errors.js'
import { type Json, sameJson } from '../base/json.js'
import { LIMITS } from '../base/limits.js'
import type { Compatibility, Serializer, SerializerSnapshot } from '../state/serializer.js'
import {
  beginsEra,
  type Moment,
  newAges,
  resumedAges,
  type StateAges,
} from '../state/state-ages.js'
import { type ReadValue, StateCodec } from '../state/state-codec.js'
import type { Ttl } from '../state/ttl.js'
import type { SchemaRecord, StateRecord } from './manifest.js'
import { agedSchemas, agesOf, ttlRecord } from './record-ages.js'

/** How a state is gone on with, from best to worst. */
export type StateOutcome = 'as-is' | 'reconfigured' | 'after-migration' | 'incompatible'

const OUTCOMES: readonly StateOutcome[] = [
  'as-is',
  'reconfigured',
  'after-migration',
  'incompatible',
]

/** What is decided for one state. */
export interface StateDecision {
  /** The worst of all its older schemas. */
  readonly outcome: StateOutcome
  /** What the next manifest says of it: all schemas that its rows may be of, the one to write with last. */
  readonly record: Omit<StateRecord, 'since'>
  /** Reads all of them. */
  readonly codec: StateCodec
  /** Of the values of all its schemas; the record has them as they are before the first barrier. */
  readonly ages: StateAges
  /** As declared. */
  readonly ttl: Ttl | undefined
  /** What differs, a line each. */
  readonly differs: readonly string[]
  /** What to do about it; set if incompatible. */
  readonly advice: string | undefined
}

/** What is declared of a state, wherever that was. */
export interface DeclaredState {
  readonly kind: StateRecord['kind']
  readonly serializer: Serializer<unknown>
  readonly ttl?: Ttl
}

/** Before everything: nothing has an age. */
const BEGINNING: Moment = { now: 0, eventTime: Number.NEGATIVE_INFINITY }

/**
 * Decides for one state; `record` is what the checkpoint says of it, if it has it.
 * @param at when the checkpoint was taken
 * @throws `INVALID_ARGUMENT` for a serializer that gives no answer, or whose snapshot is no JSON
 */
export function decideState(
  record: StateRecord | undefined,
  declared: DeclaredState,
  at: Moment = BEGINNING,
): StateDecision {
  const { kind, ttl } = declared
  const resolution = new Resolution(declared.serializer)
  if (record !== undefined && record.kind !== kind) {
    const differs = [`its kind is ${record.kind} in the checkpoint, ${kind} in the program`]
    if (areAlike(record.kind, kind)) resolution.note('reconfigured', differs)
    else resolution.refuse(differs, NEW_NAME)
  }
  // The newest first: a serializer that is reconfigured for it knows what those before it needed.
  for (const schema of (record?.schemas ?? []).toReversed()) resolution.add(schema)
  const { serializer, others } = resolution
  const schemas = record?.schemas ?? []
  const kept = record && agesOf(record)
  const own = numbered(
    schemas,
    snapshotOf(serializer),
    (one) => kept === undefined || isPresent(one, kept, ttl),
  )
  const { number } = own
  if (number > LIMITS.schemasMax) {
    const differs = [`${schemas.length} schemas lie side by side, as many as there can be`]
    resolution.refuse(differs, 'run `holdfast migrate` with the program as it was before')
  }
  others.delete(number)
  const ages = kept ? resumedAges(kept, { ttl, schema: number, at }) : newAges(ttl, number)
  const lifetime = ttlRecord(ages)
  return {
    outcome: resolution.outcome,
    record: {
      kind,
      schemas: agedSchemas([...schemas.filter((one) => one.number !== number), own], ages),
      ...(lifetime === undefined ? {} : { ttl: lifetime }),
    },
    codec: new StateCodec(serializer, { schema: number, others }, ages),
    ages,
    ttl,
    differs: resolution.differs,
    advice: resolution.advice,
  }
}

/** Whether values that are written with an older schema have the age that new ones are to have. */
function isPresent(schema: SchemaRecord, kept: StateAges, ttl: Ttl | undefined): boolean {
  if (beginsEra(kept, ttl)) return false
  const { begun, dead, stamped = false } = schema
  return begun === undefined && dead === undefined && stamped === (ttl !== undefined)
}

/**
 * What a serializer looks like in a manifest.
 * @throws `INVALID_ARGUMENT` for a snapshot that is no JSON
 */
export function snapshotOf({ id, snapshot }: Serializer<unknown>): SerializerSnapshot {
  if (snapshot === undefined) return { id, snapshot }
  try {
    // As it will come back: members without a value do not.
    return { id, snapshot: JSON.parse(JSON.stringify(snapshot)) as Json }
  } catch (cause) {
    const message = `the snapshot of serializer "${id}" is no JSON: ${messageOf(cause)}`
    throw new HoldfastError('INVALID_ARGUMENT', message, { cause })
  }
}

const NEW_NAME =
  'undo the change, or give the changed state a new name; what is kept under the old one goes by --drop'

/** Both keep one value per key and namespace, of the same type. */
const ALIKE: readonly StateRecord['kind'][] = ['value', 'reducing']

function areAlike(before: StateRecord['kind'], now: StateRecord['kind']): boolean {
  return ALIKE.includes(before) && ALIKE.includes(now)
}

/**
 * The schema of this serializer: the usable one it has, or one of the smallest number that is free, maybe beyond the
 * last allowed.
 */
function numbered(
  schemas: readonly SchemaRecord[],
  { id, snapshot }: SerializerSnapshot,
  isUsable: (schema: SchemaRecord) => boolean,
): SchemaRecord {
  const found = schemas.find((one) => isOf(one, { id, snapshot }) && isUsable(one))
  if (found !== undefined) return found
  const taken = new Set(schemas.map(({ number }) => number))
  let number = 1
  while (taken.has(number)) number++
  return { number, serializer: id, ...(snapshot === undefined ? {} : { snapshot }) }
}

function isOf(schema: SchemaRecord, { id, snapshot }: SerializerSnapshot): boolean {
  return schema.serializer === id && sameJson(schema.snapshot, snapshot)
}

/** The answers to all older schemas, put together. */
class Resolution {
  /** The declared one, or the one that has taken its place. */
  serializer: Serializer<unknown>
  outcome: StateOutcome = 'as-is'
  advice: string | undefined
  readonly others: Map<number, ReadValue> = new Map()
  readonly differs: string[] = []

  constructor(serializer: Serializer<unknown>) {
    this.serializer = serializer
  }

  add(schema: SchemaRecord): void {
    const { serializer } = this
    const old = { id: schema.serializer, snapshot: schema.snapshot }
    const answer = isOf(schema, snapshotOf(serializer)) ? AS_IS : ask(serializer, old)
    switch (answer.outcome) {
      case 'as-is':
        this.others.set(schema.number, (bytes) => serializer.read(bytes))
        break
      case 'after-migration':
        this.others.set(schema.number, answer.read)
        this.note('after-migration', answer.differs)
        break
      case 'reconfigured': {
        // What was resolved before yields the same values: it stays as it is.
        const reconfigured = answer.serializer
        this.serializer = reconfigured
        this.others.set(schema.number, (bytes) => reconfigured.read(bytes))
        this.note('reconfigured', answer.differs)
        break
      }
      case 'incompatible':
        this.refuse(answer.differs, answer.advice)
    }
  }

  note(outcome: StateOutcome, differs: readonly string[]): void {
    if (OUTCOMES.indexOf(outcome) > OUTCOMES.indexOf(this.outcome)) this.outcome = outcome
    for (const line of differs) if (!this.differs.includes(line)) this.differs.push(line)
  }

  refuse(differs: readonly string[], advice: string): void {
    this.note('incompatible', differs)
    this.advice ??= advice
  }
}

const AS_IS: Compatibility<unknown> = { outcome: 'as-is' }

function ask(serializer: Serializer<unknown>, old: SerializerSnapshot): Compatibility<unknown> {
  if (serializer.resolve !== undefined) return answerOf(serializer, old)
  const differs =
    serializer.id === old.id
      ? [`"${old.id}" says something else of itself, and decides nothing about what it said before`]
      : [`written by "${old.id}", the program reads "${serializer.id}"`]
  return {
    outcome: 'incompatible',
    differs,
    advice: `${NEW_NAME}; a serializer with \`resolve\` can read what another one wrote`,
  }
}

/** What `resolve` says, if that is an answer. */
function answerOf(
  serializer: Serializer<unknown>,
  old: SerializerSnapshot,
): Compatibility<unknown> {
  const where = `resolve of serializer "${serializer.id}" for "${old.id}"`
  let answer: Compatibility<unknown> | undefined
  try {
    answer = serializer.resolve?.(old)
  } catch (cause) {
    throw new HoldfastError('INVALID_ARGUMENT', `${where} has failed: ${messageOf(cause)}`, {
      cause,
    })
  }
  if (answer !== undefined && OUTCOMES.includes(answer.outcome)) return answer
  throw new HoldfastError('INVALID_ARGUMENT', `${where} gives no outcome: ${OUTCOMES.join(', ')}`)
}
