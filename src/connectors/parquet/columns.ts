/**
 * Columns on their way from the decoder's thread: numbers as typed arrays, which are moved instead of copied,
 * text as a dictionary and indexes into it, anything else as it is.
 */

/** Some rows of one column. */
export type Column =
  | { readonly kind: 'numbers'; readonly values: Numbers; readonly nulls?: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'words'; readonly words: Words; readonly indexes: Uint32Array<ArrayBuffer> }
  | { readonly kind: 'plain'; readonly values: readonly unknown[] }

type Numbers = Float64Array<ArrayBuffer> | Int32Array<ArrayBuffer>
type Words = readonly (string | null)[]

/** How all rows of one column chunk are packed. */
type Packing = 'int32' | 'float64' | 'words' | 'plain'

/** Decoded values of one column chunk, as hyparquet has them: arrays and typed arrays, `undefined` for null. */
export type Values = ArrayLike<unknown>

/** A column chunk, ready to be packed. */
export interface Chunk {
  readonly name: string
  readonly values: Values
  readonly packing: Packing
}

/**
 * Looks at a whole column chunk, so that all of its rows get one type: INT64 becomes `number` if every value of
 * the chunk is a safe integer, and stays `bigint` otherwise.
 */
export function chunkOf(name: string, values: Values): Chunk {
  return { name, values, packing: packingOf(values) }
}

function packingOf(values: Values): Packing {
  if (onlyWords(values)) return 'words'
  let least = 0
  let most = 0
  let fraction = false
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? 0
    if (typeof value !== 'number' && typeof value !== 'bigint') return 'plain'
    const number = Number(value)
    // The nearest double of a bigint is safe only if the bigint is.
    if (typeof value === 'bigint' && !Number.isSafeInteger(number)) return 'plain'
    if (number < least) least = number
    else if (number > most) most = number
    if (number !== Math.floor(number) || Object.is(number, -0)) fraction = true
  }
  return fraction || least < INT32_MIN || most > INT32_MAX ? 'float64' : 'int32'
}

const INT32_MIN = -2_147_483_648
const INT32_MAX = 2_147_483_647

function onlyWords(values: Values): boolean {
  for (let i = 0; i < values.length; i++) {
    const value = values[i]
    if (typeof value !== 'string' && value !== null && value !== undefined) return false
  }
  return true
}

/** Packs the rows of a chunk from `start` to before `end`. */
export function packColumn({ values, packing }: Chunk, start: number, end: number): Column {
  switch (packing) {
    case 'int32':
      return packNumbers(values, start, new Int32Array(end - start))
    case 'float64':
      return packNumbers(values, start, new Float64Array(end - start))
    case 'words':
      return packWords(values, start, end)
    case 'plain':
      return {
        kind: 'plain',
        values: Array.from({ length: end - start }, (_, i) => plain(values[start + i])),
      }
  }
}

function packNumbers(values: Values, start: number, target: Numbers): Column {
  let nulls: Uint8Array<ArrayBuffer> | undefined
  for (let i = 0; i < target.length; i++) {
    const value = values[start + i]
    if (value === null || value === undefined) {
      nulls ??= new Uint8Array(target.length)
      nulls[i] = 1
    } else {
      target[i] = Number(value)
    }
  }
  return nulls === undefined
    ? { kind: 'numbers', values: target }
    : { kind: 'numbers', values: target, nulls }
}

function packWords(values: Values, start: number, end: number): Column {
  const indexes = new Uint32Array(end - start)
  const known = new Map<string | null, number>()
  for (let i = 0; i < indexes.length; i++) {
    const value = values[start + i]
    const word = typeof value === 'string' ? value : null
    let index = known.get(word)
    if (index === undefined) {
      index = known.size
      known.set(word, index)
    }
    indexes[i] = index
  }
  return { kind: 'words', words: [...known.keys()], indexes }
}

function plain(value: unknown): unknown {
  // A view would take the whole page it points into along.
  return value instanceof Uint8Array ? value.slice() : (value ?? null)
}

/** The memory a column can move to another thread. */
export function transferable(column: Column): ArrayBuffer[] {
  switch (column.kind) {
    case 'numbers':
      return column.nulls === undefined
        ? [column.values.buffer]
        : [column.values.buffer, column.nulls.buffer]
    case 'words':
      return [column.indexes.buffer]
    case 'plain':
      return []
  }
}
