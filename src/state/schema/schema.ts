/**
 * A declared schema: plain data that says what a value holds, and the TypeScript type that follows from it. Made by
 * the functions here, kept in manifests as JSON (`schema-json.ts`), turned into a codec by `schemaSerializer`.
 */
import type { Json } from '../../base/json.js'
import { badSchema } from './bad-schema.js'

/** Schemas without parts. On disk: DO NOT RENAME. */
export type ScalarType =
  | 'text'
  | 'int'
  | 'long'
  | 'double'
  | 'bool'
  | 'bytes'
  | 'bigint'
  | 'date'
  | 'json'

/** One member of a record. */
export interface Field {
  readonly name: string
  readonly schema: SchemaNode
  /** What a value has here that was written before the field was there. Not part of the bytes. */
  readonly fallback?: { readonly value: unknown }
  /** Names the field had before, the newest first. Not part of the bytes. */
  readonly formerly: readonly string[]
}

/** A schema without its TypeScript type. */
export type SchemaNode =
  | { readonly type: ScalarType }
  | { readonly type: 'array'; readonly of: SchemaNode }
  | { readonly type: 'map'; readonly key: SchemaNode; readonly of: SchemaNode }
  | { readonly type: 'optional'; readonly of: SchemaNode }
  | { readonly type: 'nullable'; readonly of: SchemaNode }
  | { readonly type: 'oneOf'; readonly values: readonly string[] }
  | { readonly type: 'record'; readonly fields: readonly Field[] }

/** A schema of values of type `T`. */
export type Schema<T> = SchemaNode & {
  /** Never set: carries `T` for inference. */
  readonly holds?: T
}

/** A member of a record as it is declared: a schema, or one with a default or former names. */
export interface FieldSchema<T> {
  readonly schema: Schema<T>
  readonly fallback?: { readonly value: T }
  readonly formerly: readonly string[]
}

/** What a record's member can be declared as. */
export type Member = SchemaNode | FieldSchema<unknown>

/** The type of the values of a schema, or of a record's member. */
export type TypeOf<S> =
  S extends FieldSchema<infer T> ? T : S extends { readonly holds?: infer T } ? T : never

/** The type of a record with these members; an optional one may be left out. */
export type RecordOf<M extends Readonly<Record<string, Member>>> = {
  -readonly [Name in keyof M as undefined extends TypeOf<M[Name]> ? never : Name]: TypeOf<M[Name]>
} & {
  -readonly [Name in keyof M as undefined extends TypeOf<M[Name]> ? Name : never]?: TypeOf<M[Name]>
}

/** Any text. Lone surrogates (half characters) are kept as they are. */
export function text(): Schema<string> {
  return scalar('text')
}

/** A whole number from −2^31 to 2^31 − 1. −0 is kept as 0. */
export function int(): Schema<number> {
  return scalar('int')
}

/** A safe integer: whole, from −(2^53 − 1) to 2^53 − 1. −0 is kept as 0. Bytes as {@link int}'s. */
export function long(): Schema<number> {
  return scalar('long')
}

/** Any number, NaN, −0 and the infinities too; always 8 bytes. */
export function double(): Schema<number> {
  return scalar('double')
}

/** `true` or `false`. */
export function bool(): Schema<boolean> {
  return scalar('bool')
}

/** Bytes, copied. A Buffer comes back as a Uint8Array. */
export function bytes(): Schema<Uint8Array> {
  return scalar('bytes')
}

/** A bigint of up to `LIMITS.bigintBytesMax` bytes. */
export function bigint(): Schema<bigint> {
  return scalar('bigint')
}

/** A valid `Date`, to the millisecond. */
export function date(): Schema<Date> {
  return scalar('date')
}

/** What JSON has, kept as its text: for parts that no schema is declared for. −0 is kept as 0. */
export function json(): Schema<Json> {
  return scalar('json')
}

/** An array. */
export function array<T>(of: Schema<T>): Schema<T[]> {
  return Object.freeze({ type: 'array', of })
}

/** A `Map`. Keys are text, numbers, booleans, bigints or `oneOf`. */
export function map<K, V>(key: Schema<K>, of: Schema<V>): Schema<Map<K, V>> {
  return Object.freeze({ type: 'map', key, of })
}

/** `of`, or `undefined`. A record's optional member may be left out; read back it is there, as `undefined`. */
export function optional<T>(of: Schema<T>): Schema<T | undefined> {
  return Object.freeze({ type: 'optional', of })
}

/** `of`, or `null`. */
export function nullable<T>(of: Schema<T>): Schema<T | null> {
  return Object.freeze({ type: 'nullable', of })
}

/** One of some texts, kept as its number. Add new ones at the end: nothing has to be migrated then. */
export function oneOf<const V extends readonly string[]>(...values: V): Schema<V[number]> {
  return Object.freeze({ type: 'oneOf', values: Object.freeze(values) })
}

/**
 * An object with exactly these members, in this order on disk. A value with another member is refused: it would be
 * lost in silence.
 */
export function record<M extends Readonly<Record<string, Member>>>(
  members: M,
): Schema<RecordOf<M>> {
  const fields = Object.entries(members).map(([name, member]): Field => {
    if (typeof member !== 'object' || member === null) throw badSchema(`.${name} has no schema`)
    if ('type' in member) return Object.freeze({ name, schema: member, formerly: [] })
    return Object.freeze({ name, ...member })
  })
  return Object.freeze({ type: 'record', fields: Object.freeze(fields) })
}

/** A record's member that state written before it was there gets as `value`. */
export function withDefault<T>(of: Schema<T> | FieldSchema<T>, value: NoInfer<T>): FieldSchema<T> {
  return Object.freeze({ ...fieldOf(of), fallback: { value } })
}

/** A record's member that had other names before: `renamedFrom(text(), 'title')`; the newest first. */
export function renamedFrom<T>(
  of: Schema<T> | FieldSchema<T>,
  ...names: readonly string[]
): FieldSchema<T> {
  const field = fieldOf(of)
  return Object.freeze({ ...field, formerly: Object.freeze([...field.formerly, ...names]) })
}

function fieldOf<T>(of: Schema<T> | FieldSchema<T>): FieldSchema<T> {
  return 'type' in of ? { schema: of, formerly: [] } : of
}

function scalar<T>(type: ScalarType): Schema<T> {
  return Object.freeze({ type })
}
