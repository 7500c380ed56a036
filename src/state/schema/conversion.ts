/** Values of an old schema as values of a new one, where `schemaChange` says that this can be done. */
import { ByteWriter } from '../../base/bytes.js'
import { badSchema } from './bad-schema.js'
import { Cursor } from './cursor.js'
import { emptyRecord } from './part-codecs.js'
import type { Field, SchemaNode } from './schema.js'
import { formerField, isFilled, mayBeUndefined } from './schema-change.js'
import { schemaCodec } from './schema-codec.js'
import { isRecord, misfit } from './schema-fit.js'

/** Makes a new value; must not change the old one. */
type Convert = (value: unknown) => unknown

/** What turns values of schema `old` into values of schema `now`; what is the same is not copied. */
export function conversion(old: SchemaNode, now: SchemaNode): Convert {
  if (isWrapped(old)) return unlessAbsent(conversion(old.of, now))
  if (isWrapped(now)) return conversion(old, now.of)
  if (old.type === 'array' && now.type === 'array') {
    const each = conversion(old.of, now.of)
    return (value) => (value as unknown[]).map((element) => each(element))
  }
  if (old.type === 'map' && now.type === 'map') {
    const key = conversion(old.key, now.key)
    const each = conversion(old.of, now.of)
    return (value) =>
      new Map(
        Array.from(value as Map<unknown, unknown>, ([name, member]) => [key(name), each(member)]),
      )
  }
  if (old.type === 'record' && now.type === 'record') {
    return recordConversion(old.fields, now.fields)
  }
  if (now.type === 'bigint' && old.type !== 'bigint') return (value) => BigInt(value as number)
  return (value) => value
}

function isWrapped(
  schema: SchemaNode,
): schema is Extract<SchemaNode, { type: 'optional' | 'nullable' }> {
  return schema.type === 'optional' || schema.type === 'nullable'
}

function unlessAbsent(convert: Convert): Convert {
  return (value) => (value === undefined || value === null ? value : convert(value))
}

function recordConversion(old: readonly Field[], now: readonly Field[]): Convert {
  const empty = emptyRecord(now.map((field) => field.name))
  const members = now.map((field) => {
    const before = formerField(field, old)
    if (before === undefined) return { name: field.name, convert: absentValue(field) }
    const convert = conversion(before.schema, field.schema)
    const former = before.name
    const fill = isFilled(before, field) ? absentValue(field) : undefined
    return { name: field.name, convert: memberConversion(former, convert, fill) }
  })
  return (value) => {
    const record: Record<string, unknown> = { ...empty }
    for (const { name, convert } of members) record[name] = convert(value)
    return record
  }
}

function memberConversion(name: string, convert: Convert, fill: Convert | undefined): Convert {
  return (record) => {
    const value = (record as Readonly<Record<string, unknown>>)[name]
    return value === undefined && fill !== undefined ? fill(record) : convert(value)
  }
}

/**
 * What a member has in state from before it was there: each time a copy, through bytes, as values may be changed in
 * place by their owner.
 * @throws `INVALID_ARGUMENT` if its default does not fit its schema
 */
function absentValue({ name, schema, fallback }: Field): Convert {
  if (fallback === undefined) return () => undefined
  const wrong = misfit(schema, fallback.value, `.${name}`)
  if (wrong !== undefined) throw badSchema(`a default does not fit: ${wrong}`)
  const codec = schemaCodec(schema, false)
  const out = new ByteWriter(16)
  codec.write(out, fallback.value)
  const bytes = out.copy()
  return () => codec.read(new Cursor(bytes))
}

/**
 * Checks the defaults of a schema.
 * @throws `INVALID_ARGUMENT` naming the first that does not fit
 */
export function checkDefaults(schema: SchemaNode): void {
  if (schema.type === 'record') {
    for (const field of schema.fields) {
      absentValue(field)
      checkDefaults(field.schema)
    }
  } else if ('of' in schema) checkDefaults(schema.of)
}

/**
 * What applies a schema's renamings and defaults to values of a self-describing serializer. Whatever does not fit is
 * left for the check that follows.
 */
export function adoption(schema: SchemaNode): Convert {
  switch (schema.type) {
    case 'optional':
    case 'nullable':
      return unlessAbsent(adoption(schema.of))
    case 'array': {
      const each = adoption(schema.of)
      return (value) => (Array.isArray(value) ? value.map((element) => each(element)) : value)
    }
    case 'map': {
      const each = adoption(schema.of)
      return (value) => {
        if (!(value instanceof Map)) return value
        return new Map(Array.from(value, ([key, member]) => [key, each(member)]))
      }
    }
    case 'record':
      return recordAdoption(schema.fields)
    default:
      return (value) => value
  }
}

function recordAdoption(fields: readonly Field[]): Convert {
  const adopters = fields.map((field) => ({
    name: field.name,
    names: [field.name, ...field.formerly],
    convert: adoption(field.schema),
    absent: absentValue(field),
    fills: field.fallback !== undefined && !mayBeUndefined(field.schema),
  }))
  return (value) => {
    if (!isRecord(value)) return value
    const members = new Map<string, unknown>(Object.entries(value))
    const found = adopters.map(({ name, names, convert, absent, fills }): [string, unknown] => {
      const before = names.find((one) => members.has(one))
      const member = before === undefined ? undefined : members.get(before)
      if (before !== undefined) members.delete(before)
      const isAbsent = before === undefined || (fills && member === undefined)
      return [name, isAbsent ? absent(undefined) : convert(member)]
    })
    // What is left over has no place in the schema: the check names it.
    return Object.fromEntries([...found, ...members])
  }
}
