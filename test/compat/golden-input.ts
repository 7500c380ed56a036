/**
 * What the golden files hold: the changes between their checkpoints, and what those come to by plain maps.
 * `scripts/golden.ts` makes the files from it. Fixed for good once files are committed.
 */
import { createHash } from 'node:crypto'
import { seededRandom } from '../../src/base/random.js'
import type { Key, KeyType } from '../../src/state/key.js'

/** The job all golden files belong to. */
export const JOB = 'golden'

/** One keyed step. Each has a value state `total` and a map state `parts`. */
export interface GoldenOperator {
  readonly uid: string
  readonly keyType: KeyType
  readonly maxParallelism: number
}

/** One for each type of key. */
export const OPERATORS: readonly GoldenOperator[] = [
  { uid: 'by-boolean', keyType: 'boolean', maxParallelism: 2 },
  { uid: 'by-double', keyType: 'double', maxParallelism: 128 },
  { uid: 'by-long', keyType: 'long', maxParallelism: 32_768 },
  { uid: 'by-string', keyType: 'string', maxParallelism: 128 },
]

/** One change of the state of one key. */
export type Change = { readonly uid: string; readonly key: Key } & (
  | { readonly do: 'set'; readonly value: unknown }
  | { readonly do: 'unset' }
  | { readonly do: 'put'; readonly mapKey: Key; readonly value: unknown }
  | { readonly do: 'remove'; readonly mapKey: Key }
  | { readonly do: 'clear' }
)

function change(uid: string, key: Key) {
  return {
    set: (value: unknown): Change => ({ uid, key, do: 'set', value }),
    unset: (): Change => ({ uid, key, do: 'unset' }),
    put: (mapKey: Key, value: unknown): Change => ({ uid, key, do: 'put', mapKey, value }),
    remove: (mapKey: Key): Change => ({ uid, key, do: 'remove', mapKey }),
    clear: (): Change => ({ uid, key, do: 'clear' }),
  }
}

const bool = (key: boolean) => change('by-boolean', key)
const double = (key: number) => change('by-double', key)
const long = (key: number) => change('by-long', key)
const text = (key: string) => change('by-string', key)

/** Bytes that do not compress, so that a run of them becomes a file. */
function noise(seed: number, length: number): Uint8Array {
  const random = seededRandom(seed)
  return Uint8Array.from({ length }, () => Math.floor(random.next() * 256))
}

/** Every form a value can take, under map keys of every type. */
const VALUES: readonly (readonly [Key, unknown])[] = [
  ['null', null],
  ['false', false],
  ['integers', [0, 127, 128, 65_535, 65_536, 4_294_967_295, 4_294_967_296, -1, -32, -33, -32_769]],
  ['floats', [0.1, -1.5, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN]],
  ['texts', ['', 'a', 'é 日本 😀', 'x'.repeat(32), 'y'.repeat(300)]],
  ['object', { a: 1, b: { c: [true, undefined] } }],
  ['bigints', [5n, -5n, 2n ** 63n, 2n ** 70n, -(2n ** 70n)]],
  ['dates', [new Date(0), new Date(1_500_000_000_123), new Date(8_589_934_592_123), new Date(-1)]],
  ['set', new Set([1, 'one'])],
  ['map', new Map<unknown, unknown>([[1, new Map([['deep', 2]])]])],
  ['arrays', [Uint8Array.of(1, 2, 3), Float64Array.of(1.5), Int16Array.of(1, -1)]],
  [1, 'a long'],
  [-1, 2_147_483_648],
  [0.5, -0.25],
  [true, -2_147_483_648],
  ['', Number.MAX_SAFE_INTEGER],
]

const TEXT_KEYS = ['', 'a', 'a\0', 'a\0b', 'a\u0001', 'ab', 'é', '日本', '😀', '\ud800', '\uffff']
const LONG_KEYS = [0, 1, -1, 4_294_967_296, Number.MAX_SAFE_INTEGER, -Number.MAX_SAFE_INTEGER]
const DOUBLE_KEYS = [
  0.5,
  -0.5,
  3,
  1e300,
  -1e-300,
  5e-324,
  1e21,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
]
const NOISE_KEYS = Array.from({ length: 8 }, (_, i) => 100 + i)

/** Every kind of key and value; small, so that the run is kept in the manifest. */
const FIRST: readonly Change[] = [
  bool(true).set(1),
  bool(false).set(0),
  bool(true).put(1, 'one'),
  ...DOUBLE_KEYS.map((key, i) => double(key).set(i / 4)),
  double(0.5).put(0.5, 'half'),
  double(0.5).put(1, 'whole'),
  ...LONG_KEYS.map((key, i) => long(key).set(i)),
  ...[1, 2, 3].map((mapKey) => long(7).put(mapKey, mapKey * 10)),
  ...TEXT_KEYS.map((key) => text(key).set(key.length)),
  ...VALUES.map(([mapKey, value]) => text('values').put(mapKey, value)),
]

/** Too large for a manifest: a file, the run before merged in. It overwrites, deletes, clears; has large blocks. */
const LARGE: readonly Change[] = [
  ...NOISE_KEYS.map((key) => long(key).set(noise(key, 2050))),
  bool(false).unset(),
  double(0.5).remove(1),
  long(0).unset(),
  long(1).set('replaced'),
  long(7).clear(),
  long(7).put(4, 'after the clear'),
  text('a').unset(),
  text('values').remove('set'),
  text('values').put('long', 'z'.repeat(20_000)),
]

/** On top of the file: those of the aborted checkpoint, then its own. */
const SECOND: readonly Change[] = [
  bool(false).set('again'),
  double(3).unset(),
  long(8).put('kept', 1),
  text('a').set('back'),
  bool(true).clear(),
  double(0.5).clear(),
  double(0.5).put(2, 'after the clear'),
  long(100).unset(),
  long(101).set('small now'),
  long(7).remove(4),
  long(7).put(1, 'back'),
  text('a\0').unset(),
  text('values').put('null', 'not null'),
]

/** Left behind by an owner that went back: in no later checkpoint. */
export const ABANDONED: readonly Change[] = [
  long(1).set('abandoned'),
  long(9).set('abandoned'),
  text('values').clear(),
  text('日本').unset(),
]

/** After going back. */
const THIRD: readonly Change[] = [
  bool(true).put(2, 'two'),
  bool(false).unset(),
  double(Number.POSITIVE_INFINITY).unset(),
  long(1).set(1.5),
  long(7).clear(),
  long(8).remove('kept'),
  text('').set(Number.NEGATIVE_INFINITY),
  text('values').remove('floats'),
]

/** An entry of the golden log. */
export interface GoldenEntry {
  readonly number: number
  readonly kind: 'claim' | 'checkpoint' | 'abort'
  readonly epoch: number
  readonly collected: number
  /** The checkpoint it goes on from; 0: nothing. */
  readonly from: number
  readonly changes: readonly Change[]
}

/** With three checkpoints retained, so that 1 to 3 are gone at the end. */
export const GOLDEN_LOG: readonly GoldenEntry[] = [
  { number: 1, kind: 'claim', epoch: 1, collected: 0, from: 0, changes: [] },
  { number: 2, kind: 'checkpoint', epoch: 1, collected: 0, from: 0, changes: FIRST },
  { number: 3, kind: 'checkpoint', epoch: 1, collected: 0, from: 2, changes: LARGE },
  { number: 4, kind: 'abort', epoch: 1, collected: 0, from: 3, changes: [] },
  { number: 5, kind: 'checkpoint', epoch: 1, collected: 0, from: 3, changes: SECOND },
  { number: 6, kind: 'claim', epoch: 2, collected: 0, from: 5, changes: [] },
  { number: 7, kind: 'checkpoint', epoch: 2, collected: 2, from: 5, changes: ABANDONED },
  { number: 8, kind: 'claim', epoch: 3, collected: 2, from: 5, changes: [] },
  { number: 9, kind: 'checkpoint', epoch: 3, collected: 2, from: 5, changes: THIRD },
  { number: 10, kind: 'checkpoint', epoch: 3, collected: 3, from: 9, changes: [] },
]

/** The checkpoints one can go back to, newest first. */
export const HISTORY: readonly number[] = [10, 9, 5]

/** What a checkpoint of the golden log holds. */
export function contentsAt(checkpoint: number): Contents {
  const entry = GOLDEN_LOG.find((one) => one.number === checkpoint)
  return entry === undefined ? new Map() : applied(contentsAt(entry.from), entry.changes)
}

/** The operator of this uid. */
export function operatorOf(uid: string): GoldenOperator {
  const found = OPERATORS.find((one) => one.uid === uid)
  if (found === undefined) throw new Error(`there is no operator ${uid}`)
  return found
}

/** The state of one key. What is empty is not there. */
export interface KeyContents {
  total?: unknown
  readonly parts: Map<Key, unknown>
}

/** By operator, then by key. */
export type Contents = ReadonlyMap<string, ReadonlyMap<Key, KeyContents>>

/** What `changes` make of `before`, which stays as it is. */
export function applied(before: Contents, changes: readonly Change[]): Contents {
  const after = new Map<string, Map<Key, KeyContents>>()
  for (const { uid } of OPERATORS) {
    const keys = [...(before.get(uid) ?? [])]
    after.set(uid, new Map(keys.map(([key, one]) => [key, { ...one, parts: new Map(one.parts) }])))
  }
  for (const one of changes) {
    const keys = after.get(one.uid) as Map<Key, KeyContents>
    const contents: KeyContents = keys.get(one.key) ?? { parts: new Map() }
    keys.set(one.key, contents)
    if (one.do === 'set') contents.total = one.value
    if (one.do === 'unset') delete contents.total
    if (one.do === 'put') contents.parts.set(one.mapKey, one.value)
    if (one.do === 'remove') contents.parts.delete(one.mapKey)
    if (one.do === 'clear') contents.parts.clear()
    if (contents.total === undefined && contents.parts.size === 0) keys.delete(one.key)
  }
  return after
}

/** Contents as JSON: by operator a list of keys with `total` and `parts`, sorted by their JSON. */
export function shown(contents: Contents): Record<string, unknown[]> {
  const bySame = (a: unknown, b: unknown): number =>
    JSON.stringify(a) < JSON.stringify(b) ? -1 : 1
  const keyShown = ([key, { total, parts }]: [Key, KeyContents]): unknown => ({
    key: shownValue(key),
    ...(total === undefined ? {} : { total: shownValue(total) }),
    ...(parts.size === 0
      ? {}
      : { parts: [...parts].map((part) => part.map(shownValue)).sort(bySame) }),
  })
  return Object.fromEntries(
    OPERATORS.map(({ uid }) => [uid, [...(contents.get(uid) ?? [])].map(keyShown).sort(bySame)]),
  )
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** A value as JSON; what JSON has no word for becomes an object with one member that begins with `$`. */
export function shownValue(value: unknown): unknown {
  if (typeof value === 'number' && (!Number.isFinite(value) || Object.is(value, -0))) {
    return { $number: Object.is(value, -0) ? '-0' : String(value) }
  }
  if (typeof value === 'string' && value.length > 100) {
    return { $text: value.slice(0, 10), length: value.length, sha256: sha256(Buffer.from(value)) }
  }
  if (typeof value === 'bigint') return { $bigint: String(value) }
  if (value === undefined) return { $undefined: true }
  if (value instanceof Date) return { $date: value.getTime() }
  if (value instanceof Set) return { $set: [...value].map(shownValue) }
  if (value instanceof Map) return { $map: [...value].map((pair) => pair.map(shownValue)) }
  if (Array.isArray(value)) return value.map(shownValue)
  if (ArrayBuffer.isView(value)) {
    const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
    return { $array: value.constructor.name, bytes: bytes.length, sha256: sha256(bytes) }
  }
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, shownValue(one)]))
}
