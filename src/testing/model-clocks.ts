/** What the model test does to time, and to what has expired without being accessed. */
import { checkAging } from './model-contents.js'
import type { ModelOperations } from './model-operation.js'
import type { AgingName } from './model-states.js'
import type { Aged } from './oracle-ages.js'

/** Clock steps, and the background sweep with pauses wherever they fall. */
export const CLOCKS: ModelOperations = {
  stepProcessingTime: {
    weight: 5,
    play({ harness: { clock }, draw }) {
      // Reads and writes within one step are of one time. Between whole milliseconds, too.
      clock.now += draw.pick([0.5, 1, 10, 19, 20, draw.below(60)])
    },
  },
  stepEventTime: {
    weight: 5,
    play({ harness: { clock }, draw }) {
      const before = Math.max(clock.watermark, -100)
      clock.watermark = before + draw.pick([1, 10, 19, 20, draw.below(60)])
    },
  },
  stepToAnEnd: {
    weight: 5,
    play(board) {
      const { oracle, ages, draw, harness, states } = board
      const aging = [...oracle.places()].filter(({ at }) => ages.ages(at))
      if (aging.length === 0) return
      const { at, content } = draw.pick(aging)
      const word = ages.isInEventTime(at) ? 'watermark' : 'now'
      // The very millisecond, or the one before: what is read then must know.
      const end = ages.endOf(at, draw.pick(content as readonly Aged[])) - draw.below(2)
      const step = end - Math.max(harness.clock[word], -100)
      if (step < 0 || step > 150) return
      harness.clock[word] = end
      const name = at.name as AgingName
      const { state } = board.open(name, at.key, at.namespace)
      const { kind } = states[name]
      if (kind !== 'timers') checkAging(kind, state, ages.read(oracle, at))
    },
  },
  nextRecord: {
    weight: 12,
    play({ harness: { clock }, draw }) {
      // Most are in time; a late one may have expired before it is written.
      const reached = Math.max(clock.watermark, -100)
      clock.timestamp =
        reached + draw.pick([1, 20, draw.below(60), draw.below(60), -draw.below(90)])
    },
  },
  sweep: {
    weight: 16,
    play({ harness, draw }) {
      const backend = draw.pick(harness.backends)
      let left = draw.below(2) === 0 ? Number.POSITIVE_INFINITY : draw.below(40)
      backend.sweep(() => left-- <= 0)
    },
  },
}
