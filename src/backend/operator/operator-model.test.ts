/** Operator state against plain arrays and a `Map` that share no code with it, over random histories. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { broadcastState, splitListState, unionListState } from '../../state/operator-state.js'
import { OperatorHarness } from '../../testing/operator-harness.js'
import { memoryBackend } from '../memory/memory-backend.js'

const STATES = {
  split: splitListState<number>(),
  union: unionListState<number>(),
  broadcast: broadcastState<number, number>(),
}

/** What there should be: `pools[i]` is whether subtask `i` still has the pool. */
interface Model {
  split: number[][]
  pool: number[]
  pools: boolean[]
  parts: number[][]
  broadcast: Map<number, number>
}

type Step =
  | {
      readonly do: 'add' | 'addAll' | 'update' | 'clear'
      readonly state: 'split' | 'union'
      readonly at: number
    }
  | { readonly do: 'put' | 'remove' | 'empty'; readonly at: number }
  | { readonly do: 'checkpoint' | 'fail'; readonly at: number }
  | { readonly do: 'restore'; readonly at: number }
  | { readonly do: 'compact'; readonly at: number }

const at = fc.nat(11)
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({
        do: fc.constantFrom('add' as const, 'addAll' as const, 'update' as const, 'clear' as const),
        state: fc.constantFrom('split' as const, 'union' as const),
        at,
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constantFrom('put' as const, 'put' as const, 'remove' as const, 'empty' as const),
        at,
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({ do: fc.constantFrom('checkpoint' as const, 'fail' as const), at }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('restore' as const), at }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('compact' as const), at }) },
  ),
  { maxLength: 60 },
)

function empty(parallelism: number): Model {
  return {
    split: Array.from({ length: parallelism }, () => []),
    pool: [],
    pools: Array(parallelism).fill(false) as boolean[],
    parts: Array.from({ length: parallelism }, () => []),
    broadcast: new Map(),
  }
}

/** What a checkpoint of this comes to when it is restored with so many subtasks. */
function restored(model: Model, parallelism: number): Model {
  const next = empty(parallelism)
  if (model.split.length === parallelism) next.split = structuredClone(model.split)
  else {
    const all = model.split.flat()
    // One after another to whoever has the least, then back in order: sizes alone are dealt out this way.
    const sizes = next.split.map(() => 0)
    for (let i = 0; i < all.length; i++) sizes[i % parallelism] = (sizes[i % parallelism] ?? 0) + 1
    next.split = sizes.map((size) => all.splice(0, size))
  }
  next.pool = [...(model.pools.some((has) => has) ? model.pool : []), ...model.parts.flat()]
  next.pools = next.pools.map(() => next.pool.length > 0)
  next.broadcast = new Map(model.broadcast)
  return next
}

function seen(model: Model): unknown {
  const { split, pool, pools, parts, broadcast } = model
  return { split, union: parts.map((part, i) => [...(pools[i] ? pool : []), ...part]), broadcast }
}

/** One history: the harness and what it should hold now, and as of the last committed checkpoint. */
class History {
  readonly h: OperatorHarness<typeof STATES>
  #now: Model = empty(1)
  #committed: Model = empty(1)
  #value = 0

  constructor(h: OperatorHarness<typeof STATES>) {
    this.h = h
  }

  async play(step: Step): Promise<void> {
    if ('state' in step) this.#changeList(step)
    else if (step.do === 'put' || step.do === 'remove' || step.do === 'empty') this.#changeMap(step)
    else if (step.do === 'checkpoint' || step.do === 'fail') await this.#barrier(step)
    else if (step.do === 'restore') {
      const parallelism = 1 + (step.at % 5)
      this.#now = restored(this.#committed, parallelism)
      await this.h.restore(parallelism)
    } else {
      const length = this.h.committed.chain.length
      if (length > 1) await this.h.compact(step.at % (length - 1), (step.at % (length - 1)) + 2)
    }
    expect(this.h.contents()).toEqual(seen(this.#now))
  }

  #changeList({ do: what, state, at: where }: Extract<Step, { state: string }>): void {
    const subtask = where % this.h.parallelism
    const list = this.h.use(subtask)[state]
    const model = state === 'split' ? this.#now.split : this.#now.parts
    const values = what === 'add' ? [++this.#value] : [++this.#value, ++this.#value]
    if (what === 'add') list.add(values[0] as number)
    else if (what === 'addAll') list.addAll(values)
    else if (what === 'update') list.update(values)
    else list.clear()
    const before = what === 'add' || what === 'addAll' ? (model[subtask] ?? []) : []
    if (state === 'union' && (what === 'update' || what === 'clear'))
      this.#now.pools[subtask] = false
    model[subtask] = what === 'clear' ? [] : [...before, ...values]
  }

  #changeMap({ do: what, at: key }: { readonly do: string; readonly at: number }): void {
    const { broadcast } = this.h.use(key % this.h.parallelism)
    const model = this.#now.broadcast
    if (what === 'put') {
      broadcast.put(key % 5, ++this.#value)
      model.set(key % 5, this.#value)
    } else if (what === 'remove') {
      broadcast.remove(key % 5)
      model.delete(key % 5)
    } else {
      broadcast.clear()
      model.clear()
    }
  }

  /** A barrier, some rows written, a change, then the end of it. */
  async #barrier({ do: what, at: rows }: { readonly do: string; readonly at: number }) {
    const frozen = structuredClone(this.#now)
    const snapshot = this.h.beginSnapshot()
    for (let row = 0; row < rows && !snapshot.write(); row++);
    this.#changeList({ do: rows % 2 === 0 ? 'add' : 'update', state: 'split', at: rows })
    this.#changeList({ do: rows % 3 === 0 ? 'clear' : 'add', state: 'union', at: rows })
    this.#changeMap({ do: rows % 4 === 0 ? 'empty' : 'put', at: rows })
    if (what === 'fail') snapshot.abandon()
    else {
      await snapshot.commit()
      this.#committed = frozen
    }
  }
}

describe('operator state', () => {
  it('agrees with plain arrays through failed checkpoints, restores and rescales', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (history) => {
        await using h = await OperatorHarness.open({ backend: memoryBackend(), states: STATES })
        const played = new History(h)
        for (const step of history) await played.play(step)
      }),
      { numRuns: 150 },
    )
  })
})
