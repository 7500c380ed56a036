/**
 * Serializers made from declared schemas: compact positional bytes, by a codec made for the schema. The manifest keeps
 * the schema; so the bytes can be read without the program, and state outlives the schema it was written with.
 */
import { HoldfastError, messageOf } from '../base/errors.js'
import { Misfit } from './schema/codec.js'
import { adoption, checkDefaults, conversion } from './schema/conversion.js'
import { Cursor } from './schema/cursor.js'
import type { Schema, SchemaNode } from './schema/schema.js'
import { schemaChange } from './schema/schema-change.js'
import { schemaCodec } from './schema/schema-codec.js'
import { misfit } from './schema/schema-fit.js'
import { schemaFromJson, schemaToJson } from './schema/schema-json.js'
import { checkSchema } from './schema/schema-rules.js'
import { schemaText } from './schema/schema-text.js'
import {
  type Compatibility,
  messagePack,
  type Serializer,
  type SerializerSnapshot,
} from './serializer.js'

/** The form of the bytes that the codecs of `schema/` write. On disk: DO NOT CHANGE. */
const SCHEMA_ID = 'schema-1'

/**
 * A serializer for values of a declared schema. A value that does not fit is refused with `INVALID_ARGUMENT`, which
 * says where; nothing is written then.
 *
 * Goes on with state of older schemas as the guide to evolution says, and with state of {@link messagePack}, whose
 * values must fit once renamings and defaults are applied (`INCOMPATIBLE_STATE` when one is read that does not).
 * @throws `INVALID_ARGUMENT` for a schema that breaks a rule, or a default that does not fit its member
 */
export function schemaSerializer<T>(schema: Schema<T>): Serializer<T> {
  checkSchema(schema)
  checkDefaults(schema)
  return serializerOf(schema)
}

/** The same over a schema known to be good, without a type. */
function serializerOf<T>(schema: SchemaNode): Serializer<T> {
  const codec = schemaCodec(schema)
  return Object.freeze({
    id: SCHEMA_ID,
    snapshot: schemaToJson(schema),
    write: (value, out) => {
      const start = out.length
      try {
        codec.write(out, value)
      } catch (error) {
        out.length = start
        throw error instanceof Misfit ? refusal(schema, value) : error
      }
    },
    read: (bytes) => {
      const from = new Cursor(bytes)
      const value = codec.read(from)
      return from.at === from.end ? (value as T) : from.fail('bytes are left over')
    },
    resolve: (old) => resolved(schema, old),
  } satisfies Serializer<T>)
}

function refusal(schema: SchemaNode, value: unknown): HoldfastError {
  const where = misfit(schema, value) ?? 'it reads differently each time'
  return new HoldfastError('INVALID_ARGUMENT', `a value does not fit its schema: ${where}`)
}

function resolved<T>(schema: SchemaNode, old: SerializerSnapshot): Compatibility<T> {
  if (old.id === SCHEMA_ID) return resolvedSchema(schema, old)
  if (old.id === messagePack().id) return resolvedMessagePack(schema)
  return {
    outcome: 'incompatible',
    differs: [`was written by ${JSON.stringify(old.id)}, now ${SCHEMA_ID}: ${schemaText(schema)}`],
    advice: 'give the state the serializer it was written by, or a new name',
  }
}

function resolvedSchema<T>(schema: SchemaNode, kept: SerializerSnapshot): Compatibility<T> {
  let old: SchemaNode
  try {
    old = schemaFromJson(kept.snapshot)
  } catch (error) {
    const advice =
      'it was written by a newer version of Holdfast, or is damaged: start with that version'
    return { outcome: 'incompatible', differs: [messageOf(error)], advice }
  }
  const change = schemaChange(old, schema)
  switch (change.outcome) {
    case 'reconfigured':
      return { ...change, serializer: serializerOf<T>(change.layout) }
    case 'after-migration': {
      const { read } = serializerOf(old)
      const convert = conversion(old, schema)
      return { ...change, read: (bytes) => convert(read(bytes)) as T }
    }
    default:
      return change
  }
}

/** Values that say themselves what they hold are taken over one by one, if they fit. */
function resolvedMessagePack<T>(schema: SchemaNode): Compatibility<T> {
  const { id, read } = messagePack<unknown>()
  const adopt = adoption(schema)
  return {
    outcome: 'after-migration',
    differs: [
      `was written by ${id}, which keeps any value, now ${SCHEMA_ID}: ${schemaText(schema)}`,
    ],
    read: (bytes) => {
      const value = adopt(read(bytes))
      const wrong = misfit(schema, value)
      if (wrong === undefined) return value as T
      throw new HoldfastError(
        'INCOMPATIBLE_STATE',
        `a value kept by ${id} does not fit the schema: ${wrong}; widen the schema, or change such values ` +
          `first with the program that still uses ${id}`,
      )
    },
  }
}
