/**
 * The fields of an object used as a key. Invariant: what `structOf` makes lists its fields in ascending order of name,
 * and a field named `__proto__` is a field like any other.
 */
import { LIMITS } from '../base/limits.js'

const FIELD_NAME = /^[A-Za-z_$][A-Za-z0-9_$]*$/

/** Whether a field may have this name. Only ASCII, so that the order of UTF-16 units is that of the bytes. */
export function isFieldName(name: string): boolean {
  return name.length <= LIMITS.keyFieldLengthMax && FIELD_NAME.test(name)
}

/** Whether this is an object without a class: only such a one can be a key by its fields. */
export function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

/** Whether the object has this field itself and lists it. */
export function hasField(object: object, name: string): boolean {
  return Object.prototype.propertyIsEnumerable.call(object, name)
}

/** A frozen object with these fields. Requires: `names` ascend, `values` has as many. */
export function structOf<V>(
  names: readonly string[],
  values: readonly V[],
): Readonly<Record<string, V>> {
  const made: Record<string, V> = {}
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as string
    if (name !== '__proto__') made[name] = values[i] as V
    // Assigning it would set the prototype.
    else Object.defineProperty(made, name, { value: values[i], enumerable: true })
  }
  return Object.freeze(made)
}
