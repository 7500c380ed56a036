/** What the model test does to timers. They are a set; which of several is first, their order says. */
import { deepEqual, equal } from 'node:assert/strict'
import type { Timer } from '../backend/timer-queue.js'
import { VOID_NAMESPACE } from '../state/namespace.js'
import type { ModelBoard } from './model-board.js'
import type { ModelOperations } from './model-operation.js'
import { type OracleTimer, timerText } from './oracle.js'
import { orderOf } from './oracle-order.js'

const QUEUES = ['eventTimers', 'processingTimers'] as const

type Queue = (typeof QUEUES)[number]

/** Adding, removing, taking. */
export const TIMERS: ModelOperations = {
  addTimer: {
    weight: 18,
    play(board) {
      const timer = drawTimer(board)
      const queue = board.harness.timers(timer.key, timer.queue)
      board.keyChanged()
      equal(queue.add(timer.time, timer.namespace), board.oracle.addTimer(timer))
    },
  },
  removeTimer: {
    weight: 5,
    play(board) {
      const { oracle, draw, harness } = board
      const there = draw.below(2) === 0 ? oracle.timers(draw.pick(QUEUES)) : []
      const timer = there.length > 0 ? draw.pick(there) : drawTimer(board)
      const queue = harness.timers(timer.key, timer.queue)
      board.keyChanged()
      equal(queue.remove(timer.time, timer.namespace), oracle.removeTimer(timer))
    },
  },
  pollTimers: {
    weight: 4,
    play(board) {
      const queue = board.draw.pick(QUEUES)
      const upTo = reached(board, queue) + board.draw.below(10)
      const due = board.oracle.timers(queue).filter(({ time }) => time <= upTo)
      const most = board.draw.pick([1, 3, Number.POSITIVE_INFINITY])
      const taken: Timer[] = []
      while (taken.length < most) {
        const timer = board.harness.poll(queue, upTo)
        if (timer === undefined) break
        taken.push(timer)
      }
      board.keyChanged()
      deepEqual(taken, taken.toSorted(inOrder))
      const times = due.map(({ time }) => time).toSorted((a, b) => a - b)
      deepEqual(
        taken.map(({ time }) => time),
        times.slice(0, most),
      )
      for (const { time, key, namespace } of taken) {
        const timer = { queue, time, key, namespace }
        equal(board.oracle.removeTimer(timer), true, timerText(timer))
      }
    },
  },
  peekTimer: {
    weight: 1,
    play({ harness, oracle, draw }) {
      const queue = draw.pick(QUEUES)
      const firsts = harness.backends.map((backend) => backend.timers(queue).peek()?.time)
      const least = (times: readonly (number | undefined)[]): number =>
        Math.min(...times.map((time) => time ?? Number.POSITIVE_INFINITY))
      equal(least(firsts), least(oracle.timers(queue).map(({ time }) => time)))
    },
  },
}

/** Few times, so that several timers are of one. */
function drawTimer(board: ModelBoard): OracleTimer {
  const { draw } = board
  const queue = draw.pick(QUEUES)
  const namespace = draw.namespace()
  return {
    queue,
    time: Math.floor(reached(board, queue) / 10 + draw.below(12) - 1) * 10,
    key: draw.key(),
    namespace: namespace === VOID_NAMESPACE ? undefined : namespace,
  }
}

function reached({ harness: { clock } }: ModelBoard, queue: Queue): number {
  return queue === 'eventTimers' ? Math.max(clock.watermark, -100) : clock.now
}

/** The documented order: time, key group, key, namespace, the void one first. */
function inOrder(a: Timer, b: Timer): number {
  if (a.time !== b.time) return a.time - b.time
  if (a.keyGroup !== b.keyGroup) return a.keyGroup - b.keyGroup
  const order = orderOf(a.key, b.key)
  if (order !== 0 || a.namespace === b.namespace) return order
  if (a.namespace === undefined || b.namespace === undefined)
    return a.namespace === undefined ? -1 : 1
  return orderOf(a.namespace, b.namespace)
}
