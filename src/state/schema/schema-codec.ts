/** From a schema to its codec: generated if the process may, closures otherwise. Both write the same bytes. */
import type { Codec } from './codec.js'
import {
  generatedAbsent,
  generatedArray,
  generatedRecord,
  mayGenerate,
} from './generated-codecs.js'
import { absentCodec, arrayCodec, mapCodec, recordCodec } from './part-codecs.js'
import { choiceCodec, SCALAR_CODECS } from './scalar-codecs.js'
import type { SchemaNode } from './schema.js'

/** The codec of a schema. */
export function schemaCodec(schema: SchemaNode, generate: boolean = mayGenerate()): Codec {
  switch (schema.type) {
    case 'array': {
      const of = schemaCodec(schema.of, generate)
      return generate ? generatedArray(of) : arrayCodec(of)
    }
    case 'map':
      return mapCodec(schemaCodec(schema.key, generate), schemaCodec(schema.of, generate))
    case 'optional':
    case 'nullable': {
      const of = schemaCodec(schema.of, generate)
      const absent = schema.type === 'optional' ? undefined : null
      return generate ? generatedAbsent(of, absent) : absentCodec(of, absent)
    }
    case 'oneOf':
      return choiceCodec(schema.values)
    case 'record': {
      const fields = schema.fields.map((field) => ({
        name: field.name,
        codec: schemaCodec(field.schema, generate),
      }))
      return (generate ? generatedRecord(fields) : undefined) ?? recordCodec(fields)
    }
    default:
      return SCALAR_CODECS[schema.type]
  }
}
