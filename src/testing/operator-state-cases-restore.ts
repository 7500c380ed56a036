/** The operator state contract, part: opening from what is committed. */
import { deepEqual, equal, rejects, throws } from 'node:assert/strict'
import { hasCode } from '../base/errors.js'
import {
  broadcastState,
  type OperatorStateDescriptor,
  splitListState,
  unionListState,
} from '../state/operator-state.js'
import { OPERATOR_CASE_STATES, type OperatorStateCase } from './operator-context.js'

/** What is opened is what was committed: of the declared states, and nothing else. */
export const operatorRestoreCases: readonly OperatorStateCase[] = [
  {
    id: 'operator-state-names',
    title: 'a declared state is always the same object; another one is refused',
    async run({ h, here }) {
      await here()
      for (const name of Object.keys(OPERATOR_CASE_STATES)) {
        equal(h.backend.state(1, name), h.backend.state(1, name))
      }
      throws(
        () => h.backend.state(0, 'unheard'),
        (error) => hasCode(error, 'INVALID_STATE'),
      )
    },
  },
  {
    id: 'operator-all-kinds',
    title: 'states of all kinds side by side are restored, each with its own',
    async run({ h, here }) {
      h.use(0).split.addAll([42])
      h.use(1).split.addAll([4711])
      h.use(0).otherSplit.addAll([7, 13])
      h.use(1).otherSplit.addAll([23])
      h.use(0).union.addAll([17, 18])
      h.use(1).union.addAll([19, 20])
      h.use(0).broadcast.put(1, 2)
      h.use(1).broadcast.put(2, 5)
      h.use(1).otherBroadcast.put(2, 5)
      await here()
      await h.checkpoint()
      await h.restore()
      deepEqual(h.contents(), {
        split: [[42], [4711]],
        otherSplit: [[7, 13], [23]],
        union: Array(2).fill([17, 18, 19, 20]),
        broadcast: new Map([
          [1, 2],
          [2, 5],
        ]),
        otherBroadcast: new Map([[2, 5]]),
      })
    },
  },
  {
    id: 'operator-read-once',
    title: 'the rows of each declared state are asked for once, whatever the parallelism',
    once: true,
    async run({ h, open }) {
      for (const name of ['a', 'b', 'c']) h.use(0).union.add(name)
      await h.checkpoint()
      const asked: string[] = []
      const many = await open({
        states: { union: unionListState(), split: splitListState() },
        parallelism: 50,
        from: h,
        opening: (context) => ({
          ...context,
          restore: (state) => {
            asked.push(state)
            return context.restore(state)
          },
        }),
      })
      deepEqual(asked.toSorted(), ['split', 'union'])
      deepEqual(many.use(49).union.get(), ['a', 'b', 'c'])
    },
  },
  {
    id: 'operator-kind-changed',
    title: 'a state that is of another kind in the checkpoint is refused before it is read',
    once: true,
    async run({ open }) {
      const kinds: Readonly<Record<string, OperatorStateDescriptor>> = {
        split: splitListState(),
        union: unionListState(),
        broadcast: broadcastState(),
      }
      for (const [before, descriptor] of Object.entries(kinds)) {
        const h = await open({ states: { state: descriptor } })
        await h.checkpoint()
        for (const [after, other] of Object.entries(kinds)) {
          if (after === before) continue
          await rejects(
            open({ states: { state: other }, from: h }),
            (error) => hasCode(error, 'INCOMPATIBLE_STATE') && String(error).includes(before),
          )
        }
      }
    },
  },
  {
    id: 'operator-undeclared-kept',
    title:
      'a state that is not declared for a while is kept, its rescale made good when it is back',
    once: true,
    async run({ h, open }) {
      h.use(0).split.addAll([1, 2, 3, 4])
      h.use(0).otherSplit.addAll([5, 6])
      h.use(0).union.add('u')
      h.use(0).broadcast.put('b', 1)
      await h.checkpoint()
      const states = { otherSplit: splitListState<unknown>() }
      const fewer = await open({ states, parallelism: 4, from: h })
      fewer.use(3).otherSplit.add(7)
      await fewer.checkpoint()
      const back = await open({ states: OPERATOR_CASE_STATES, parallelism: 4, from: fewer })
      deepEqual(back.contents(), {
        split: [[1], [2], [3], [4]],
        otherSplit: [[5], [6], [], [7]],
        union: Array(4).fill(['u']),
        broadcast: new Map([['b', 1]]),
        otherBroadcast: new Map(),
      })
    },
  },
  {
    id: 'operator-damaged',
    title: 'a list of a subtask that there was not is damage, not silently left out',
    once: true,
    async run({ h, open }) {
      await h.restore(3)
      for (const subtask of [0, 1, 2]) h.use(subtask).split.add(subtask)
      await h.checkpoint()
      const wrong = open({
        states: OPERATOR_CASE_STATES,
        from: h,
        opening: (context) => ({ ...context, restored: () => undefined }),
      })
      await rejects(wrong, (error) => hasCode(error, 'CORRUPT') && /"split"/.test(String(error)))
    },
  },
]
