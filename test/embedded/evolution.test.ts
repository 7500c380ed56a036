/** A store that is opened by another version of its program. */
import { describe, expect, it } from 'vitest'
import {
  type CheckpointStorage,
  type Key,
  listState,
  memoryStorage,
  openState,
  reducingState,
  type StateStoreOptions,
  valueState,
} from '../../src/index.js'
import { evolving, migrated } from '../../src/testing/evolving-serializers.js'

const [A, B] = [evolving('a'), evolving('b', { a: migrated })]

function version(serializer: typeof A) {
  return { total: valueState<unknown>({ serializer }), seen: listState<unknown>({ serializer }) }
}

type Options = Partial<StateStoreOptions<ReturnType<typeof version>>>

/** Opens a store of this version, does something, and closes it with a checkpoint. */
async function using<R>(
  checkpoints: CheckpointStorage,
  options: Options & { readonly serializer: typeof A },
  act: (
    at: (key: Key) => { total: unknown; seen: readonly unknown[]; add(what: string): void },
  ) => R,
): Promise<R> {
  const { serializer, ...rest } = options
  const state = version(serializer)
  await using store = await openState({
    name: 'notes',
    checkpoints,
    state,
    interval: '1h',
    ...rest,
  })
  const result = act((key) => {
    store.setCurrentKey(key)
    const { total, seen } = store.state
    return {
      total: total.value(),
      seen: [...seen.get()],
      add: (what) => {
        total.update(what)
        seen.add(what)
      },
    }
  })
  store.position = 1
  return result
}

describe('a store whose program changes', () => {
  it('reads what older serializers wrote, and goes on with the new one', async () => {
    const checkpoints = memoryStorage()
    await using(checkpoints, { serializer: A }, (at) => at('k').add('old'))
    await using(checkpoints, { serializer: B }, (at) => {
      expect(at('k')).toMatchObject({ total: 'old, once a', seen: ['old, once a'] })
      at('k').add('new')
    })
    const again = await using(checkpoints, { serializer: B }, (at) => at('k'))
    expect(again).toMatchObject({ total: 'new', seen: ['old, once a', 'new'] })
    await expect(using(checkpoints, { serializer: A }, (at) => at('k'))).rejects.toMatchObject({
      code: 'INCOMPATIBLE_STATE',
      message: expect.stringMatching(/of "notes".*"total".*"seen".*to do/s),
    })
  })

  it('migrates its keys', async () => {
    const checkpoints = memoryStorage()
    await using(checkpoints, { serializer: A }, (at) => at('7').add('seven'))
    const long = { keyType: 'long', migrateKey: { from: 'string', migrate: Number } } as const
    const options = { serializer: A, ...long }
    await using(checkpoints, options, (at) => expect(at(7).total).toBe('seven'))
    const later = { serializer: A, keyType: 'long' } as const
    expect(await using(checkpoints, later, (at) => at(7).seen)).toEqual(['seven'])
    const wrong = { ...options, keyType: 'string' } as const
    await expect(using(checkpoints, wrong, () => 0)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    })
  })

  it('replaces what was restored once, not with every checkpoint after that', async () => {
    const checkpoints = memoryStorage()
    await using(checkpoints, { serializer: A }, (at) => {
      at('1').add('one')
      at('2').add('two')
    })
    const migrateKey = { from: 'string', migrate: Number } as const
    const options = { name: 'notes', checkpoints, keyType: 'long', migrateKey } as const
    {
      await using store = await openState({ ...options, state: version(A) })
      await store.checkpoint()
      store.setCurrentKey(1)
      store.state.seen.add('more')
      store.position = 2
      await store.checkpoint()
    }
    const found = await using(checkpoints, { serializer: A, keyType: 'long' }, (at) => [
      at(1).seen,
      at(2).seen,
      at(2).total,
    ])
    expect(found).toEqual([['one', 'more'], ['two'], 'two'])
  })

  it('goes on with a value as a reducing state, and drops what it is told to', async () => {
    const checkpoints = memoryStorage()
    await using(checkpoints, { serializer: A }, (at) => at('k').add('a'))
    const state = {
      total: reducingState<unknown>((one, other) => `${one} ${other}`, { serializer: A }),
    }
    const reducing = { name: 'notes', checkpoints, state, drop: ['state/seen'] }
    {
      await using store = await openState(reducing)
      store.setCurrentKey('k')
      store.state.total.add('b')
      store.position = 2
      expect(store.state.total.get()).toBe('a b')
    }
    const back = await using(checkpoints, { serializer: A }, (at) => at('k'))
    expect(back).toMatchObject({ total: 'a b', seen: [] })
    await expect(openState({ ...reducing, drop: ['state/none'] })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    })
  })
})
