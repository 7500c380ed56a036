/** Development mode: values that are changed in place are found, where production would keep them in silence. */
import { describe, expect, it } from 'vitest'
import {
  aggregatingState,
  collect,
  fromArray,
  job,
  listState,
  mapState,
  memoryStorage,
  reducingState,
  type StatesOf,
  start,
  valueState,
} from '../../src/index.js'

interface Basket {
  readonly items: string[]
}

/** Runs two records of one key through a function of the state. */
function play(onRecord: (n: number, state: States) => void, development: boolean): Promise<string> {
  const program = job('baskets')
    .from(fromArray([1, 2]))
    .keyBy(() => 'k')
    .process('step', { state: STATES, onRecord })
    .to(collect<never>())
  const options = { checkpoints: memoryStorage(), development, toleratedFailures: 0 }
  return start(program, { ...options, restart: { attempts: 0 } }).done
}

const STATES = {
  basket: valueState<Basket>(),
  bytes: valueState<Uint8Array>(),
  byName: mapState<string, Map<string, number>>(),
  list: listState<Basket>(),
  reduced: reducingState<Basket>((a) => a),
  counted: aggregatingState<number, { count: number }, number>({
    create: () => ({ count: 0 }),
    add(_, counter) {
      counter.count++
      return counter
    },
    result: ({ count }) => count,
  }),
}

type States = StatesOf<typeof STATES>

const frozen = expect.objectContaining({
  code: 'OPERATOR_FAILED',
  message: expect.stringContaining('onRecord of "step"'),
})

describe('in development a value that is changed in place', () => {
  it('throws at once, after an update, a read, in a list, and from a reduce', async () => {
    const changes: ((n: number, state: States) => void)[] = [
      (_, { basket }) => {
        const mine = { items: ['a'] }
        basket.update(mine)
        mine.items.push('b')
      },
      (n, { basket }) => {
        if (n === 1) basket.update({ items: ['a'] })
        else basket.value()?.items.push('b')
      },
      (_, { list }) => {
        list.add({ items: [] })
        list.get()[0]?.items.push('b')
      },
      (n, { reduced }) => {
        reduced.add({ items: [] })
        if (n === 2) reduced.get()?.items.push('b')
      },
    ]
    for (const change of changes) {
      await expect(play(change, true)).rejects.toEqual(frozen)
      await expect(play(change, false)).resolves.toBe('finished')
    }
  })

  it('that cannot be frozen fails the checkpoint, which names state and key', async () => {
    const changes: [string, (n: number, state: States) => void][] = [
      [
        'bytes',
        (_, { bytes }) => {
          const mine = Uint8Array.of(1, 2, 3)
          bytes.update(mine)
          mine[0] = 9
        },
      ],
      [
        'byName',
        (n, { byName }) => {
          if (n === 1) byName.put('x', new Map([['a', 1]]))
          else byName.get('x')?.set('b', 2)
        },
      ],
    ]
    for (const [state, change] of changes) {
      await expect(play(change, true)).rejects.toMatchObject({
        code: 'INVALID_STATE',
        message: expect.stringMatching(`state "${state}" of operator "step", key "k": .*in place`),
      })
      await expect(play(change, false)).resolves.toBe('finished')
    }
  })

  it('may be an accumulator, and what is not changed goes through', async () => {
    const proper = (n: number, { basket, bytes, byName, list, reduced, counted }: States): void => {
      basket.update({ items: [...(basket.value()?.items ?? []), String(n)] })
      bytes.update(Uint8Array.of(n))
      byName.put('x', new Map([['a', n]]))
      list.add({ items: [] })
      reduced.add({ items: [] })
      counted.add(n)
      if (n === 2 && counted.get() !== 2) throw new Error('not counted')
    }
    await expect(play(proper, true)).resolves.toBe('finished')
  })
})
