/**
 * A second reader of checkpoints, written from docs/format/ alone: it imports nothing of src. That the tests read
 * every golden file with it proves that the pages are enough. This part reads log entries
 * (docs/format/manifest-format.md) and what they hold; runs, row keys and values are in the files beside it.
 */
import { createHash } from 'node:crypto'
import { demand } from './reader-cursor.js'
import { keyGroupOf } from './reader-hash.js'
import { type Key, readRowKey } from './reader-keys.js'
import { type ReadRow, type ReadSection, readRun } from './reader-run.js'
import { readValue } from './reader-values.js'

/** The members of an entry that this reader uses, as they are in the JSON. */
export interface ReadEntry {
  readonly kind: 'claim' | 'checkpoint' | 'abort'
  readonly job: string
  readonly number: number
  readonly collected: number
  readonly keyHash: string
  readonly content: {
    readonly checkpoint: number
    readonly sources: Readonly<Record<string, { records: number; at?: unknown }>>
    readonly sinks: Readonly<Record<string, readonly unknown[]>>
    readonly operators: Readonly<Record<string, ReadOperator>>
    readonly runs: readonly { path: string; sizeBytes: number; sha256: string; inline?: string }[]
  }
}

interface ReadStateRecord {
  readonly kind: string
  readonly schemas: readonly { readonly number: number; readonly serializer: string }[]
  readonly since?: number
}

interface ReadOperator {
  readonly maxParallelism: number
  readonly keyType: string
  readonly states: Readonly<Record<string, ReadStateRecord>>
  readonly runs: readonly { run: string; order: number; first: number; last: number }[]
}

/** Reads the log entry of this number. Its members are taken as they are: the digest says who wrote them. */
export function readEntry(file: Uint8Array, number: number): ReadEntry {
  demand(file.length >= 66 && file.length <= 67_108_864, 'the size of an entry')
  const body = file.subarray(0, -65)
  demand(
    Buffer.from(file.subarray(-65)).toString('latin1') === `${sha256(body)}\n`,
    'the digest of an entry',
  )
  const entry = JSON.parse(new TextDecoder().decode(body))
  demand(entry.format === 1 && entry.draft === 2, 'another format', 'NEWER_FORMAT')
  demand(entry.number === number, 'the number of an entry')
  return entry
}

/** The entries that count, newest first. `entries` ascend. */
export function historyOf(entries: readonly ReadEntry[]): ReadEntry[] {
  let below = Number.POSITIVE_INFINITY
  let boundary = 0
  const counting: ReadEntry[] = []
  for (const entry of entries.toReversed()) {
    if (entry.number <= boundary) break
    boundary = Math.max(boundary, entry.collected)
    if (entry.number >= below) continue
    below = entry.kind === 'claim' ? entry.content.checkpoint + 1 : entry.number
    counting.push(entry)
  }
  return counting
}

/** A value that is alive in a checkpoint. */
export interface ReadState {
  readonly operator: string
  readonly state: string
  readonly key: Key
  /** Of an entry of a map state. */
  readonly mapKey: Key | undefined
  readonly value: unknown
}

/** Everything an entry's content holds. `file` gives the bytes of a run. */
export function readContents(entry: ReadEntry, file: (path: string) => Uint8Array): ReadState[] {
  const runs = new Map<string, readonly ReadSection[]>()
  for (const { path, sizeBytes, sha256: digest, inline } of entry.content.runs) {
    const bytes = inline === undefined ? file(path) : Buffer.from(inline, 'base64')
    demand(bytes.length === sizeBytes && sha256(bytes) === digest, `${path} is another run`)
    runs.set(path, readRun(bytes))
  }
  return Object.entries(entry.content.operators).flatMap(([uid, operator]) =>
    Object.entries(operator.states).flatMap(([state, { schemas, since = 0 }]) => {
      const counting = operator.runs.filter(({ order }) => order >= since)
      const newestFirst = counting.toSorted((a, b) => b.order - a.order)
      const chain = newestFirst.map(({ run, first, last }) => {
        const sections = runs.get(run) ?? []
        const section = sections.find((one) => one.operator === uid && one.state === state)
        const rows = (section?.rows ?? []).filter(
          ({ keyGroup }) => keyGroup >= first && keyGroup <= last,
        )
        return new Map(rows.map((row) => [row.hex, row]))
      })
      const numbers = schemas.map(({ number, serializer }) => {
        demand(serializer === 'msgpack-1', 'a serializer this reader does not know')
        return number
      })
      return alive(chain, operator, numbers).map((one) => ({ operator: uid, state, ...one }))
    }),
  )
}

/** The rows of one state by row key in hex, newest run first. */
export type Chain = readonly ReadonlyMap<string, ReadRow>[]

function alive(
  chain: Chain,
  operator: ReadOperator,
  schemas: readonly number[],
): Omit<ReadState, 'operator' | 'state'>[] {
  return [...new Set(chain.flatMap((run) => [...run.keys()]))].flatMap((id) => {
    const { key, mapKey, keyGroup, prefixLength } = readRowKey(Buffer.from(id, 'hex'))
    const expected = keyGroupOf(key, operator.keyType, operator.maxParallelism)
    demand(keyGroup === expected, `a key in key group ${keyGroup}`)
    const value = lookUp(chain, id, id.slice(0, 2 * prefixLength))
    return value === undefined ? [] : [{ key, mapKey, value: readValue(value, schemas) }]
  })
}

/** "Merging runs", for one row key: what it comes to, if anything. */
export function lookUp(chain: Chain, id: string, prefix: string): Uint8Array | undefined {
  const operands: Uint8Array[] = []
  let base: Uint8Array | undefined
  for (const run of chain) {
    const row = run.get(id)
    if (row?.kind === 'put') base = row.value
    if (row?.kind === 'append') operands.unshift(row.value)
    if (row !== undefined && row.kind !== 'append') break
    if (run.get(prefix)?.kind === 'clear') break
  }
  if (base === undefined && operands.length === 0) return undefined
  return Buffer.concat([...(base === undefined ? [] : [base]), ...operands])
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
