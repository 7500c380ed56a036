/** What the model test does to state: each operation acts on the backend and the oracle, and compares what it reads. */
import { deepEqual, equal } from 'node:assert/strict'
import { type MergingState, type Namespace, VOID_NAMESPACE } from '../state/namespace.js'
import { stateAt } from './contents.js'
import type { ModelBoard } from './model-board.js'

/** An operation, and how often it comes, relative to the others. */
export interface ModelOperation {
  readonly weight: number
  play(board: ModelBoard): void | Promise<void>
}

const VALUES: Readonly<Record<string, ModelOperation>> = {
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

const MAPS: Readonly<Record<string, ModelOperation>> = {
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

const LISTS: Readonly<Record<string, ModelOperation>> = {
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
      const { state, at } = board.open(board.draw.listName(), undefined, target)
      const [name = ''] = at.state.split('@')
      const others = [...new Set(sources)].filter((one) => one !== target)
      ;(state as unknown as MergingState).mergeNamespaces(target, sources)
      const places = others.map((one) => ({ key: at.key, state: stateAt(name, one) }))
      const moved = places.flatMap((place) => board.oracle.list(place))
      board.oracle.set(at, [...board.oracle.list(at), ...moved])
      for (const place of places) board.oracle.set(place, undefined)
    },
  },
}

const FOLDS: Readonly<Record<string, ModelOperation>> = {
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
      const places = all.map((one) => ({ key: at.key, state: stateAt('reducing', one) }))
      const held = places.map((place) => board.oracle.get(place)).filter((one) => one !== undefined)
      for (const place of places) board.oracle.set(place, undefined)
      board.oracle.set(at, held.length > 1 ? held.map(String).join(' ') : held[0])
    },
  },
}

const BARRIERS: Readonly<Record<string, ModelOperation>> = {
  stepSnapshot: { weight: 30, play: (board) => board.stepSnapshot() },
  abandonSnapshot: { weight: 1, play: (board) => board.abandonSnapshot() },
  restore: { weight: 0.3, play: (board) => board.restore() },
  goBack: { weight: 0.15, play: (board) => board.goBack() },
  compareKeys: {
    weight: 1,
    play(board) {
      deepEqual(new Set(board.harness.keys()), new Set(board.oracle.contents().keys()))
    },
  },
  visitKeys: {
    weight: 0.5,
    play(board) {
      const name = board.draw.listName()
      const visited = board.harness.backends.flatMap((backend) =>
        Array.from(backend.keysOf(name, VOID_NAMESPACE), ([key]) => key),
      )
      const expected = [...board.oracle.contents()].filter(([, found]) => name in found)
      deepEqual(new Set(visited), new Set(expected.map(([key]) => key)))
      equal(visited.length, expected.length)
    },
  },
}

/** Every operation, by name. */
export const MODEL_OPERATIONS: Readonly<Record<string, ModelOperation>> = {
  ...VALUES,
  ...MAPS,
  ...LISTS,
  ...FOLDS,
  ...BARRIERS,
}
