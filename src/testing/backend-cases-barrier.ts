/**
 * The state backend contract, part: changes around a barrier. Each case is a small script: what is committed, what
 * changes up to the barrier, what changes after it and what changes later. The part after it is played at every
 * moment there is: before the first row is written, between any two rows, before and after the commit, between
 * any two slices of settling. And once more with a snapshot that is given up after one row, and after all.
 */
import { deepEqual, equal, ok } from 'node:assert/strict'
import type { BackendCase, BackendContext, CaseStates, Use } from './backend-context.js'
import type { Contents } from './contents.js'
import type { KeyedHarness } from './keyed-harness.js'

/** Changes, by the part of a script. */
interface Script {
  readonly id: string
  readonly title: string
  /** Committed long before the barrier. Default: nothing. */
  readonly committed?: (use: Use) => void
  readonly before: (use: Use) => void
  readonly after: (use: Use) => void
  /** When the snapshot is settled. Default: nothing. */
  readonly later?: (use: Use) => void
}

const SCRIPTS: readonly Script[] = [
  {
    id: 'barrier-values',
    title: 'values changed, set anew and never touched after the barrier',
    committed: (use) => ['a', 'b', 'c'].forEach((key) => void use(key).value.update('committed')),
    before: (use) => ['a', 'b', 'd', 'e'].forEach((key) => void use(key).value.update('before')),
    after: (use) => ['a', 'd', 'f'].forEach((key) => void use(key).value.update('after')),
  },
  {
    id: 'barrier-values-twice',
    title: 'a value changed several times after the barrier',
    before: (use) => use('k').value.update('before'),
    after: (use) =>
      ['one', undefined, 'two', null].forEach((next) => void use('k').value.update(next)),
    later: (use) => use('k').value.update('later'),
  },
  {
    id: 'barrier-value-cleared-after',
    title: 'values cleared after the barrier, set before it or long before',
    committed: (use) => use('old').value.update('committed'),
    before: (use) => ['new', 'other'].forEach((key) => void use(key).value.update('before')),
    after: (use) => ['old', 'new'].forEach((key) => void use(key).value.clear()),
  },
  {
    id: 'barrier-value-set-after-clear',
    title: 'values cleared before the barrier and set after it',
    committed: (use) => ['a', 'b'].forEach((key) => void use(key).value.update('committed')),
    before: (use) => ['a', 'b'].forEach((key) => void use(key).value.clear()),
    after: (use) => use('a').value.update('after'),
    later: (use) => use('b').value.update('later'),
  },
  {
    id: 'barrier-value-cleared-again',
    title: 'a value cleared before the barrier, set and cleared again after it, set later',
    committed: (use) => use('k').value.update('committed'),
    before: (use) => use('k').value.clear(),
    after: (use) => ['after', undefined].forEach((next) => void use('k').value.update(next)),
    later: (use) => use('k').value.update('later'),
  },
  {
    id: 'barrier-nothing-before',
    title: 'changes after a barrier before which nothing changed',
    committed: (use) => use('k').map.put('x', 'committed'),
    before: () => undefined,
    after: (use) => {
      use('k').map.clear()
      use('k').value.update('after')
    },
  },
  {
    id: 'barrier-entries',
    title: 'map entries put, overwritten and removed on both sides of the barrier',
    committed: (use) =>
      ['a', 'b', 'c', 'd'].forEach((entry) => void use('k').map.put(entry, 'committed')),
    before: (use) => {
      use('k').map.put('a', 'before')
      use('k').map.remove('b')
      use('k').map.put('new', 'before')
    },
    after: (use) => {
      use('k').map.remove('a')
      use('k').map.put('b', 'after')
      use('k').map.put('c', 'after')
      use('k').map.remove('new')
    },
    later: (use) => use('k').map.put('a', 'later'),
  },
  {
    id: 'barrier-entry-removed-again',
    title: 'an entry removed before the barrier, put and removed again after it, put later',
    committed: (use) => ['x', 'y'].forEach((entry) => void use('k').map.put(entry, 'committed')),
    before: (use) => use('k').map.remove('x'),
    after: (use) => ['after', undefined].forEach((next) => void use('k').map.put('x', next)),
    later: (use) => use('k').map.put('x', 'later'),
  },
  {
    id: 'barrier-map-emptied',
    title: 'the last entries of maps removed before the barrier, one put again after it',
    committed: (use) => ['a', 'b'].forEach((key) => void use(key).map.put('x', 'committed')),
    before: (use) => ['a', 'b'].forEach((key) => void use(key).map.remove('x')),
    after: (use) => use('a').map.put('x', 'after'),
    later: (use) => use('b').map.put('y', 'later'),
  },
  {
    id: 'barrier-cleared-after',
    title: 'a map cleared after the barrier, with entries from before it and from long before',
    committed: (use) => ['a', 'b'].forEach((entry) => void use('k').map.put(entry, 'committed')),
    before: (use) => {
      use('k').map.put('b', 'before')
      use('k').map.put('c', 'before')
    },
    after: (use) => {
      use('k').map.clear()
      use('k').map.put('c', 'after')
    },
  },
  {
    id: 'barrier-cleared-before',
    title: 'a map filled and cleared before the barrier, some entries put again before or after it',
    committed: (use) => ['a', 'b'].forEach((entry) => void use('k').map.put(entry, 'committed')),
    before: (use) => {
      use('k').map.put('b', 'doomed')
      use('k').map.put('c', 'doomed')
      use('k').map.clear()
      use('k').map.put('d', 'before')
    },
    after: (use) => ['b', 'd'].forEach((entry) => void use('k').map.put(entry, 'after')),
  },
  {
    id: 'barrier-cleared-twice',
    title: 'a map cleared before the barrier and after it, and filled each time',
    committed: (use) => ['a', 'b'].forEach((entry) => void use('k').map.put(entry, 'committed')),
    before: (use) => {
      use('k').map.clear()
      use('k').map.put('b', 'before')
      use('k').map.put('c', 'before')
    },
    after: (use) => {
      use('k').map.clear()
      use('k').map.put('c', 'after')
      use('k').map.clear()
      use('k').map.put('d', 'after')
    },
    later: (use) => use('k').map.put('b', 'later'),
  },
  {
    id: 'barrier-cleared-empty',
    title: 'a map emptied by a clear before the barrier, used in vain after it and filled later',
    committed: (use) => use('k').map.put('a', 'committed'),
    before: (use) => use('k').map.clear(),
    after: (use) => {
      use('k').map.put('a', 'vain')
      use('k').map.remove('a')
    },
    later: (use) => use('k').map.put('b', 'later'),
  },
  {
    id: 'barrier-removed-then-cleared',
    title: 'a map emptied entry by entry before the barrier and cleared, though empty, after it',
    committed: (use) => ['a', 'b'].forEach((entry) => void use('k').map.put(entry, 'committed')),
    before: (use) => ['a', 'b'].forEach((entry) => void use('k').map.remove(entry)),
    after: (use) => use('k').map.clear(),
    later: (use) => use('k').map.put('a', 'later'),
  },
  {
    id: 'barrier-states',
    title: 'all states of one key changed on both sides of the barrier',
    committed: (use) => {
      use('k').value.update('committed')
      use('k').map.put('x', 'committed')
      use('k').otherMap.put('x', 'committed')
    },
    before: (use) => {
      use('k').value.clear()
      use('k').other.update('before')
      use('k').map.put('x', 'before')
      use('k').otherMap.clear()
    },
    after: (use) => {
      use('k').value.update('after')
      use('k').other.clear()
      use('k').map.clear()
      use('k').otherMap.put('y', 'after')
    },
  },
]

/** At every moment of a snapshot: it has what was before its barrier, the next one has the rest. */
export const barrierCases: readonly BackendCase[] = SCRIPTS.map((script) => ({
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
}))

/** What the parts of a script come to. */
interface Expected {
  readonly before: Contents
  readonly after: Contents
  readonly later: Contents
}

/** One way to play a script. */
interface Play {
  readonly script: Script
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
  script: Script,
): Promise<KeyedHarness<CaseStates>> {
  const h = await context.fresh()
  script.committed?.(h.use.bind(h))
  await h.checkpoint()
  return h
}

async function withoutSnapshot(context: BackendContext, script: Script): Promise<Expected> {
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
