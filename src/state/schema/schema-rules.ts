/** What every schema must keep to, declared or read from a manifest: bounded, unambiguous, no two names alike. */
import { LIMITS } from '../../base/limits.js'
import { badSchema } from './bad-schema.js'
import type { Field, ScalarType, SchemaNode } from './schema.js'

/** All schemas without parts, for validation. */
export const SCALAR_TYPES: readonly ScalarType[] = [
  'text',
  'int',
  'long',
  'double',
  'bool',
  'bytes',
  'bigint',
  'date',
  'json',
]

/** What can be the key of a `map`. */
const KEY_SCHEMAS: readonly string[] = ['text', 'int', 'long', 'double', 'bool', 'bigint', 'oneOf']

/**
 * Looks a schema through.
 * @throws `INVALID_ARGUMENT` naming the part that breaks a rule
 */
export function checkSchema(schema: SchemaNode): void {
  if (schema?.type === 'optional') {
    throw badSchema('a value that is `undefined` is no value; declare optional members of a record')
  }
  new SchemaWalk().check(schema, '', 0)
}

class SchemaWalk {
  #parts = 0

  check(schema: SchemaNode, path: string, depth: number): void {
    this.#count(1)
    if (depth >= LIMITS.schemaDepthMax) {
      throw badSchema(`it is more than ${LIMITS.schemaDepthMax} levels deep, at ${placeOf(path)}`)
    }
    switch (schema?.type) {
      case 'array':
        this.check(schema.of, `${path}[]`, depth + 1)
        break
      case 'map':
        if (!KEY_SCHEMAS.includes(schema.key?.type)) {
          throw badSchema(`${schema.key?.type} cannot be the key of a map, at ${placeOf(path)}`)
        }
        this.check(schema.key, `${path}{key}`, depth + 1)
        this.check(schema.of, `${path}{}`, depth + 1)
        break
      case 'optional':
      case 'nullable':
        if (schema.of?.type === schema.type || ofOf(schema.of) === schema.type) {
          throw badSchema(`${schema.type} twice, at ${placeOf(path)}`)
        }
        this.check(schema.of, path, depth + 1)
        break
      case 'oneOf':
        this.#checkChoices(schema.values, path)
        break
      case 'record':
        this.#checkFields(schema.fields, path, depth)
        break
      default:
        if (!SCALAR_TYPES.includes(schema?.type)) {
          throw badSchema(`there is no type ${String(schema?.type)}, at ${placeOf(path)}`)
        }
    }
  }

  #checkChoices(values: readonly string[], path: string): void {
    this.#count(values.length)
    if (values.length === 0) throw badSchema(`oneOf without a value, at ${placeOf(path)}`)
    if (values.some((value) => typeof value !== 'string')) {
      throw badSchema(`oneOf takes texts only, at ${placeOf(path)}`)
    }
    const [twice] = repeated(values)
    if (twice !== undefined) throw badSchema(`oneOf has "${twice}" twice, at ${placeOf(path)}`)
  }

  #checkFields(fields: readonly Field[], path: string, depth: number): void {
    if (fields.length === 0) throw badSchema(`a record without members, at ${placeOf(path)}`)
    const names = fields.flatMap(({ name, formerly }) => [name, ...formerly])
    const long = names.find(
      (name) => typeof name !== 'string' || name.length > LIMITS.nameLengthMax,
    )
    if (long !== undefined) {
      throw badSchema(`the name of a member is longer than ${LIMITS.nameLengthMax} characters`)
    }
    const [twice] = repeated(names)
    if (twice !== undefined) {
      const why = `"${twice}" names two members, present or former, at ${placeOf(path)}`
      throw badSchema(`${why}; drop renamedFrom once no checkpoint with the former name is kept`)
    }
    for (const { name, schema } of fields) this.check(schema, `${path}.${name}`, depth + 1)
  }

  #count(parts: number): void {
    this.#parts += parts
    if (this.#parts > LIMITS.schemaPartsMax) {
      throw badSchema(`it has more than ${LIMITS.schemaPartsMax} parts`)
    }
  }
}

function ofOf(schema: SchemaNode): string | undefined {
  const isWrapped = schema?.type === 'optional' || schema?.type === 'nullable'
  return isWrapped ? schema.of?.type : undefined
}

function repeated(names: readonly string[]): string[] {
  const seen = new Set<string>()
  return names.filter((name) => seen.size === seen.add(name).size)
}

/** Where in a value, for messages. */
export function placeOf(path: string): string {
  return path === '' ? 'the value itself' : path
}
