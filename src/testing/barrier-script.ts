/**
 * Changes around a barrier as a small script: what is committed, what changes up to the barrier, what changes after it
 * and what changes later. The part after it is played at every moment there is: before the first row is written,
 * between any two rows, before and after the commit, between any two slices of settling. And once more with a snapshot
 * that is given up after one row, and after all.
 */
import { deepEqual, equal, ok } from 'node:assert/strict'
import type { BackendCase, BackendContext, CaseStates, Use } from './backend-context.js'
import type { Contents } from './contents.js'
import type { KeyedHarness } from './keyed-harness.js'

/** Changes, by the part of a script. */
export interface BarrierScript {
  readonly id: string
  readonly title: string
  /** Committed long before the barrier. Default: nothing. */
  readonly committed?: (use: Use) => void
  readonly before: (use: Use) => void
  readonly after: (use: Use) => void
  /** When the snapshot is settled. Default: nothing. */
  readonly later?: (use: Use) => void
}

/** The case that plays a script: a snapshot has what was before its barrier, the next one has the rest. */
export function barrierCase(script: BarrierScript): BackendCase {
  return {
    id: script.id,
    title: script.title,
    async run(context) {
      const origin = await committedPart(context, script)
      await context.here(origin)
      const expected = await withoutSnapshot(context, script)
      for (const rows of [undefined, 1, Number.POSITIVE_INFINITY]) {
        let at = 0
        while (await play(context, { script, origin, expected, rows, at })) at++
        ok(at > 1, 'there are several moments')
      }
    },
  }
}

/** What the parts of a script come to. */
interface Expected {
  readonly before: Contents
  readonly after: Contents
  readonly later: Contents
}

/** One way to play a script. */
interface Play {
  readonly script: BarrierScript
  /** What is committed. */
  readonly origin: KeyedHarness<CaseStates>
  readonly expected: Expected
  /** The snapshot is given up after so many rows; `undefined`: it is committed. */
  readonly rows: number | undefined
  /** The moment at which what comes after the barrier happens. */
  readonly at: number
}

async function committedPart(
  context: BackendContext,
  script: BarrierScript,
): Promise<KeyedHarness<CaseStates>> {
  const h = await context.fresh()
  script.committed?.(h.use.bind(h))
  await h.checkpoint()
  return h
}

async function withoutSnapshot(context: BackendContext, script: BarrierScript): Promise<Expected> {
  await using h = await committedPart(context, script)
  const contentsAfter = (part: ((use: Use) => void) | undefined): Contents => {
    part?.(h.use.bind(h))
    return h.contents()
  }
  return {
    before: contentsAfter(script.before),
    after: contentsAfter(script.after),
    later: contentsAfter(script.later),
  }
}

/** Returns whether there was a moment `at`. */
async function play(context: BackendContext, one: Play): Promise<boolean> {
  const { script, origin, expected, rows, at } = one
  await using h = await (context.mode === 'plain'
    ? committedPart(context, script)
    : context.open({
        states: context.states,
        runs: origin.runs,
        parallelism: origin.backends.length,
      }))
  const use: Use = h.use.bind(h)
  script.before(use)
  const where = `${rows === undefined ? 'committed' : `given up after ${rows} rows`}, moment ${at}: `
  let moment = 0
  await takeSnapshot(h, rows, () => {
    if (moment++ === at) script.after(use)
  })
  if (moment <= at) return false
  const { runs } = h
  deepEqual(h.contents(), expected.after, `${where}when settled`)
  script.later?.(use)
  deepEqual(h.contents(), expected.later, `${where}later`)
  await h.checkpoint()
  equal(h.dirty, false)
  await h.restore()
  deepEqual(h.contents(), expected.later, `${where}restored from the next snapshot`)
  if (rows === undefined) await h.restoreTo(runs)
  if (rows === undefined)
    deepEqual(h.contents(), expected.before, `${where}restored from this snapshot`)
  else equal(runs.length, origin.runs.length)
  return true
}

async function takeSnapshot(
  h: KeyedHarness<CaseStates>,
  rows: number | undefined,
  pass: () => void,
): Promise<void> {
  const snapshot = h.beginSnapshot()
  pass()
  for (let row = 1, written = false; !written; row++) {
    written = snapshot.write() || row === rows
    pass()
  }
  if (rows === undefined) await snapshot.seal()
  pass()
  while (!snapshot.settle()) pass()
  pass()
}
