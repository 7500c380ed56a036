/** JSON values, and reading them from bytes that may be hostile. */

/** What JSON can say. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject

/** A JSON object. Read its members through `Object.hasOwn` or {@link member}, never by prototype. */
export interface JsonObject {
  readonly [name: string]: Json
}

/** Whether a parsed value is a plain object (neither null nor an array). */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Whether two values say the same; the order of an object's members says nothing. */
export function sameJson(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((element, i) => sameJson(element, b[i]))
  if (!isObject(a) || !isObject(b)) return false
  const names = Object.keys(a)
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => Object.hasOwn(b, name) && sameJson(a[name], b[name]))
  )
}
