/**
 * Whether a value fits a schema, and where it does not: the slow, exact twin of the codec's checks. It runs when the
 * codec refused a value, for the message, and over values that no codec will see.
 */
import { LIMITS } from '../../base/limits.js'
import type { Field, SchemaNode } from './schema.js'
import { schemaText } from './schema-text.js'

/** Where and how a value does not fit: `.tags[3]: a number, not text`. `undefined`: it fits. */
export function misfit(schema: SchemaNode, value: unknown, path = ''): string | undefined {
  switch (schema.type) {
    case 'optional':
      return value === undefined ? undefined : misfit(schema.of, value, path)
    case 'nullable':
      return value === null ? undefined : misfit(schema.of, value, path)
    case 'array':
      return arrayMisfit(schema.of, value, path)
    case 'map':
      return mapMisfit(schema.key, schema.of, { value, path })
    case 'record':
      return recordMisfit(schema.fields, value, path)
    case 'json':
      return jsonMisfit(value, path, 0)
    default:
      return scalarFits(schema, value) ? undefined : said(path, valueText(value), schema)
  }
}

function scalarFits(schema: SchemaNode, value: unknown): boolean {
  switch (schema.type) {
    case 'text':
      return typeof value === 'string'
    case 'int':
      return typeof value === 'number' && value === (value | 0)
    case 'long':
      return Number.isSafeInteger(value)
    case 'double':
      return typeof value === 'number'
    case 'bool':
      return typeof value === 'boolean'
    case 'bytes':
      return value instanceof Uint8Array
    case 'bigint':
      return typeof value === 'bigint' && bigintBytes(value) <= LIMITS.bigintBytesMax
    case 'date':
      return value instanceof Date && !Number.isNaN(value.getTime())
    default:
      return schema.type === 'oneOf' && schema.values.includes(value as string)
  }
}

/** Bytes of a bigint's magnitude. */
export function bigintBytes(value: bigint): number {
  const digits = (value < 0n ? -value : value).toString(16)
  return digits === '0' ? 0 : (digits.length + 1) >> 1
}

function arrayMisfit(of: SchemaNode, value: unknown, path: string): string | undefined {
  if (!Array.isArray(value)) return said(path, valueText(value), { type: 'array', of })
  for (let i = 0; i < value.length; i++) {
    const found = misfit(of, value[i], `${path}[${i}]`)
    if (found !== undefined) return found
  }
  return undefined
}

function mapMisfit(
  key: SchemaNode,
  of: SchemaNode,
  { value, path }: { readonly value: unknown; readonly path: string },
): string | undefined {
  if (!(value instanceof Map)) return said(path, valueText(value), { type: 'map', key, of })
  for (const [mapKey, member] of value) {
    const at = `${path}{${keyText(mapKey)}}`
    const found = misfit(key, mapKey, `${at} (its key)`) ?? misfit(of, member, at)
    if (found !== undefined) return found
  }
  return undefined
}

function recordMisfit(fields: readonly Field[], value: unknown, path: string): string | undefined {
  if (!isRecord(value)) return said(path, valueText(value), { type: 'record', fields })
  const members = value as Readonly<Record<string, unknown>>
  for (const { name, schema } of fields) {
    const found = misfit(schema, memberOf(members, name), `${path}.${name}`)
    if (found !== undefined) return found
  }
  const extra = extraMember(members, new Set(fields.map(({ name }) => name)))
  return extra === undefined ? undefined : `${path}.${extra}: the schema has no such member`
}

/** Whether a value can be one of a record schema: an object that is nothing else. */
export function isRecord(value: unknown): value is object {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Map) &&
    !(value instanceof Set) &&
    !(value instanceof Date) &&
    !ArrayBuffer.isView(value)
  )
}

/**
 * A member, without being led astray by its name: what every object inherits is no member, what a class gives its
 * instances (a getter) is.
 */
export function memberOf(record: object, name: string): unknown {
  if (name in Object.prototype && !Object.hasOwn(record, name)) return undefined
  return (record as Readonly<Record<string, unknown>>)[name]
}

/** The first own member that is not among `names`; one that is `undefined` counts as left out. */
export function extraMember(value: object, names: ReadonlySet<string>): string | undefined {
  const members = value as Readonly<Record<string, unknown>>
  return Object.keys(members).find((name) => !names.has(name) && members[name] !== undefined)
}

/** The first part of a value that JSON does not have. */
function jsonMisfit(value: unknown, path: string, depth: number): string | undefined {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return undefined
  if (typeof value === 'number' && Number.isFinite(value)) return undefined
  const isArray = Array.isArray(value)
  if (!isArray && !isPlain(value)) return `${path}: ${valueText(value)}, which JSON does not have`
  if (depth >= LIMITS.valueDepthMax) return `${path}: more than ${LIMITS.valueDepthMax} levels deep`
  for (const name of isArray ? value.keys() : Object.keys(value)) {
    const member = (value as Readonly<Record<string | number, unknown>>)[name]
    const found = jsonMisfit(member, isArray ? `${path}[${name}]` : `${path}.${name}`, depth + 1)
    if (found !== undefined) return found
  }
  return undefined
}

function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null || 'toJSON' in value) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

/** Whether JSON has every part of a value. */
export function isJson(value: unknown): boolean {
  return jsonMisfit(value, '', 0) === undefined
}

function said(path: string, what: string, schema: SchemaNode): string {
  return `${path === '' ? 'the value' : path}: ${what}, not ${schemaText(schema)}`
}

function keyText(key: unknown): string {
  return typeof key === 'string' ? JSON.stringify(key.slice(0, 40)) : String(key).slice(0, 40)
}

/** What a value is, in words. */
function valueText(value: unknown): string {
  switch (typeof value) {
    case 'number':
      return `the number ${value}`
    case 'string':
      return `the text ${keyText(value)}`
    case 'object':
      if (value === null) return 'null'
      if (value instanceof Date && Number.isNaN(value.getTime())) return 'an invalid Date'
      return Array.isArray(value)
        ? 'an array'
        : `an object (${Object.prototype.toString.call(value).slice(8, -1)})`
    case 'undefined':
      return 'undefined'
    case 'bigint':
      return `a bigint of ${bigintBytes(value as bigint)} bytes`
    default:
      return `a ${typeof value}`
  }
}
