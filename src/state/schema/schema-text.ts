/** Schemas in words, one line each, for reports and errors. */
import type { SchemaNode } from './schema.js'

const CHOICES_SHOWN = 5
const FIELDS_SHOWN = 8

/** A schema in a few words: `array of int`, `text or undefined`, `record (name, count)`. */
export function schemaText(schema: SchemaNode): string {
  switch (schema.type) {
    case 'array':
      return `array of ${schemaText(schema.of)}`
    case 'map':
      return `map from ${schemaText(schema.key)} to ${schemaText(schema.of)}`
    case 'optional':
      return `${schemaText(schema.of)} or undefined`
    case 'nullable':
      return `${schemaText(schema.of)} or null`
    case 'oneOf':
      return `one of ${listed(
        schema.values.map((value) => JSON.stringify(value)),
        CHOICES_SHOWN,
      )}`
    case 'record':
      return `record (${listed(
        schema.fields.map((field) => field.name),
        FIELDS_SHOWN,
      )})`
    default:
      return schema.type
  }
}

function listed(words: readonly string[], most: number): string {
  if (words.length <= most) return words.join(', ')
  return `${words.slice(0, most).join(', ')} and ${words.length - most} more`
}
