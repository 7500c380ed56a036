/**
 * Schemas as JSON: what a manifest keeps of them, and reading that as hostile input. Only what shapes the bytes is
 * kept; defaults and former names are the program's. On disk: DO NOT CHANGE, only add.
 *
 *   "int"   {"array": S}   {"map": [K, S]}   {"optional": S}   {"nullable": S}   {"oneOf": ["a", "b"]}
 *   {"record": [["name", S], …]}, an array because objects do not keep the order of every name
 */
import { HoldfastError } from '../../base/errors.js'
import { isObject, type Json } from '../../base/json.js'
import { LIMITS } from '../../base/limits.js'
import type { Field, ScalarType, SchemaNode } from './schema.js'
import { checkSchema, SCALAR_TYPES } from './schema-rules.js'

/** The schema as JSON. */
export function schemaToJson(schema: SchemaNode): Json {
  switch (schema.type) {
    case 'map':
      return { map: [schemaToJson(schema.key), schemaToJson(schema.of)] }
    case 'oneOf':
      return { oneOf: schema.values }
    case 'record':
      return { record: schema.fields.map((field) => [field.name, schemaToJson(field.schema)]) }
    case 'array':
    case 'optional':
    case 'nullable':
      return { [schema.type]: schemaToJson(schema.of) }
    default:
      return schema.type
  }
}

/**
 * The schema that {@link schemaToJson} wrote.
 * @throws `CORRUPT` for anything else; a part that a newer version added looks the same
 */
export function schemaFromJson(json: Json | undefined): SchemaNode {
  const schema = parse(json, 0)
  try {
    checkSchema(schema)
  } catch (cause) {
    throw unreadable('it breaks a rule of schemas', cause)
  }
  return schema
}

function parse(json: Json | undefined, depth: number): SchemaNode {
  if (depth > LIMITS.schemaDepthMax) throw unreadable('it is too deep')
  if (typeof json === 'string') return parseScalar(json)
  if (!isObject(json)) throw unreadable('a part is neither a name nor an object')
  const entries = Object.entries(json)
  const [type, part] = entries[0] ?? ['', null]
  if (entries.length !== 1 || part === undefined) throw unreadable('a part has not just one member')
  switch (type) {
    case 'array':
    case 'optional':
    case 'nullable':
      return { type, of: parse(part, depth + 1) }
    case 'map': {
      const [key, of] = listOf(part, 2)
      return { type, key: parse(key, depth + 1), of: parse(of, depth + 1) }
    }
    case 'oneOf':
      return { type, values: listOf(part).map(nameOf) }
    case 'record':
      return { type, fields: listOf(part).map((pair) => parseField(pair, depth)) }
    default:
      throw unreadable(`there is no ${JSON.stringify(type.slice(0, 40))}`)
  }
}

function parseField(pair: Json, depth: number): Field {
  const [name, schema] = listOf(pair, 2)
  return { name: nameOf(name), schema: parse(schema, depth + 1), formerly: [] }
}

function parseScalar(name: string): SchemaNode {
  const type = SCALAR_TYPES.find((one: ScalarType) => one === name)
  if (type === undefined) throw unreadable(`there is no ${JSON.stringify(name.slice(0, 40))}`)
  return { type }
}

function listOf(json: Json, length?: number): readonly Json[] {
  if (!Array.isArray(json) || (length !== undefined && json.length !== length)) {
    throw unreadable('a list is missing, or not of the right length')
  }
  if (json.length > LIMITS.schemaPartsMax) throw unreadable('it has too many parts')
  return json as readonly Json[]
}

function nameOf(json: Json | undefined): string {
  if (typeof json !== 'string') throw unreadable('a name is missing')
  return json
}

function unreadable(why: string, cause?: unknown): HoldfastError {
  return new HoldfastError('CORRUPT', `a kept schema cannot be read: ${why}`, { cause })
}
