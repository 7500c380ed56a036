/**
 * The state backend contract, part: values and maps around a barrier, as scripts that are played at every moment of a
 * snapshot there is.
 */

import type { BackendCase } from './backend-context.js'
import { type BarrierScript, barrierCase } from './barrier-script.js'

const SCRIPTS: readonly BarrierScript[] = [
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
export const barrierCases: readonly BackendCase[] = SCRIPTS.map(barrierCase)
