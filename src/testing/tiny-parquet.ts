/**
 * Writes Parquet files for tests: flat columns, one uncompressed PLAIN page per column and row group, and
 * nothing a reader could do without. The format: https://parquet.apache.org/docs/file-format/.
 */

import { defined } from '../base/assert.js'
import { ByteWriter } from '../base/bytes.js'

/** A column. Timestamps are bigints of their unit, dates are days. */
export interface TinyColumn {
  readonly name: string
  readonly type: TinyType
  /** Whether values may be null. Default `false`. */
  readonly optional?: boolean
}

/** What a column holds. */
export type TinyType =
  | 'boolean'
  | 'int32'
  | 'date'
  | 'int64'
  | 'milliseconds'
  | 'microseconds'
  | 'double'
  | 'text'
  | 'bytes'

/** Parquet's number of the physical type, and of the converted type if there is one. */
const TYPES: Readonly<Record<TinyType, readonly [type: number, converted?: number]>> = {
  boolean: [0],
  int32: [1],
  date: [1, 6],
  int64: [2],
  milliseconds: [2, 9],
  microseconds: [2, 10],
  double: [5],
  text: [6, 0],
  bytes: [7],
}

/** Length of every value of type `bytes`. */
const BYTES_LENGTH = 4

/** The rows of one row group. */
export type TinyRows = readonly Readonly<Record<string, unknown>>[]

/** The bytes of a file with these row groups. */
export function tinyParquet(
  columns: readonly TinyColumn[],
  groups: readonly TinyRows[],
): Uint8Array<ArrayBuffer> {
  const out = new ByteWriter()
  out.put(MAGIC)
  const rowGroups = groups.map((rows) => rowGroup(out, columns, rows))
  const footer = out.length
  struct(out, [
    [1, { i32: 1 }],
    [2, { list: [root(columns), ...columns.map(schemaElement)] }],
    [3, { i64: groups.reduce((sum, rows) => sum + rows.length, 0) }],
    [4, { list: rowGroups }],
  ])
  out.u32(out.length - footer)
  out.put(MAGIC)
  return out.copy()
}

const MAGIC = new TextEncoder().encode('PAR1')

function root(columns: readonly TinyColumn[]): Thrift {
  return {
    struct: [
      [4, { text: 'root' }],
      [5, { i32: columns.length }],
    ],
  }
}

function schemaElement({ name, type, optional }: TinyColumn): Thrift {
  const [physical, converted] = TYPES[type]
  const fields: Field[] = [[1, { i32: physical }]]
  if (type === 'bytes') fields.push([2, { i32: BYTES_LENGTH }])
  fields.push([3, { i32: optional ? 1 : 0 }], [4, { text: name }])
  if (converted !== undefined) fields.push([6, { i32: converted }])
  return { struct: fields }
}

function rowGroup(out: ByteWriter, columns: readonly TinyColumn[], rows: TinyRows): Thrift {
  const start = out.length
  const chunks = columns.map((column) =>
    columnChunk(
      out,
      column,
      rows.map((row) => row[column.name]),
    ),
  )
  return {
    struct: [
      [1, { list: chunks }],
      [2, { i64: out.length - start }],
      [3, { i64: rows.length }],
    ],
  }
}

function columnChunk(out: ByteWriter, column: TinyColumn, values: readonly unknown[]): Thrift {
  const start = out.length
  const page = pageOf(column, values)
  const header: Field[] = [
    [1, { i32: values.length }],
    [2, { i32: 0 }],
    [3, { i32: 3 }],
    [4, { i32: 3 }],
  ]
  struct(out, [
    [1, { i32: 0 }],
    [2, { i32: page.length }],
    [3, { i32: page.length }],
    [5, { struct: header }],
  ])
  out.put(page)
  const size = { i64: out.length - start }
  const metadata: Field[] = [
    [1, { i32: TYPES[column.type][0] }],
    [2, { list: [{ i32: 0 }, { i32: 3 }] }],
    [3, { list: [{ text: column.name }] }],
    [4, { i32: 0 }],
    [5, { i64: values.length }],
    [6, size],
    [7, size],
    [9, { i64: start }],
  ]
  return {
    struct: [
      [2, { i64: start }],
      [3, { struct: metadata }],
    ],
  }
}

function pageOf({ type, optional }: TinyColumn, values: readonly unknown[]): Uint8Array {
  const page = new ByteWriter()
  if (optional) {
    const levels = bits(values.map((value) => value !== null))
    const run = new ByteWriter()
    run.varint(levels.length * 2 + 1)
    run.put(levels)
    page.u32(run.length)
    page.put(run.view())
  }
  const present = optional ? values.filter((value) => value !== null) : values
  if (type === 'boolean') page.put(bits(present))
  else for (const value of present) plain(page, type, value)
  return page.view()
}

function plain(page: ByteWriter, type: TinyType, value: unknown): void {
  const bytes = new DataView(new ArrayBuffer(8))
  if (type === 'text') {
    const text = new TextEncoder().encode(String(value))
    page.u32(text.length)
    page.put(text)
  } else if (value instanceof Uint8Array) {
    page.put(value)
  } else if (typeof value === 'bigint') {
    bytes.setBigInt64(0, value, true)
    page.put(new Uint8Array(bytes.buffer))
  } else if (type === 'double') {
    bytes.setFloat64(0, Number(value), true)
    page.put(new Uint8Array(bytes.buffer))
  } else {
    bytes.setInt32(0, Number(value), true)
    page.put(new Uint8Array(bytes.buffer, 0, 4))
  }
}

/** Lowest bit first. */
function bits(values: readonly unknown[]): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(values.length / 8))
  for (const [i, value] of values.entries()) {
    if (value === true) bytes[i >> 3] = defined(bytes[i >> 3], 'a byte') | (1 << (i & 7))
  }
  return bytes
}

/** A value of Thrift's compact protocol; numbers are not negative. */
type Thrift =
  | { readonly i32: number }
  | { readonly i64: number }
  | { readonly text: string }
  | { readonly list: readonly Thrift[] }
  | { readonly struct: readonly Field[] }

/** A field's id and value; ids ascend. */
type Field = readonly [id: number, value: Thrift]

function typeOf(value: Thrift): number {
  if ('i32' in value) return 5
  if ('i64' in value) return 6
  if ('text' in value) return 8
  return 'list' in value ? 9 : 12
}

function struct(out: ByteWriter, fields: readonly Field[]): void {
  let before = 0
  for (const [id, value] of fields) {
    out.u8(((id - before) << 4) | typeOf(value))
    thrift(out, value)
    before = id
  }
  out.u8(0)
}

function thrift(out: ByteWriter, value: Thrift): void {
  if ('i32' in value) out.varint(value.i32 * 2)
  else if ('i64' in value) out.varint(value.i64 * 2)
  else if ('text' in value) out.text(value.text)
  else if ('struct' in value) struct(out, value.struct)
  else {
    const [first = { i32: 0 }] = value.list
    out.u8(0xf0 | typeOf(first))
    out.varint(value.list.length)
    for (const one of value.list) thrift(out, one)
  }
}
