/** What the model test does to ordered maps and time lists. Which order is right, the oracle says. */
import { deepEqual, equal } from 'node:assert/strict'
import type { Key } from '../state/key.js'
import type { MergingState } from '../state/namespace.js'
import type { ModelBoard } from './model-board.js'
import type { ModelOperations } from './model-operation.js'
import { type OraclePlace, placeOf } from './oracle.js'
import { orderOf, within } from './oracle-order.js'

type Entry = [Key, unknown]
type Timed = [number, unknown]

/** Ordered maps. */
export const ORDERED_MAPS: ModelOperations = {
  readOrdered: {
    weight: 6,
    play(board) {
      const { state, at } = board.open('ordered')
      const mapKey = board.draw.orderedKey()
      const expected = entriesAt(board, at)
      equal(state.isEmpty(), expected.length === 0)
      deepEqual(state.get(mapKey), board.oracle.map(at).get(mapKey))
      equal(state.contains(mapKey), board.oracle.map(at).has(mapKey))
      deepEqual([state.first(), state.last()], [expected[0], expected.at(-1)])
      deepEqual([...state.entries()], expected)
    },
  },
  readRange: {
    weight: 6,
    play(board) {
      const { state, at } = board.open('ordered')
      const range = board.draw.range(() => board.draw.orderedKey())
      deepEqual([...state.range(range)], within(entriesAt(board, at), keyIn, range))
    },
  },
  putOrdered: {
    weight: 22,
    play(board) {
      const { state, at } = board.open('ordered')
      const [mapKey, value] = [board.draw.orderedKey(), board.draw.value()]
      state.put(mapKey, value)
      board.oracle.setEntry(at, [mapKey, value])
    },
  },
  removeOrdered: {
    weight: 7,
    play(board) {
      const { state, at } = board.open('ordered')
      const mapKey = board.draw.orderedKey()
      state.remove(mapKey)
      board.oracle.setEntry(at, [mapKey, undefined])
    },
  },
  removeRange: {
    weight: 2,
    play(board) {
      const { state, at } = board.open('ordered')
      const range = board.draw.range(() => board.draw.orderedKey())
      state.removeRange(range)
      for (const [mapKey] of within(entriesAt(board, at), keyIn, range)) {
        board.oracle.setEntry(at, [mapKey, undefined])
      }
    },
  },
  clearOrdered: {
    weight: 1,
    play(board) {
      const { state, at } = board.open(board.draw.pick(['ordered', 'times']))
      state.clear()
      board.oracle.set(at, undefined)
    },
  },
  changeOrderedWhileIterating: {
    weight: 1,
    play(board) {
      const { state, at } = board.open('ordered')
      const range = board.draw.range(() => board.draw.orderedKey())
      const expected = within(entriesAt(board, at), keyIn, range)
      const reached: unknown[] = []
      for (const entry of state.range(range)) {
        reached.push(entry)
        const value = board.draw.below(2) === 0 ? board.draw.value() : undefined
        state.put(entry[0], value)
        board.oracle.setEntry(at, [entry[0], value])
      }
      deepEqual(reached, expected)
    },
  },
}

/** Time lists. */
export const TIME_LISTS: ModelOperations = {
  readTimes: {
    weight: 5,
    play(board) {
      const { state, at } = board.open('times')
      const expected = timesAt(board, at)
      equal(state.isEmpty(), expected.length === 0)
      deepEqual([state.first(), state.last()], [expected[0], expected.at(-1)])
      deepEqual([...state.entries()], expected)
      const range = board.draw.range(() => board.draw.listTime())
      deepEqual([...state.range(range)], within(expected, timeIn, range))
    },
  },
  addTimed: {
    weight: 16,
    play(board) {
      const { state, at } = board.open('times')
      const [time, value] = [board.draw.listTime(), board.draw.value()]
      state.add(time, value)
      board.oracle.set(at, afterAll(timesAt(board, at), [[time, value]]))
    },
  },
  removeTimes: {
    weight: 3,
    play(board) {
      const { state, at } = board.open('times')
      const range = board.draw.range(() => board.draw.listTime())
      state.removeRange(range)
      const all = timesAt(board, at)
      const removed = new Set(within(all, timeIn, range))
      board.oracle.set(
        at,
        all.filter((one) => !removed.has(one)),
      )
    },
  },
  mergeTimes: {
    weight: 2,
    play(board) {
      const [target, ...sources] = board.draw.namespaces()
      const { state, at } = board.open('times', undefined, target)
      const others = [...new Set(sources)].filter((one) => one !== target)
      ;(state as unknown as MergingState).mergeNamespaces(target, sources)
      const places = others.map((one) => placeOf('times', at.key, one))
      const moved = places.flatMap((place) => timesAt(board, place))
      board.oracle.set(at, afterAll(timesAt(board, at), moved))
      for (const place of places) board.oracle.set(place, undefined)
    },
  },
}

function keyIn([mapKey]: Entry): Key {
  return mapKey
}

function timeIn([time]: Timed): number {
  return time
}

function entriesAt(board: ModelBoard, at: OraclePlace): Entry[] {
  return [...board.oracle.map(at)].toSorted(([a], [b]) => orderOf(a, b))
}

function timesAt(board: ModelBoard, at: OraclePlace): Timed[] {
  return board.oracle.list(at) as Timed[]
}

/** In order of time; sorting keeps those of one time as they are. */
function afterAll(before: readonly Timed[], added: readonly Timed[]): Timed[] {
  return [...before, ...added].toSorted(([a], [b]) => a - b)
}
