/**
 * The state backend contract, part: state that older versions of a program wrote. Each value is read by what it was
 * written with, side by side with newer ones, and written by the newest; what decides so is not the backend's part
 * (checkpoint/state-evolution.ts), but the codecs it is opened with are to be used for everything.
 */
import { deepEqual, equal, ok, rejects } from 'node:assert/strict'
import type { KeyedBackendContext, StateBackend } from '../backend/state-backend.js'
import {
  aggregatingState,
  listState,
  mapState,
  reducingState,
  type StateDescriptor,
  type StateDescriptors,
  valueState,
} from '../state/descriptor.js'
import type { Key } from '../state/key.js'
import type { Compatibility, Serializer } from '../state/serializer.js'
import type {
  AggregatingState,
  ListState,
  MapState,
  ReducingState,
  ValueState,
} from '../state/state.js'
import { type BackendCase, type BackendContext, entriesOf } from './backend-context.js'
import { adapted, evolving, migrated, type Relations, widened } from './evolving-serializers.js'
import type { KeyedHarness } from './keyed-harness.js'

/** A state of each kind, all of one serializer: one version of a program. */
interface Version extends StateDescriptors {
  readonly value: StateDescriptor<ValueState<unknown>>
  readonly map: StateDescriptor<MapState<Key, unknown>>
  readonly list: StateDescriptor<ListState<unknown>>
  readonly reducing: StateDescriptor<ReducingState<unknown>>
  readonly aggregating: StateDescriptor<AggregatingState<unknown, unknown>>
}

function version(serializer: Serializer<unknown>): Version {
  return {
    value: valueState({ serializer }),
    map: mapState({ serializer }),
    list: listState({ serializer }),
    reducing: reducingState<unknown>((value, added) => `${value} + ${added}`, { serializer }),
    aggregating: aggregatingState<unknown, unknown, unknown>(
      {
        create: () => 'all:',
        add: (value, all) => `${all} ${value}`,
        result: (all) => all,
      },
      { serializer },
    ),
  }
}

const FIRST: Serializer<unknown> = evolving('first')
const MIGRATES: Relations = { first: migrated, second: migrated }
const SECOND: Serializer<unknown> = evolving('second', MIGRATES)
const THIRD: Serializer<unknown> = evolving('third', MIGRATES)
/** Takes what came before into what takes its place. */
const ADAPTS: Serializer<unknown> = evolving('wide', {
  first: adapted('wide'),
  'wide after first': adapted('wide'),
})

type Program = KeyedHarness<Version>

/** The first version with something in every state of two keys, committed. */
async function begun({ open }: BackendContext): Promise<Program> {
  const h = await open({ states: version(FIRST) })
  for (const key of ['changed', 'left']) {
    const { value, map, list, reducing, aggregating } = h.use(key)
    value.update('v')
    map.put('x', 'm')
    map.put('y', 'n')
    list.addAll(['a', 'b'])
    reducing.add('r')
    aggregating.add('g')
  }
  await h.checkpoint()
  return h
}

/** Another version goes on from what one has committed. */
function goOn({ open }: BackendContext, h: Program, serializer: Serializer<unknown>) {
  return open({ states: version(serializer), runs: h.runs, records: h.records })
}

/** Writes into every state of the key `changed`. */
function change(h: Program, what: string): void {
  const { value, map, list, reducing, aggregating } = h.use('changed')
  value.update(what)
  map.put('x', what)
  list.add(what)
  reducing.add(what)
  aggregating.add(what)
}

/** What every state of a key holds. */
function held(h: Program, key: Key): Record<string, unknown> {
  const { value, map, list, reducing, aggregating } = h.use(key)
  return {
    value: value.value(),
    map: entriesOf(map),
    list: [...list.get()],
    reducing: reducing.get(),
    aggregating: aggregating.get(),
  }
}

const UNTOUCHED = {
  value: 'v',
  map: new Map([
    ['x', 'm'],
    ['y', 'n'],
  ]),
  list: ['a', 'b'],
  reducing: 'r',
  aggregating: 'all: g',
}

/** {@link UNTOUCHED}, each value read by a migration. */
const MIGRATED = {
  value: 'v, once first',
  map: new Map([
    ['x', 'm, once first'],
    ['y', 'n, once first'],
  ]),
  list: ['a, once first', 'b, once first'],
  reducing: 'r, once first',
  aggregating: 'all: g, once first',
}

type Name = keyof typeof UNTOUCHED & string

/** A case per outcome for the states of these names. */
function outcomes(kind: string, what: string, names: readonly Name[]): BackendCase[] {
  return [
    {
      id: `evolution-${kind}-migrated`,
      title: `${what} that an older serializer wrote are read by it, and written anew when they change`,
      async run(context) {
        const h = await goOn(context, await begun(context), SECOND)
        for (const name of names) deepEqual(held(h, 'left')[name], MIGRATED[name])
        change(h, 'new')
        const after = held(h, 'changed')
        await context.here(h)
        for (const name of names) {
          deepEqual(held(h, 'changed')[name], after[name])
          deepEqual(held(h, 'left')[name], MIGRATED[name])
        }
      },
    },
    {
      id: `evolution-${kind}-reconfigured`,
      title: `${what} go on with the serializer that is made for older ones too`,
      async run(context) {
        const first = await begun(context)
        change(first, 'new')
        const after = held(first, 'changed')
        const h = await goOn(context, await begun(context), ADAPTS)
        change(h, 'new')
        await h.checkpoint()
        await context.here(h)
        const again = await goOn(context, h, ADAPTS)
        for (const name of names) {
          deepEqual(held(again, 'changed')[name], after[name])
          deepEqual(held(again, 'left')[name], UNTOUCHED[name])
        }
      },
    },
    {
      id: `evolution-${kind}-incompatible`,
      title: `${what} that cannot be read are refused before a backend is opened, naming the state`,
      once: true,
      async run(context) {
        const { runs, records } = await begun(context)
        const states = version(evolving('stranger'))
        for (const name of names) {
          const declared = { [name]: states[name] as StateDescriptor }
          let opened = 0
          const backend = watching(context.backend, () => opened++)
          const opening = context.open({ states: declared, runs, records, backend })
          await rejects(opening, new RegExp(`"${name}"`))
          equal(opened, 0)
        }
      },
    },
  ]
}

/** Opens nothing that is not noticed. */
function watching(
  inner: StateBackend,
  onOpen: (context: KeyedBackendContext) => void,
): StateBackend {
  return {
    name: inner.name,
    open: (context) => {
      onOpen(context)
      return inner.open(context)
    },
  }
}

/** Values of several schemas in one state. */
export const evolutionCases: readonly BackendCase[] = [
  {
    id: 'evolution-as-is',
    title: 'state of every kind is gone on with as it is where the serializer is the same',
    async run(context) {
      const h = await goOn(context, await begun(context), evolving('first'))
      deepEqual(held(h, 'left'), UNTOUCHED)
      equal(h.dirty, false)
      change(h, 'new')
      await context.here(h)
      deepEqual([...h.use('changed').list.get()], ['a', 'b', 'new'])
      deepEqual(h.records, (await begun(context)).records)
    },
  },
  {
    id: 'evolution-widened',
    title: 'a serializer that reads what another wrote goes on with it, and writes its own',
    async run(context) {
      const h = await goOn(context, await begun(context), widened('wide', ['first']))
      change(h, 'new')
      await context.here(h)
      deepEqual(held(h, 'left'), UNTOUCHED)
      deepEqual([...h.use('changed').list.get()], ['a', 'b', 'new'])
    },
  },
  ...outcomes('value', 'values', ['value']),
  ...outcomes('list', 'elements of lists', ['list']),
  ...outcomes('map', 'entries of maps', ['map']),
  ...outcomes('fold', 'accumulators', ['reducing', 'aggregating']),
  {
    id: 'evolution-map-as-is',
    title: 'a map declared with the same serializer is gone on with, entry by entry',
    async run(context) {
      const h = await goOn(context, await begun(context), FIRST)
      await context.here(h)
      const { map } = h.use('changed')
      map.remove('x')
      map.put('z', 'new')
      await context.here(h)
      deepEqual(
        entriesOf(h.use('changed').map),
        new Map([
          ['y', 'n'],
          ['z', 'new'],
        ]),
      )
    },
  },
  {
    id: 'evolution-list-mixed',
    title: 'one list holds elements of three schemas, each appended by its own version',
    async run(context) {
      const second = await goOn(context, await begun(context), SECOND)
      second.use('changed').list.add('c')
      deepEqual((await second.checkpoint()).rows, { list: [0, 0, 1, 0] })
      const third = await goOn(context, second, THIRD)
      third.use('changed').list.add('d')
      deepEqual((await third.checkpoint()).rows, { list: [0, 0, 1, 0] })
      await context.here(third)
      const all = ['a, once first', 'b, once first', 'c, once second', 'd']
      deepEqual([...third.use('changed').list.get()], all)
      // Merging runs joins them as bytes, and no serializer takes part.
      await third.compact()
      await third.restore()
      deepEqual([...third.use('changed').list.get()], all)
    },
  },
  {
    id: 'evolution-mixed-chain',
    title: 'values, entries and accumulators of three schemas lie side by side in one chain',
    async run(context) {
      const second = await goOn(context, await begun(context), SECOND)
      second.use('changed').map.put('y', 'second')
      second.use('second').value.update('v')
      second.use('second').reducing.add('r')
      await second.checkpoint()
      const third = await goOn(context, second, THIRD)
      third.use('changed').map.put('z', 'third')
      third.use('third').value.update('v')
      await context.here(third)
      deepEqual(
        entriesOf(third.use('changed').map),
        new Map([
          ['x', 'm, once first'],
          ['y', 'second, once second'],
          ['z', 'third'],
        ]),
      )
      const values = ['left', 'second', 'third'].map((key) => third.use(key).value.value())
      deepEqual(values, ['v, once first', 'v, once second', 'v'])
      equal(third.use('second').reducing.get(), 'r, once second')
    },
  },
  {
    id: 'evolution-copied',
    title: 'an accumulator that is copied before it changes is copied by the newest schema',
    async run(context) {
      const h = await goOn(context, await begun(context), SECOND)
      const snapshot = h.beginSnapshot()
      h.use('changed').aggregating.add('x')
      await snapshot.commit()
      await context.here(h)
      equal(h.use('changed').aggregating.get(), 'all: g, once first x')
    },
  },
  {
    id: 'evolution-written-anew',
    title: 'what changed needs its old serializer no more, what did not still does',
    async run(context) {
      const h = await goOn(context, await begun(context), SECOND)
      change(h, 'new')
      await h.checkpoint()
      await context.here(h)
      const marks = (): Compatibility<unknown> => {
        return { outcome: 'after-migration', read: () => 'of the first', differs: [] }
      }
      const third = await goOn(context, h, evolving('third', { first: marks, second: migrated }))
      equal(third.use('changed').value.value(), 'new, once second')
      equal(third.use('left').value.value(), 'of the first')
    },
  },
  {
    id: 'evolution-previous-unused',
    title: 'a reader of older values that fails hurts nobody who has none left',
    once: true,
    async run(context) {
      const h = await goOn(context, await begun(context), SECOND)
      for (const key of ['changed', 'left']) {
        h.use(key).value.update('new')
        h.use(key).map.clear()
        h.use(key).list.update(['new'])
        h.use(key).reducing.clear()
        h.use(key).aggregating.clear()
      }
      await h.checkpoint()
      const fails = (): never => {
        throw new Error('asked for a value of the first schema')
      }
      const failing = evolving('second', {
        first: () => ({ outcome: 'after-migration', read: fails, differs: [] }),
      })
      const again = await goOn(context, h, failing)
      equal(again.use('left').value.value(), 'new')
      deepEqual([...again.use('left').list.get()], ['new'])
    },
  },
  {
    id: 'evolution-undecided',
    title: 'state that the program does not declare is not resolved, and nothing of it is needed',
    once: true,
    async run(context) {
      const { open } = context
      const first = await begun(context)
      const states = { value: valueState({ serializer: SECOND }) }
      const { runs, records } = first
      const without = await open({ states, runs, records })
      without.use('changed').value.update('new')
      await without.checkpoint()
      deepEqual(without.records.get('list'), records.get('list'))
      const back = await open({
        states: version(SECOND),
        runs: without.runs,
        records: without.records,
      })
      deepEqual(held(back, 'left'), MIGRATED)
      deepEqual([...back.use('changed').list.get()], MIGRATED.list)
    },
  },
  {
    id: 'evolution-rewritten',
    title: 'a rewrite puts every row into the next run, by the newest schema, lists whole',
    async run(context) {
      const begin = await begun(context)
      begin.use('gone').value.update('v')
      begin.use('gone').value.clear()
      begin.use('changed').list.add('c')
      await begin.checkpoint()
      const { runs, records } = begin
      const h = await context.open({ states: version(SECOND), runs, records, rewrite: true })
      equal(h.dirty, true)
      const { rows } = await h.checkpoint()
      const two = [2, 0, 0, 0]
      deepEqual(rows, { value: two, map: [4, 0, 0, 0], list: two, reducing: two, aggregating: two })
      equal(h.runs.length, 1)
      await context.here(h)
      deepEqual(held(h, 'left'), MIGRATED)
      // From here on the first schema is unknown, and not missed.
      const later = await goOn(context, h, evolving('third', { second: migrated }))
      equal(later.use('left').value.value(), 'v, once first, once second')
    },
  },
  {
    id: 'evolution-rewrite-goes-on',
    title: 'state may be used while it waits to be written anew: changed, appended to, cleared',
    async run(context) {
      const { runs, records } = await begun(context)
      const h = await context.open({ states: version(SECOND), runs, records, rewrite: true })
      h.use('changed').list.add('c')
      h.use('changed').map.remove('x')
      h.use('changed').value.clear()
      h.use('left').map.clear()
      h.use('left').list.clear()
      h.use('left').list.add('only')
      const contents = h.contents()
      await h.checkpoint()
      equal(h.runs.length, 1)
      await context.here(h)
      deepEqual(h.contents(), contents)
      h.use('changed').list.add('d')
      deepEqual((await h.checkpoint()).rows, { list: [0, 0, 1, 0] })
    },
  },
  {
    id: 'evolution-rewrite-abandoned',
    title: 'a rewrite whose snapshot fails is still owed, with what has changed since',
    async run(context) {
      const { runs, records } = await begun(context)
      const h = await context.open({ states: version(SECOND), runs, records, rewrite: true })
      const snapshot = h.beginSnapshot()
      for (let i = 0; i < 3; i++) snapshot.write()
      h.use('changed').list.add('c')
      h.use('changed').value.update('new')
      snapshot.abandon()
      h.use('left').list.add('d')
      const contents = h.contents()
      const { rows } = await h.checkpoint()
      deepEqual(rows.list, [2, 0, 0, 0])
      deepEqual(rows.value, [2, 0, 0, 0])
      equal(h.runs.length, 1)
      await context.here(h)
      deepEqual(h.contents(), contents)
      ok(!h.dirty)
    },
  },
]
