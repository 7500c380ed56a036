/**
 * Avro as a serializer, by the package avsc: for those whose schemas are Avro's already. Its rules of resolution
 * between a writer's and a reader's schema (Avro 1.11, "Schema Resolution") decide what becomes of older state.
 */
import type { ByteWriter } from '../../base/bytes.js'
import { HoldfastError, messageOf } from '../../base/errors.js'
import { isObject, type Json, type JsonObject } from '../../base/json.js'
import { optionalImport } from '../../base/optional-import.js'
import { badSchema } from '../schema/bad-schema.js'
import { Cursor } from '../schema/cursor.js'
import type { Compatibility, Serializer, SerializerSnapshot } from '../serializer.js'
import { type AvroWalk, avroWalk } from './avro-walk.js'

/** Avro's binary encoding, with the writer's schema in the manifest. On disk: DO NOT CHANGE. */
const AVRO_ID = 'avro-1'

/** What is used of avsc's `Type`. */
interface AvscType {
  toBuffer(value: unknown): Uint8Array
  fromBuffer(bytes: Uint8Array, resolver?: object): unknown
  isValid(value: unknown, options: { errorHook(path: readonly string[]): void }): boolean
  createResolver(writer: AvscType): object
  equals(other: AvscType): boolean
  /** Without documentation, defaults and aliases. */
  schema(): unknown
}

/** What is used of avsc. */
interface Avsc {
  readonly Type: { forSchema(schema: Json): AvscType }
}

/**
 * A serializer for values of an Avro schema. Loads the optional package avsc, which turns the names in a schema, once
 * it has checked them, into source: it does not work where code must not be generated.
 *
 * Records come back as instances of the library's classes; a union whose branches JavaScript cannot tell apart takes
 * `{ branch: value }`. Refused: a record field or map key `__proto__`, arrays of what takes no bytes, longs beyond
 * ±2^52 (the library would bring back others), values more than `LIMITS.valueDepthMax` levels deep.
 * @throws `MISSING_PACKAGE` without avsc; `INVALID_ARGUMENT` for what is no Avro schema
 */
export async function avroSerializer<T>(schema: Json): Promise<Serializer<T>> {
  const loaded = await optionalImport('avsc', 'keeping state as Avro', () => import('avsc'))
  // From an ES module a CommonJS one is seen through its default export.
  const avsc = (loaded as unknown as { readonly default: Avsc }).default
  try {
    return serializerOf(avsc, avroType(avsc, schema))
  } catch (cause) {
    throw badSchema(`it is no Avro schema that state can have: ${messageOf(cause)}`)
  }
}

/** A type, and what makes reading its bytes safe. */
interface SafeType {
  readonly type: AvscType
  /** As it is kept in a manifest. */
  readonly schema: Json
  readonly walk: AvroWalk
}

function avroType(avsc: Avsc, schema: Json): SafeType {
  const type = avsc.Type.forSchema(structuredClone(schema))
  // Through JSON: the library prints objects of its own.
  const printed = JSON.parse(JSON.stringify(type.schema())) as Json
  return { type, schema: printed, walk: avroWalk(printed) }
}

function serializerOf<T>(avsc: Avsc, safe: SafeType): Serializer<T> {
  return Object.freeze({
    id: AVRO_ID,
    snapshot: safe.schema,
    write: (value, out) => writeAvro(safe, value, out),
    read: (bytes) => readAvro(safe, bytes) as T,
    resolve: (old) => resolved(avsc, safe, old),
  } satisfies Serializer<T>)
}

function writeAvro({ type, walk }: SafeType, value: unknown, out: ByteWriter): void {
  let bytes: Uint8Array
  try {
    bytes = type.toBuffer(value)
    if (walk.refusesValues) walkThrough(walk, bytes)
  } catch (cause) {
    const message = `a value does not fit its Avro schema${placeIn(type, value)}: ${messageOf(cause)}`
    throw new HoldfastError('INVALID_ARGUMENT', message, { cause })
  }
  out.put(bytes)
}

/** Where a value does not fit, for a message. */
function placeIn(type: AvscType, value: unknown): string {
  let place = ''
  try {
    type.isValid(value, {
      errorHook: (path) => {
        place ||= ` at .${path.join('.')}`
      },
    })
  } catch {
    return place
  }
  return place
}

/** @param resolver reads values of another writer; `safe` is then the writer's */
function readAvro({ type, walk }: SafeType, bytes: Uint8Array, reader?: Reader): unknown {
  walkThrough(walk, bytes)
  // The library wants a Buffer; and what it makes must not hold on to these bytes.
  const copy = Buffer.from(bytes)
  try {
    return reader === undefined
      ? type.fromBuffer(copy)
      : reader.type.fromBuffer(copy, reader.resolver)
  } catch (cause) {
    const message = `a value cannot be decoded as Avro: ${messageOf(cause)}`
    throw new HoldfastError('CORRUPT', message, { cause })
  }
}

/** A reader of another type's values. */
interface Reader {
  readonly type: AvscType
  readonly resolver: object
}

function walkThrough({ walk }: AvroWalk, bytes: Uint8Array): void {
  const from = new Cursor(bytes)
  walk(from, 0)
  if (from.at !== from.end) from.fail('bytes are left over')
}

function resolved<T>(avsc: Avsc, safe: SafeType, kept: SerializerSnapshot): Compatibility<T> {
  if (kept.id !== AVRO_ID || kept.snapshot === undefined) {
    return {
      outcome: 'incompatible',
      differs: [`was written by ${JSON.stringify(kept.id)}, now ${AVRO_ID}`],
      advice: 'give the state the serializer it was written by, or a new name',
    }
  }
  let old: SafeType
  let resolver: object
  try {
    old = avroType(avsc, kept.snapshot)
    if (safe.type.equals(old.type)) return { outcome: 'as-is' }
    resolver = safe.type.createResolver(old.type)
  } catch (error) {
    const advice =
      'keep to what Avro resolves: give added fields a default, renamed ones an alias, and only widen types'
    return {
      outcome: 'incompatible',
      differs: [...differences(kept.snapshot, safe.schema), messageOf(error)],
      advice,
    }
  }
  const reader = { type: safe.type, resolver }
  return {
    outcome: 'after-migration',
    differs: differences(kept.snapshot, safe.schema),
    read: (bytes) => readAvro(old, bytes, reader) as T,
  }
}

/** The fields in which two records differ; of other types, both. */
function differences(old: Json, now: Json): string[] {
  const before = fieldsOf(old)
  const after = fieldsOf(now)
  if (before === undefined || after === undefined) return [`was ${shown(old)}, now ${shown(now)}`]
  const lines: string[] = []
  for (const [name, type] of after) {
    const was = before.get(name)
    if (was === undefined) lines.push(`.${name}: added as ${shown(type)}`)
    else if (shown(was) !== shown(type))
      lines.push(`.${name}: was ${shown(was)}, now ${shown(type)}`)
  }
  for (const [name, type] of before) {
    if (!after.has(name)) lines.push(`.${name}: removed, was ${shown(type)}`)
  }
  return lines.length > 0 ? lines : ['its name, or the order of its fields']
}

function fieldsOf(schema: Json): Map<string, Json> | undefined {
  if (!isObject(schema) || !Array.isArray(schema.fields)) return undefined
  const fields = schema.fields as readonly JsonObject[]
  return new Map(fields.map(({ name, type }) => [String(name), type ?? null]))
}

function shown(schema: Json): string {
  const text = typeof schema === 'string' ? schema : JSON.stringify(schema)
  return text.length > 200 ? `${text.slice(0, 200)}…` : text
}
