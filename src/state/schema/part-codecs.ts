/** The codecs of schemas made of others, as closures: what runs where code must not be generated. */
import { type Codec, refuse } from './codec.js'
import { extraMember, isRecord, memberOf } from './schema-fit.js'

/** `of`, or one value that stands for its absence: a byte says which. */
export function absentCodec(of: Codec, absent: undefined | null): Codec {
  return {
    write: (out, value) => {
      if (value === absent) {
        out.u8(0)
        return
      }
      out.u8(1)
      of.write(out, value)
    },
    read: (from) => {
      const byte = from.u8()
      if (byte === 0) return absent
      return byte === 1 ? of.read(from) : from.fail(`presence ${byte}`)
    },
  }
}

/** An array: the number of elements, then each. */
export function arrayCodec(of: Codec): Codec {
  return {
    write: (out, value) => {
      if (!Array.isArray(value)) refuse()
      out.varint(value.length)
      for (let i = 0; i < value.length; i++) of.write(out, value[i])
    },
    read: (from) => {
      const count = from.count()
      const elements: unknown[] = []
      for (let i = 0; i < count; i++) elements.push(of.read(from))
      return elements
    },
  }
}

/** A `Map`: the number of entries, then each key and value. */
export function mapCodec(key: Codec, of: Codec): Codec {
  return {
    write: (out, value) => {
      if (!(value instanceof Map)) refuse()
      out.varint(value.size)
      for (const [mapKey, member] of value) {
        key.write(out, mapKey)
        of.write(out, member)
      }
    },
    read: (from) => {
      const count = from.count()
      const entries = new Map<unknown, unknown>()
      for (let i = 0; i < count; i++) entries.set(key.read(from), of.read(from))
      return entries.size === count ? entries : from.fail('a map key twice')
    },
  }
}

/** A member of a record, with the codec of its schema. */
export interface FieldCodec {
  readonly name: string
  readonly codec: Codec
}

/** A record: its members one after the other. */
export function recordCodec(fields: readonly FieldCodec[]): Codec {
  const names = fields.map((field) => field.name)
  const refuseOthers = othersRefuser(names)
  const empty = emptyRecord(names)
  return {
    write: (out, value) => {
      if (!isRecord(value)) refuse()
      refuseOthers(value)
      for (const { name, codec } of fields) codec.write(out, memberOf(value, name))
    },
    read: (from) => {
      const value: Record<string, unknown> = { ...empty }
      for (const { name, codec } of fields) value[name] = codec.read(from)
      return value
    },
  }
}

/** A check that a record has no member besides these. */
export function othersRefuser(names: readonly string[]): (value: object) => void {
  const known = new Set(names)
  return (value) => {
    if (extraMember(value, known) !== undefined) refuse()
  }
}

/**
 * An object that has these members, each `undefined`, as its own: a copy of it takes any of them by assignment,
 * `__proto__` too.
 */
export function emptyRecord(names: readonly string[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(names.map((name) => [name, undefined]))
}
