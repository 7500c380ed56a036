/** `holdfast/avro`: state as Avro, with its rules of schema evolution. Needs the package avsc. */
export { avroSerializer } from './state/avro/avro-serializer.js'
