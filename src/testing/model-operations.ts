/** What the model test does to values, maps, lists, reducing and aggregating state, and to snapshots. */
import { deepEqual, equal } from 'node:assert/strict'
import { type MergingState, type Namespace, VOID_NAMESPACE } from '../state/namespace.js'
import type { ModelOperations } from './model-operation.js'
import { placeOf, textOf } from './oracle.js'

/** Values, and what most kinds have. */
export const VALUES: ModelOperations = {
  readValue: {
    weight: 10,
    play(board) {
      const { state, at } = board.open(board.draw.valueName())
      deepEqual(state.value(), board.oracle.get(at))
    },
  },
  updateValue: {
    weight: 20,
    play(board) {
      const { state, at } = board.open(board.draw.valueName())
      const value = board.draw.value()
      state.update(value)
      board.oracle.set(at, value)
    },
  },
  clear: {
    weight: 14,
    play(board) {
      const { state, at } = board.open(board.draw.clearedName())
      state.clear()
      board.oracle.set(at, undefined)
    },
  },
}

/** Maps. */
export const MAPS: ModelOperations = {
  readMap: {
    weight: 10,
    play(board) {
      const { state, at } = board.open(board.draw.mapName())
      const mapKey = board.draw.mapKey()
      const expected = board.oracle.map(at)
      deepEqual(state.get(mapKey), expected.get(mapKey))
      equal(state.contains(mapKey), expected.has(mapKey))
      equal(state.isEmpty(), expected.size === 0)
      deepEqual(new Map(state.entries()), expected)
    },
  },
  putEntry: {
    weight: 22,
    play(board) {
      const { state, at } = board.open(board.draw.mapName())
      const [mapKey, value] = [board.draw.mapKey(), board.draw.value()]
      state.put(mapKey, value)
      board.oracle.setEntry(at, [mapKey, value])
    },
  },
  removeEntry: {
    weight: 10,
    play(board) {
      const { state, at } = board.open(board.draw.mapName())
      const mapKey = board.draw.mapKey()
      state.remove(mapKey)
      board.oracle.setEntry(at, [mapKey, undefined])
    },
  },
  clearMap: {
    weight: 4,
    play(board) {
      const { state, at } = board.open(board.draw.mapName())
      state.clear()
      board.oracle.set(at, undefined)
    },
  },
  changeWhileIterating: {
    weight: 2,
    play(board) {
      const { state, at } = board.open(board.draw.mapName())
      const clearsAt = board.draw.below(20)
      let reached = 0
      for (const [mapKey] of state.entries()) {
        const value = board.draw.below(3) === 0 ? board.draw.value() : undefined
        if (reached++ === clearsAt) {
          state.clear()
          board.oracle.set(at, undefined)
        }
        state.put(mapKey, value)
        board.oracle.setEntry(at, [mapKey, value])
      }
    },
  },
}

/** Lists. */
export const LISTS: ModelOperations = {
  readList: {
    weight: 7,
    play(board) {
      const { state, at } = board.open(board.draw.listName())
      deepEqual(state.get(), board.oracle.list(at))
    },
  },
  addElement: {
    weight: 14,
    play(board) {
      const { state, at } = board.open(board.draw.listName())
      const value = board.draw.value()
      state.add(value)
      board.oracle.set(at, [...board.oracle.list(at), value])
    },
  },
  addElements: {
    weight: 4,
    play(board) {
      const { state, at } = board.open(board.draw.listName())
      const elements = board.draw.elements()
      state.addAll(elements)
      board.oracle.set(at, [...board.oracle.list(at), ...elements])
    },
  },
  updateList: {
    weight: 4,
    play(board) {
      const { state, at } = board.open(board.draw.listName())
      const elements = board.draw.elements()
      state.update(elements)
      board.oracle.set(at, elements)
    },
  },
  mergeLists: {
    weight: 2,
    play(board) {
      const [target, ...sources] = board.draw.namespaces()
      const name = board.draw.listName()
      const { state, at } = board.open(name, undefined, target)
      const others = [...new Set(sources)].filter((one) => one !== target)
      ;(state as unknown as MergingState).mergeNamespaces(target, sources)
      const places = others.map((one) => placeOf(name, at.key, one))
      const moved = places.flatMap((place) => board.oracle.list(place))
      board.oracle.set(at, [...board.oracle.list(at), ...moved])
      for (const place of places) board.oracle.set(place, undefined)
    },
  },
}

/** Reducing and aggregating state. */
export const FOLDS: ModelOperations = {
  addToReducing: {
    weight: 8,
    play(board) {
      const { state, at } = board.open('reducing')
      const added = board.draw.below(1000)
      state.add(added)
      const before = board.oracle.get(at)
      board.oracle.set(at, before === undefined ? added : `${String(before)} ${added}`)
      equal(state.get(), board.oracle.get(at))
    },
  },
  addToAggregating: {
    weight: 8,
    play(board) {
      const { state, at } = board.open('aggregating')
      const added = board.draw.below(1000)
      state.add(added)
      const [count = '0', all] = String(board.oracle.get(at) ?? '0').split(': ')
      const joined = all === undefined ? added : `${all} ${added}`
      board.oracle.set(at, `${Number(count) + 1}: ${joined}`)
      equal(state.get(), board.oracle.get(at))
    },
  },
  mergeReducing: {
    weight: 2,
    play(board) {
      const [target, ...sources] = board.draw.namespaces()
      const { state, at } = board.open('reducing', undefined, target)
      ;(state as unknown as MergingState).mergeNamespaces(target, sources)
      const all = [...new Set<Namespace>([target, ...sources])]
      const places = all.map((one) => placeOf('reducing', at.key, one))
      const held = places.map((place) => board.oracle.get(place)).filter((one) => one !== undefined)
      for (const place of places) board.oracle.set(place, undefined)
      board.oracle.set(at, held.length > 1 ? held.map(String).join(' ') : held[0])
    },
  },
}

/** Snapshots and restores, and which keys there are. */
export const BARRIERS: ModelOperations = {
  stepSnapshot: { weight: 80, play: (board) => board.stepSnapshot() },
  abandonSnapshot: { weight: 2, play: (board) => board.abandonSnapshot() },
  restore: { weight: 1, play: (board) => board.restore() },
  goBack: { weight: 0.5, play: (board) => board.goBack() },
  compareKeys: {
    weight: 1,
    play({ harness, ages, oracle }) {
      const expected = new Set(ages.present(oracle).map(({ at }) => textOf(at.key)))
      const listed = harness.keys().map(textOf)
      equal(listed.length, expected.size)
      deepEqual(new Set(listed), expected)
    },
  },
  visitKeys: {
    weight: 0.5,
    play({ harness, oracle, draw }) {
      const name = draw.listName()
      const visited = harness.backends.flatMap((backend) =>
        Array.from(backend.keysOf(name, VOID_NAMESPACE), ([key]) => textOf(key)),
      )
      const expected = [...oracle.places()].filter(
        ({ at }) => at.name === name && at.namespace === VOID_NAMESPACE,
      )
      deepEqual(new Set(visited), new Set(expected.map(({ at }) => textOf(at.key))))
      equal(visited.length, expected.length)
    },
  },
}
