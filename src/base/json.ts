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
