/** Reading JSON that may be hostile: every member is asked for by name and type, and nothing is trusted. */
import { HoldfastError } from '../base/errors.js'
import { isObject, type Json, type JsonObject } from '../base/json.js'

/** A JSON value and where it is, for errors. */
export class JsonReader {
  readonly #value: Json | undefined
  readonly #path: string

  constructor(value: Json | undefined, path: string) {
    this.#value = value
    this.#path = path
  }

  /** The member of this name; its accessors throw if it is not there. */
  get(name: string): JsonReader {
    const object = this.#object()
    const value = Object.hasOwn(object, name) ? object[name] : undefined
    return new JsonReader(value, `${this.#path}.${name}`)
  }

  /** The value, if it is there at all. */
  optional<T>(read: (reader: JsonReader) => T): T | undefined {
    return this.#value === undefined ? undefined : read(this)
  }

  json(): Json {
    return this.#value === undefined ? this.fail('is missing') : this.#value
  }

  text(): string {
    return typeof this.#value === 'string' ? this.#value : this.fail('is not text')
  }

  boolean(): boolean {
    return typeof this.#value === 'boolean' ? this.#value : this.fail('is not true or false')
  }

  /** A whole number from 0 to 2^53 - 1. */
  count(): number {
    const value = this.#value
    const ok = typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
    return ok ? value : this.fail('is not a whole number')
  }

  /** A whole number, negative ones too, within ±(2^53 - 1). */
  integer(): number {
    const value = this.#value
    const ok = typeof value === 'number' && Number.isSafeInteger(value)
    return ok ? value : this.fail('is not a whole number')
  }

  /** One of these texts. */
  oneOf<T extends string>(choices: readonly T[]): T {
    const found = choices.find((choice) => choice === this.#value)
    return found ?? this.fail(`is none of ${choices.join(', ')}`)
  }

  list<T>(read: (element: JsonReader) => T): T[] {
    if (!Array.isArray(this.#value)) return this.fail('is not a list')
    return this.#value.map((element: Json, i) =>
      read(new JsonReader(element, `${this.#path}[${i}]`)),
    )
  }

  map<T>(read: (member: JsonReader) => T): Map<string, T> {
    const names = Object.keys(this.#object())
    return new Map(names.map((name) => [name, read(this.get(name))]))
  }

  /** Throws `CORRUPT` naming the place. */
  fail(problem: string): never {
    throw new HoldfastError('CORRUPT', `${this.#path} ${problem}`)
  }

  #object(): JsonObject {
    return isObject(this.#value) ? this.#value : this.fail('is not an object')
  }
}
