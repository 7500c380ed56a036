/**
 * What the model test does to state with a time to live: values, lists, reducing and aggregating state. What is written
 * is new each time, so that what is read says which write it is of.
 */
import { equal, throws } from 'node:assert/strict'
import { type MergingState, type Namespace, VOID_NAMESPACE } from '../state/namespace.js'
import type { ModelBoard } from './model-board.js'
import { checkMet, whole } from './model-contents.js'
import type { ModelOperations } from './model-operation.js'
import { type OraclePlace, placeOf } from './oracle.js'
import type { Aged } from './oracle-ages.js'

/** Values, and what all kinds have. */
export const AGING_VALUES: ModelOperations = {
  readAgingValue: {
    weight: 8,
    play(board) {
      const { state, at } = board.open('ttlValue')
      checkMet(whole(state.value()), board.ages.read(board.oracle, at))
    },
  },
  updateAgingValue: {
    weight: 12,
    play(board) {
      const { state, at } = board.open('ttlValue')
      const value = board.draw.below(8) === 0 ? undefined : board.draw.newValue()
      state.update(value)
      writeWhole(board, at, value)
    },
  },
  clearAging: {
    weight: 5,
    play(board) {
      const { state, at } = board.open(
        board.draw.pick([
          'ttlValue',
          'ttlReducing',
          'ttlAggregating',
          'ttlList',
          'ttlMap',
          'ttlOrdered',
          'ttlTimes',
        ]),
      )
      state.clear()
      board.oracle.set(at, undefined)
    },
  },
  writeWithoutTimestamp: {
    weight: 1,
    play(board) {
      const { clock } = board.harness
      const { timestamp } = clock
      const { state, at } = board.open('ttlValue')
      const list = board.open('ttlList', at.key, at.namespace)
      const map = board.open('ttlMap', at.key, at.namespace)
      const sum = board.open('ttlReducing', at.key, at.namespace)
      const value = board.draw.newValue()
      clock.timestamp = undefined
      const refused = { code: 'INVALID_STATE' }
      if (board.ages.isInEventTime(at)) throws(() => state.update(value), refused)
      if (board.ages.isInEventTime(list.at)) throws(() => list.state.add(value), refused)
      if (board.ages.isInEventTime(map.at)) throws(() => map.state.put('1', value), refused)
      if (board.ages.isInEventTime(sum.at)) throws(() => sum.state.add(value), refused)
      clock.timestamp = timestamp
    },
  },
}

/** Reducing and aggregating state: whole sums expire. */
export const AGING_FOLDS: ModelOperations = {
  readAgingFold: {
    weight: 5,
    play(board) {
      const { state, at } = board.open(board.draw.pick(['ttlReducing', 'ttlAggregating']))
      checkMet(whole(state.get()), board.ages.read(board.oracle, at))
    },
  },
  addToAgingReducing: {
    weight: 8,
    play(board) {
      const { state, at } = board.open('ttlReducing')
      const added = board.draw.newValue()
      state.add(added)
      const before = board.ages.living(board.oracle, at)[0]?.value
      writeWhole(board, at, before === undefined ? added : `${before} ${added}`)
    },
  },
  addToAgingAggregating: {
    weight: 8,
    play(board) {
      const { state, at } = board.open('ttlAggregating')
      const added = board.draw.newValue()
      state.add(added)
      const before = board.ages.living(board.oracle, at)[0]?.value
      const [count = '0', all] = String(before ?? '0').split(': ')
      writeWhole(
        board,
        at,
        `${Number(count) + 1}: ${all === undefined ? added : `${all} ${added}`}`,
      )
    },
  },
  mergeAgingReducing: {
    weight: 2,
    play(board) {
      const [target, ...sources] = board.draw.namespaces()
      const { state, at } = board.open('ttlReducing', undefined, target)
      ;(state as unknown as MergingState).mergeNamespaces(target, sources)
      const places = [...new Set<Namespace>([target, ...sources])].map((one) =>
        placeOf('ttlReducing', at.key, one),
      )
      const held = places.flatMap((place) => board.ages.living(board.oracle, place))
      if (held.length === 0) return
      for (const place of places) board.oracle.set(place, undefined)
      const value = held.length > 1 ? held.map((one) => one.value).join(' ') : held[0]?.value
      const timestamp = Math.max(...held.map((one) => one.timestamp))
      board.oracle.set(at, [{ at: undefined, value, timestamp }])
    },
  },
}

/** Lists: each element expires by itself. */
export const AGING_LISTS: ModelOperations = {
  readAgingList: {
    weight: 6,
    play(board) {
      const { state, at } = board.open('ttlList')
      const read = state.get().map((element) => [undefined, element] as const)
      checkMet(read, board.ages.read(board.oracle, at))
    },
  },
  addAgingElements: {
    weight: 12,
    play(board) {
      const { state, at } = board.open('ttlList')
      const elements = board.draw.newValues()
      if (elements.length === 1) state.add(elements[0])
      else state.addAll(elements)
      board.oracle.set(at, [...board.ages.all(board.oracle, at), ...written(board, at, elements)])
    },
  },
  updateAgingList: {
    weight: 3,
    play(board) {
      const { state, at } = board.open('ttlList')
      const elements = board.draw.newValues()
      state.update(elements)
      board.oracle.set(at, written(board, at, elements))
    },
  },
  mergeAgingLists: {
    weight: 2,
    play(board) {
      const name = board.draw.pick(['ttlList', 'ttlTimes'])
      const [target, ...sources] = board.draw.namespaces()
      const { state, at } = board.open(name, undefined, target)
      ;(state as unknown as MergingState).mergeNamespaces(target, sources)
      const others = [...new Set(sources)].filter((one) => one !== target)
      const places = others.map((one) => placeOf(name, at.key, one))
      const all = [at, ...places].flatMap((place) => board.ages.all(board.oracle, place))
      // Sorting keeps elements of one time as they are.
      board.oracle.set(at, name === 'ttlList' ? all : all.toSorted(byTime))
      for (const place of places) board.oracle.set(place, undefined)
    },
  },
  visitAgingKeys: {
    weight: 0.5,
    play(board) {
      const name = board.draw.pick(['ttlValue', 'ttlList', 'ttlMap', 'ttlOrdered', 'ttlTimes'])
      const visited = board.harness.backends.flatMap((backend) =>
        Array.from(backend.keysOf(name, VOID_NAMESPACE), ([key]) =>
          placeOf(name, key, VOID_NAMESPACE),
        ),
      )
      const expected = board.ages.present(board.oracle).filter(({ at }) => {
        return at.name === name && at.namespace === VOID_NAMESPACE
      })
      const ids = new Set(visited.map(({ id }) => id))
      equal(visited.length, ids.size)
      equal(ids.size, expected.length)
      for (const { at } of expected) equal(ids.has(at.id), true, at.id)
    },
  },
}

/** In order of the time they have in a time list. */
export function byTime(a: Aged, b: Aged): number {
  return (a.at as number) - (b.at as number)
}

/** All of a state is written; `undefined` removes it. */
function writeWhole(board: ModelBoard, at: OraclePlace, value: unknown): void {
  const [before] = board.ages.all(board.oracle, at)
  const timestamp = board.ages.stamp(at, before)
  board.oracle.set(at, value === undefined ? undefined : [{ at: undefined, value, timestamp }])
}

function written(board: ModelBoard, at: OraclePlace, elements: readonly unknown[]): Aged[] {
  const timestamp = board.ages.stamp(at)
  return elements.map((value) => ({ at: undefined, value, timestamp }))
}
