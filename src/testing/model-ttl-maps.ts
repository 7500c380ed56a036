/**
 * What the model test does to maps, ordered maps and time lists with a time to live: each entry expires by itself. What
 * reads in order never shows what has expired.
 */
import { deepEqual, equal } from 'node:assert/strict'
import type { Key } from '../state/key.js'
import type { ModelBoard } from './model-board.js'
import { checkMet, whole } from './model-contents.js'
import type { ModelOperations } from './model-operation.js'
import { byTime } from './model-ttl.js'
import type { OraclePlace } from './oracle.js'
import type { Aged, Met } from './oracle-ages.js'
import { orderOf, within } from './oracle-order.js'

const NAMES = ['ttlMap', 'ttlMap', 'ttlOrdered'] as const

/** Maps, ordered ones too. */
export const AGING_MAPS: ModelOperations = {
  getAgingEntry: {
    weight: 10,
    play(board) {
      const { state, at } = board.open(board.draw.pick(NAMES))
      const mapKey = board.draw.agingMapKey()
      const met = board.ages.read(board.oracle, at, entryAt(board, at, mapKey))
      checkMet(
        whole(state.get(mapKey)).map(([, value]) => [mapKey, value]),
        met,
      )
    },
  },
  hasAgingEntry: {
    weight: 6,
    play(board) {
      const { state, at } = board.open(board.draw.pick(NAMES))
      const mapKey = board.draw.agingMapKey()
      const entry = entryAt(board, at, mapKey)
      const met = board.ages.meet(at, entry)
      checkThere(state.contains(mapKey), met)
      if (met.living.length > 0) board.ages.read(board.oracle, at, entry)
    },
  },
  isAgingMapEmpty: {
    weight: 3,
    play(board) {
      const { state, at } = board.open(board.draw.pick(['ttlMap', 'ttlOrdered', 'ttlTimes']))
      checkThere(!state.isEmpty(), board.ages.meet(at, board.ages.all(board.oracle, at)))
    },
  },
  readAgingMap: {
    weight: 4,
    play(board) {
      const { state, at } = board.open('ttlMap')
      const { living, maybe } = board.ages.read(board.oracle, at)
      const read = [...state.entries()].toSorted(([a], [b]) => orderOf(a, b))
      checkMet(read, { living: living.toSorted(byMapKey), maybe })
    },
  },
  putAgingEntry: {
    weight: 22,
    play(board) {
      const { state, at } = board.open(board.draw.pick(NAMES))
      const [mapKey, value] = [board.draw.agingMapKey(), board.draw.newValue()]
      state.put(mapKey, value)
      const [before] = entryAt(board, at, mapKey)
      const timestamp = board.ages.stamp(at, before)
      const others = without(board, at, new Set(before && [before]))
      board.oracle.set(at, [...others, { at: mapKey, value, timestamp }].toSorted(byMapKey))
    },
  },
  removeAgingEntry: {
    weight: 5,
    play(board) {
      const { state, at } = board.open(board.draw.pick(NAMES))
      const mapKey = board.draw.agingMapKey()
      state.remove(mapKey)
      board.oracle.set(at, without(board, at, new Set(entryAt(board, at, mapKey))))
    },
  },
}

/** Ordered maps and time lists, in order. */
export const AGING_ORDERED: ModelOperations = {
  readAgingRange: {
    weight: 5,
    play(board) {
      const { state, at } = board.open('ttlOrdered')
      const range = board.draw.range(() => board.draw.agingMapKey())
      const parts = within(board.ages.living(board.oracle, at), mapKeyOf, range)
      deepEqual([...state.range(range)], parts.map(pair))
      board.ages.read(board.oracle, at, parts)
    },
  },
  readAgingEnds: {
    weight: 4,
    play(board) {
      const { state, at } = board.open(board.draw.pick(['ttlOrdered', 'ttlTimes']))
      const living = board.ages.living(board.oracle, at)
      const end = board.draw.below(2) === 0 ? 0 : -1
      deepEqual(
        end === 0 ? state.first() : state.last(),
        living.slice(end).slice(0, 1).map(pair)[0],
      )
      board.ages.read(board.oracle, at, living.slice(end).slice(0, 1))
    },
  },
  removeAgingRange: {
    weight: 2,
    play(board) {
      const { state, at } = board.open('ttlOrdered')
      const range = board.draw.range(() => board.draw.agingMapKey())
      state.removeRange(range)
      const parts = within(board.ages.living(board.oracle, at), mapKeyOf, range)
      board.oracle.set(at, without(board, at, new Set(parts)))
    },
  },
  addAgingTimed: {
    weight: 10,
    play(board) {
      const { state, at } = board.open('ttlTimes')
      const [time, value] = [board.draw.listTime(), board.draw.newValue()]
      state.add(time, value)
      const added = { at: time, value, timestamp: board.ages.stamp(at) }
      // Sorting keeps elements of one time as they are.
      board.oracle.set(at, [...board.ages.all(board.oracle, at), added].toSorted(byTime))
    },
  },
  readAgingTimes: {
    weight: 5,
    play(board) {
      const { state, at } = board.open('ttlTimes')
      const range = board.draw.range(() => board.draw.listTime())
      const parts = within(board.ages.living(board.oracle, at), timeOf, range)
      deepEqual([...state.range(range)], parts.map(pair))
      board.ages.read(board.oracle, at, parts)
    },
  },
  removeAgingTimes: {
    weight: 2,
    play(board) {
      const { state, at } = board.open('ttlTimes')
      const range = board.draw.range(() => board.draw.listTime())
      state.removeRange(range)
      const parts = within(board.ages.living(board.oracle, at), timeOf, range)
      board.oracle.set(at, without(board, at, new Set(parts)))
    },
  },
}

/** What expired may still be there, if it may be read once more; it stays. */
function checkThere(there: boolean, { living, maybe }: Met): void {
  if (living.length > 0 || maybe.length === 0) equal(there, living.length > 0)
}

function entryAt(board: ModelBoard, at: OraclePlace, mapKey: Key): Aged[] {
  return board.ages.all(board.oracle, at).filter((aged) => aged.at === mapKey)
}

function without(board: ModelBoard, at: OraclePlace, removed: ReadonlySet<Aged>): Aged[] {
  return board.ages.all(board.oracle, at).filter((aged) => !removed.has(aged))
}

function mapKeyOf(aged: Aged): Key {
  return aged.at as Key
}

function timeOf(aged: Aged): number {
  return aged.at as number
}

function byMapKey(a: Aged, b: Aged): number {
  return orderOf(a.at as Key, b.at as Key)
}

function pair({ at, value }: Aged): [unknown, unknown] {
  return [at, value]
}
