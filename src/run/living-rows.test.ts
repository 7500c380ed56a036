import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ByteWriter } from '../base/bytes.js'
import { messagePack } from '../state/serializer.js'
import { newAges, rowAges, type StateAges } from '../state/state-ages.js'
import { StateCodec } from '../state/state-codec.js'
import { checkedTtl, Stamped } from '../state/ttl.js'
import { APPEND, CLEAR, DELETE, PUT, type Row, type RowKind } from './format.js'
import { livingRows } from './living-rows.js'
import { mergeRows } from './merge.js'

const HORIZON = 50
const AGES: StateAges = { ...newAges(checkedTtl({ time: 1 })), horizon: HORIZON }
const codec = new StateCodec(messagePack(), undefined, AGES)
const KEY = Uint8Array.of(0, 0, 4)

interface Drawn {
  readonly kind: RowKind
  readonly stamps: readonly number[]
}

const stamps = fc.array(fc.integer({ min: 40, max: 60 }), { minLength: 1, maxLength: 6 })

function listRow({ kind, stamps: drawn }: Drawn): Row {
  const out = new ByteWriter()
  if (kind === PUT || kind === APPEND) {
    for (const stamp of drawn) codec.writeOperand(new Stamped(`at ${stamp}`, stamp), out)
  }
  const timestamp = kind === PUT || kind === APPEND ? Math.max(...drawn) : undefined
  return { key: KEY, kind, timestamp, value: out.copy() }
}

function valueRow(stamp: number): Row {
  const out = new ByteWriter()
  codec.write(new Stamped('v', stamp), out)
  return { key: KEY, kind: PUT, timestamp: stamp, value: out.copy() }
}

async function merged(rows: readonly Row[], bottom: boolean, list = true): Promise<Row[]> {
  const cursors = rows.map((row) => {
    const batches: (readonly Row[])[] = [[row]]
    return { next: async () => batches.shift() }
  })
  const living = livingRows(rowAges(AGES, list))
  const out: Row[] = []
  for await (const batch of mergeRows(cursors, { bottom, living })) out.push(...batch)
  return out
}

const timesIn = (row: Row): number[] =>
  codec.readOperands(row.value).map((element) => (element as Stamped).timestamp)

describe('a merge that takes out what has expired', () => {
  it('leaves a tombstone of an expired value, at the bottom nothing, and one that lives as it is', async () => {
    for (const bottom of [false, true]) {
      const alive = valueRow(HORIZON + 1)
      expect(await merged([alive], bottom, false)).toEqual([alive])
      const kinds = (await merged([valueRow(HORIZON)], bottom, false)).map((row) => row.kind)
      expect(kinds).toEqual(bottom ? [] : [DELETE])
    }
    const tombstones = await merged([{ ...valueRow(0), kind: DELETE }], false, false)
    expect(tombstones.map((row) => row.kind)).toEqual([DELETE])
  })

  it('keeps of lists exactly the operands that live, whichever neighbours were merged before', async () => {
    const kind = fc.constantFrom(PUT, DELETE, APPEND, CLEAR)
    const drawn = fc.array(fc.record({ kind, stamps }), { minLength: 1, maxLength: 5 })
    await fc.assert(
      fc.asyncProperty(drawn, fc.nat(), async (rows, draw) => {
        const from = rows.findLastIndex((row) => row.kind !== APPEND)
        const counted = rows
          .slice(Math.max(0, from))
          .filter((row) => row.kind === PUT || row.kind === APPEND)
        const expected = counted.flatMap((row) => row.stamps).filter((stamp) => stamp > HORIZON)
        const runs = rows.map(listRow)
        const cut = draw % runs.length
        const partly = [
          ...(await merged(runs.slice(0, cut), false)),
          ...(await merged(runs.slice(cut, cut + 2), false)),
          ...runs.slice(cut + 2),
        ]
        for (const chain of [runs, partly]) {
          const last = (await merged(chain, true))[0]
          expect(last === undefined ? [] : timesIn(last)).toEqual(expected)
          if (last !== undefined) expect(last.timestamp).toBe(Math.max(...timesIn(last)))
        }
      }),
      { numRuns: 200 },
    )
  })

  it('drops a dead list by its own timestamp, whatever its bytes are', async () => {
    const garbage: Row = { key: KEY, kind: PUT, timestamp: HORIZON, value: Uint8Array.of(200, 1) }
    expect(await merged([garbage], true)).toEqual([])
  })

  it('gives a list no timestamp of its own that has operands without one', async () => {
    const plain = new StateCodec(messagePack())
    const out = new ByteWriter()
    plain.writeOperand('for good', out)
    const under: Row = { key: KEY, kind: PUT, timestamp: undefined, value: out.copy() }
    const rows: Row[] = []
    const cursors = [under, listRow({ kind: APPEND, stamps: [60] })].map((row) => {
      const batches: (readonly Row[])[] = [[row]]
      return { next: async () => batches.shift() }
    })
    for await (const batch of mergeRows(cursors, { bottom: true })) rows.push(...batch)
    expect(rows.map((row) => row.timestamp)).toEqual([undefined])
  })

  it('needs no look at rows where nothing can be dead', () => {
    expect(livingRows(rowAges(newAges(undefined), true))).toBeUndefined()
    expect(livingRows(rowAges(newAges(checkedTtl({ time: 5 })), false))).toBeUndefined()
  })
})
