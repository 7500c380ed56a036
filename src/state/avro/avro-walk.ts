/**
 * A walk over Avro bytes before they are decoded: the library believes every count and length that it reads, and
 * would fill the memory for a few hostile bytes. The walk follows the writer's schema and makes nothing.
 *
 * Refused besides what lies: a map key `__proto__`, which the library would assign as a prototype, and longs of more
 * than 52 bits and a sign, which it brings back as other numbers.
 */
import { isObject, type Json, type JsonObject } from '../../base/json.js'
import { LIMITS } from '../../base/limits.js'
import { badSchema } from '../schema/bad-schema.js'
import type { Cursor } from '../schema/cursor.js'

/** Moves over one value; what it returns means nothing. */
export type Walk = (from: Cursor, depth: number) => unknown

const PROTO = Buffer.from('__proto__')

/** What moves over each type without parts. */
const PRIMITIVES: ReadonlyMap<string, Walk> = new Map<string, Walk>([
  ['null', () => undefined],
  ['boolean', (from) => (from.u8() > 1 ? from.fail('a boolean that is none') : undefined)],
  ['int', skipVarint],
  ['long', readAvroLong],
  ['float', (from) => from.skip(4)],
  ['double', (from) => from.skip(8)],
  ['bytes', skipSized],
  ['string', skipSized],
])

/** A walk made for a schema. */
export interface AvroWalk {
  readonly walk: Walk
  /** Whether values of the schema can be written that the walk refuses. */
  readonly refusesValues: boolean
}

/**
 * Makes the walk for a schema, as the library prints it.
 * @throws `INVALID_ARGUMENT` for a member or map that cannot be kept safely
 */
export function avroWalk(schema: Json): AvroWalk {
  const maker = new WalkMaker()
  const walk = maker.make(schema)
  return { walk, refusesValues: maker.refusesValues }
}

class WalkMaker {
  refusesValues = false
  readonly #named = new Map<string, Walk>()
  /** Names of types whose values take no bytes. */
  readonly #empty = new Set<string>()

  make(schema: Json | undefined): Walk {
    if (typeof schema === 'string') return this.#reference(schema)
    if (Array.isArray(schema)) return this.#union(schema as readonly Json[])
    if (!isObject(schema)) throw badSchema('a part of an Avro schema is no type')
    switch (schema.type) {
      case 'array':
        return this.#array(schema)
      case 'map':
        return this.#map(schema)
      case 'record':
      case 'error':
        return this.#record(schema)
      case 'enum':
        return this.#name(schema, choiceOf((schema.symbols as readonly Json[]).length))
      case 'fixed':
        if (schema.size === 0) this.#empty.add(String(schema.name))
        return this.#name(schema, (from) => from.skip(schema.size as number))
      default:
        return this.make(schema.type)
    }
  }

  #name(schema: JsonObject, walk: Walk): Walk {
    this.#named.set(String(schema.name), walk)
    return walk
  }

  #reference(name: string): Walk {
    const walk = PRIMITIVES.get(name) ?? this.#named.get(name)
    // A type may be within itself, and then deeper than is read.
    if (name === 'long' || this.#named.has(name)) this.refusesValues = true
    if (walk === undefined) throw badSchema(`there is no Avro type ${JSON.stringify(name)}`)
    return walk
  }

  #union(branches: readonly Json[]): Walk {
    const walks = branches.map((branch) => this.make(branch))
    const choose = choiceOf(walks.length)
    return (from, depth) => walks[choose(from)]?.(from, depth + 1)
  }

  #array(schema: JsonObject): Walk {
    const walk = this.make(schema.items)
    if (this.#isEmpty(schema.items)) {
      throw badSchema('an Avro array of what takes no bytes has no bound')
    }
    return blocks(walk)
  }

  /** Whether values of a type, which a walk was made for, take no bytes at all. */
  #isEmpty(schema: Json | undefined): boolean {
    if (typeof schema === 'string') return schema === 'null' || this.#empty.has(schema)
    if (!isObject(schema)) return false
    return this.#isEmpty(schema.name ?? schema.type)
  }

  #map(schema: JsonObject): Walk {
    this.refusesValues = true
    const walk = this.make(schema.values)
    return blocks((from, depth) => {
      const size = skipSized(from)
      const start = from.at - size
      if (size === PROTO.length && PROTO.equals(from.bytes.subarray(start, from.at))) {
        from.fail('a map key __proto__')
      }
      walk(from, depth)
    })
  }

  #record(schema: JsonObject): Walk {
    const walks: Walk[] = []
    // Before its fields: they may be of the record's own type.
    this.#name(schema, (from, depth) => {
      if (depth > LIMITS.valueDepthMax) from.fail(`more than ${LIMITS.valueDepthMax} levels`)
      for (const walk of walks) walk(from, depth + 1)
    })
    const fields = schema.fields as readonly JsonObject[]
    for (const field of fields) {
      if (field.name === '__proto__')
        throw badSchema('an Avro record cannot have a field __proto__')
      walks.push(this.make(field.type))
    }
    if (fields.every((field) => this.#isEmpty(field.type))) this.#empty.add(String(schema.name))
    return this.#reference(String(schema.name))
  }
}

/** A number below `count`. */
function choiceOf(count: number): (from: Cursor) => number {
  return (from) => {
    const number = readAvroLong(from)
    return number >= 0 && number < count ? number : from.fail(`choice ${number} of ${count}`)
  }
}

/** Moves over a number of up to 64 bits. */
function skipVarint(from: Cursor): void {
  for (let i = 0; i < 10; i++) if (from.u8() < 128) return
  from.fail('a number that does not end')
}

/** A long, count, length or choice: a zigzag varint, of at most 52 bits and a sign here. */
function readAvroLong(from: Cursor): number {
  const zigzag = from.varint()
  return zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2
}

/** Moves over a length and as many bytes, and returns the length. */
function skipSized(from: Cursor): number {
  const size = readAvroLong(from)
  if (size < 0) from.fail(`a length of ${size}`)
  from.skip(size)
  return size
}

/** Blocks of items: a count and the items, until a count of 0; below 0 it is followed by a size in bytes. */
function blocks(item: Walk): Walk {
  return (from, depth) => {
    if (depth > LIMITS.valueDepthMax) from.fail(`more than ${LIMITS.valueDepthMax} levels`)
    for (let count = readAvroLong(from); count !== 0; count = readAvroLong(from)) {
      if (count < 0) readAvroLong(from)
      const items = Math.abs(count)
      // Each takes a byte at least.
      if (items > from.end - from.at) from.fail(`${items} items are claimed`)
      for (let i = 0; i < items; i++) item(from, depth + 1)
    }
  }
}
