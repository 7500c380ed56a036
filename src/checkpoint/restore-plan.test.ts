import { describe, expect, it } from 'vitest'
import {
  abortOf,
  checkpointOf,
  claimOf,
  contentOf,
  entryOf,
  runOf,
} from '../../test/recovery/entries.js'
import { KEY_HASH } from '../keygroup/hash.js'
import type { LogEntry, OperatorRecord, StateRecord } from './manifest.js'
import { checkJob, matches, nextOlder, planRestore } from './restore-plan.js'

/** The entries of a log that are part of its history, newest first. */
function lineage(log: readonly LogEntry[]): number[] {
  const found: number[] = []
  let below = Number.POSITIVE_INFINITY
  for (const entry of log.toReversed()) {
    if (entry.number >= below) continue
    found.push(entry.number)
    below = nextOlder(entry)
  }
  return found
}

describe('nextOlder', () => {
  it('goes down one by one while owners go on from the newest', () => {
    const log = [claimOf(1, 0), checkpointOf(2), claimOf(3, 2), abortOf(4), checkpointOf(5)]
    expect(lineage(log)).toEqual([5, 4, 3, 2, 1])
  })

  it('leaves out what an owner that went back has left behind, its aborts and claims too', () => {
    const log = [checkpointOf(2), checkpointOf(3), claimOf(4, 3), abortOf(5), checkpointOf(6)]
    const back = [...log, claimOf(7, 6), claimOf(8, 2), checkpointOf(9)]
    expect(lineage(back)).toEqual([9, 8, 2])
    expect(lineage([...back, claimOf(10, 9), claimOf(11, 0)])).toEqual([11])
  })

  it('leaves out twice what two owners have left behind', () => {
    const log = [checkpointOf(2), checkpointOf(3), claimOf(4, 2), checkpointOf(5), checkpointOf(6)]
    expect(lineage([...log, claimOf(7, 5), checkpointOf(8)])).toEqual([8, 7, 5, 4, 2])
  })

  it('reaches the claims of the checkpoint an owner went back to', () => {
    const log = [checkpointOf(2), claimOf(3, 2), checkpointOf(4), claimOf(5, 2)]
    expect(lineage(log)).toEqual([5, 2])
  })

  it('goes on below entries that cannot be read', () => {
    expect(lineage([claimOf(1, 0), checkpointOf(2), checkpointOf(5)])).toEqual([5, 2, 1])
    expect(lineage([checkpointOf(2), claimOf(6, 4), checkpointOf(7)])).toEqual([7, 6, 2])
  })
})

describe('matches', () => {
  it('takes any content for the latest, the one of a number by the checkpoint it holds', () => {
    expect(matches(claimOf(7, 3), 'latest')).toBe(true)
    expect(matches(claimOf(7, 3), 3)).toBe(true)
    expect(matches(claimOf(7, 3), 7)).toBe(false)
    expect(matches(abortOf(7), 'latest')).toBe(false)
    expect(matches(abortOf(7), 7)).toBe(false)
  })
})

describe('checkJob', () => {
  it('refuses the entries of another job, and keys assigned by another hash', () => {
    expect(() => checkJob(entryOf(1), 'job', KEY_HASH)).not.toThrow()
    expect(() => checkJob(entryOf(1), 'jobs', KEY_HASH)).toThrow(
      expect.objectContaining({ code: 'WRONG_JOB' }),
    )
    expect(() => checkJob(entryOf(1, { keyHash: 'other' }), 'job', KEY_HASH)).toThrow(
      expect.objectContaining({ code: 'INCOMPATIBLE_STATE' }),
    )
  })
})

const VALUE: StateRecord = { kind: 'value', schemas: [{ number: 1, serializer: 'msgpack' }] }

function operator(parts: Partial<OperatorRecord> = {}): OperatorRecord {
  return {
    maxParallelism: 128,
    keyType: 'string',
    states: new Map([['sum', VALUE]]),
    runs: [],
    ...parts,
  }
}

describe('planRestore', () => {
  const runs = [runOf(2), runOf(3), runOf(4)]
  const part = (checkpoint: number, first: number, last: number) => ({
    run: runOf(checkpoint).path,
    order: checkpoint,
    keyGroups: { first, last },
  })
  const kept = operator({ runs: [part(2, 0, 9), part(3, 0, 4), part(4, 5, 9)] })
  const content = contentOf(4, { runs, operators: new Map([['tally', kept]]) })
  const shares = (first: number, last: number) =>
    planRestore(content, { operator: 'tally', state: 'sum' }, { first, last }).map(
      ({ run, keyGroups }) => [runs.indexOf(run), keyGroups.first, keyGroups.last],
    )

  it('passes over the runs that are older than the state counts since', () => {
    const states = new Map([['sum', { ...VALUE, since: 3 }]])
    const rewritten = { ...content, operators: new Map([['tally', { ...kept, states }]]) }
    const find = (state: string) =>
      planRestore(rewritten, { operator: 'tally', state }, { first: 0, last: 9 })
    expect(find('sum').map(({ run }) => runs.indexOf(run))).toEqual([1, 2])
    // Its rows may still be in the runs.
    expect(find('dropped')).toEqual([])
  })

  it('takes of each run what it may and what the subtask owns, oldest first', () => {
    expect(shares(0, 9)).toEqual([
      [0, 0, 9],
      [1, 0, 4],
      [2, 5, 9],
    ])
    expect(shares(0, 2)).toEqual([
      [0, 0, 2],
      [1, 0, 2],
    ])
    expect(shares(4, 6)).toEqual([
      [0, 4, 6],
      [1, 4, 4],
      [2, 5, 6],
    ])
  })

  it('gives every key group of every run to one subtask, at any parallelism', () => {
    for (const bounds of [[10], [3, 10], [1, 4, 8, 10]]) {
      const found = bounds.flatMap((end, index) => shares(bounds[index - 1] ?? 0, end - 1))
      const groups = found.flatMap(([run = 0, first = 0, last = 0]) =>
        Array.from({ length: last - first + 1 }, (_, n) => `${run}:${first + n}`),
      )
      expect(new Set(groups).size).toBe(groups.length)
      expect(groups).toHaveLength(10 + 5 + 5)
    }
  })

  it('has nothing for an operator that the checkpoint does not know', () => {
    expect(
      planRestore(content, { operator: 'other', state: 'sum' }, { first: 0, last: 9 }),
    ).toEqual([])
  })
})
