/**
 * What an encoded key begins with, in the order of the types (docs/format/run-format.md).
 *
 * DO NOT CHANGE: the tags are on disk.
 */
export const TAG_VOID = 0x01
export const TAG_FALSE = 0x02
export const TAG_TRUE = 0x03
export const TAG_LONG = 0x04
export const TAG_DOUBLE = 0x05
export const TAG_STRING = 0x06
export const TAG_BIGINT = 0x07
export const TAG_BYTES = 0x08
export const TAG_TUPLE = 0x09
export const TAG_STRUCT = 0x0a

/** After the last element of a tuple, after the last field of a struct, after the name of a field: below every tag and letter. */
export const END = 0x00

/** After a 0x00 in text or bytes: 0xFF for a zero of its own, 0x01 for the end. */
export const ESCAPED_ZERO = 0xff
export const END_OF_TEXT = 0x01
