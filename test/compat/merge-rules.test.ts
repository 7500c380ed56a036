/**
 * What no golden file holds yet, because no state writes it: APPEND rows and timestamps. Runs of random rows are
 * merged by the code and, after the rules of docs/format/run-format.md, by the second reader.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ByteWriter } from '../../src/base/bytes.js'
import { writeMapKey, writeRowPrefix } from '../../src/keygroup/row-key.js'
import { APPEND, CLEAR, DELETE, PUT, type Row, type RowKind } from '../../src/run/format.js'
import { mergeRows } from '../../src/run/merge.js'
import { memoryRun, RunReader } from '../../src/run/run-reader.js'
import { RunWriter } from '../../src/run/run-writer.js'
import { sortRows } from '../../src/run/sort.js'
import { lookUp } from './reader.js'
import { type ReadRow, readRun } from './reader-run.js'

const SECTION = { operator: 'op', state: 'lists' }
const ALL = { first: 0, last: 65_535 }
const KINDS = ['put', 'delete', 'append', 'clear'] as const

interface Drawn {
  readonly key: number
  /** `undefined`: a CLEAR. */
  readonly mapKey: number | undefined
  readonly kind: RowKind
  readonly timestamp: number | undefined
  readonly operand: string
}

const drawn: fc.Arbitrary<Drawn> = fc.record({
  key: fc.integer({ min: 0, max: 3 }),
  mapKey: fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined }),
  kind: fc.constantFrom(PUT, DELETE, APPEND),
  timestamp: fc.option(fc.integer({ min: 1 - 2 ** 52, max: 2 ** 52 - 1 }), { nil: undefined }),
  operand: fc.string({ maxLength: 4 }),
})

/** A run's rows: each row key once, CLEAR where there is no map key. */
const run = fc
  .uniqueArray(drawn, { minLength: 1, selector: (one) => `${one.key}/${one.mapKey}` })
  .map((rows) => rows.map(rowOf))

function rowOf({ key, mapKey, kind, timestamp, operand }: Drawn): Row {
  const out = new ByteWriter()
  writeRowPrefix(out, key % 2, key, 'long', undefined)
  if (mapKey !== undefined) writeMapKey(out, mapKey)
  const value = new ByteWriter()
  if (mapKey !== undefined && kind !== DELETE) value.text(operand)
  return {
    key: out.copy(),
    kind: mapKey === undefined ? CLEAR : kind,
    timestamp,
    value: value.copy(),
  }
}

function written(rows: readonly Row[]): Uint8Array {
  const writer = new RunWriter()
  writer.section(SECTION)
  for (const row of sortRows(rows)) writer.add(row)
  return new Uint8Array(Buffer.concat(writer.finish()?.chunks ?? []))
}

async function merged(runs: readonly Uint8Array[], bottom: boolean): Promise<Row[]> {
  const cursors = await Promise.all(
    runs.map(async (bytes) => {
      const reader = await RunReader.open(memoryRun(bytes, 'a drawn run'))
      const section = reader.section(SECTION)
      if (section === undefined) throw new Error('a run without its section')
      return reader.rows(section, ALL)
    }),
  )
  const rows: Row[] = []
  for await (const some of mergeRows(cursors, { bottom })) rows.push(...some)
  return rows
}

function sectionRows(bytes: Uint8Array): readonly ReadRow[] {
  return readRun(bytes).flatMap((section) => section.rows)
}

/** What the second reader finds, looking up every row key there is. */
function lookedUp(runs: readonly Uint8Array[]): Map<string, string> {
  const chain = runs
    .toReversed()
    .map((one) => new Map(sectionRows(one).map((row) => [row.hex, row])))
  const found = new Map<string, string>()
  // A prefix is the key group, a long and the void namespace: 2 + 9 + 1 bytes.
  for (const id of new Set(chain.flatMap((one) => [...one.keys()]))) {
    const value = lookUp(chain, id, id.slice(0, 24))
    if (value !== undefined) found.set(id, hex(value))
  }
  return found
}

describe('the rules of merging', () => {
  it('come to the same by the code and by the page, whichever neighbours were merged before', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(run, { minLength: 1, maxLength: 5 }),
        fc.nat(),
        async (rows, draw) => {
          const runs = rows.map(written)
          const expected = lookedUp(runs)
          const alive = await merged(runs, true)
          expect(new Map(alive.map((row) => [hex(row.key), hex(row.value)]))).toEqual(expected)
          const at = draw % runs.length
          const pair = written(await merged(runs.slice(at, at + 2), false))
          expect(lookedUp([...runs.slice(0, at), pair, ...runs.slice(at + 2)])).toEqual(expected)
        },
      ),
      { numRuns: 150 },
    )
  })

  it('begin with rows that both read alike, with kinds and timestamps', () => {
    fc.assert(
      fc.property(run, (rows) => {
        const there = sectionRows(written(rows))
        expect(there.map(({ hex: key, kind, timestamp }) => [key, kind, timestamp])).toEqual(
          sortRows(rows).map((row) => [hex(row.key), KINDS[row.kind], row.timestamp]),
        )
        expect(there.map((row) => hex(row.value))).toEqual(
          sortRows(rows).map((row) => hex(row.value)),
        )
      }),
      { numRuns: 100 },
    )
  })
})

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
