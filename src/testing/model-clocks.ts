/** What the model test does to time, and to what has expired without being accessed. */
import type { ModelOperations } from './model-operation.js'

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
    weight: 6,
    play({ harness, draw }) {
      const backend = draw.pick(harness.backends)
      let left = draw.below(4) === 0 ? Number.POSITIVE_INFINITY : draw.below(40)
      backend.sweep(() => left-- <= 0)
    },
  },
}
