/**
 * A keyed step at work: a record meets the state of its key. One operator holds all its subtasks, each a
 * range of key groups with a backend of its own; a record goes to the subtask that owns its key group.
 */

import type { KeyedStateBackend } from '../backend/state-backend.js'
import { defined } from '../base/assert.js'
import { subtaskOf } from '../keygroup/key-group-range.js'
import { type Key, type KeyType, keyText } from '../state/key.js'
import type { State } from '../state/state.js'
import type { ProcessContext, ProcessStep } from './graph.js'
import type { Keying } from './keying.js'
import { forward, type Operator, operatorFailed } from './operator.js'
import type { OperatorStates } from './operator-state.js'
import { EmittingContext, type SubtaskAt } from './subtask-context.js'

/** Records emitted before `onEnd` hands them on and lets others have their turn. */
const END_BATCH = 1000

/** One range of key groups. */
export interface Subtask {
  readonly backend: KeyedStateBackend
  readonly states: Record<string, State>
  /** Its index and operator state. */
  readonly at: SubtaskAt
}

/** What a keyed operator is made of. */
export interface KeyedOperatorParts {
  readonly step: ProcessStep
  readonly keying: Keying
  /** In order of their ranges, which cover all key groups. */
  readonly subtasks: readonly Subtask[]
  readonly operatorStates: OperatorStates
  /** Who gets what it emits. */
  readonly next: readonly Operator[]
}

/** The context user functions get: one object, changed per record. */
class Context extends EmittingContext implements ProcessContext<unknown> {
  key: Key = ''
}

/** A keyed step at work. */
export class KeyedOperator implements Operator {
  readonly step: ProcessStep
  readonly keying: Keying
  readonly subtasks: readonly Subtask[]
  readonly operatorStates: OperatorStates
  readonly #next: readonly Operator[]
  readonly #context = new Context()
  /** Which subtask owns each key group. */
  readonly #owners: readonly Subtask[]

  constructor({ step, keying, subtasks, operatorStates, next }: KeyedOperatorParts) {
    this.step = step
    this.keying = keying
    this.subtasks = subtasks
    this.operatorStates = operatorStates
    this.#next = next
    const groups = Array.from({ length: keying.maxParallelism }, (_, group) => group)
    this.#owners = groups.map((group) =>
      defined(
        subtasks[subtaskOf(group, subtasks.length, keying.maxParallelism)],
        'the owner of a group',
      ),
    )
  }

  push(batch: readonly unknown[]): void | Promise<void> {
    const keys = this.#keysOf(batch)
    const groups = keys.map((key) => this.keying.groupOf(key))
    const pending = this.#prefetch(keys, groups)
    if (pending !== undefined) return pending.then(() => this.#process(batch, keys, groups))
    return this.#process(batch, keys, groups)
  }

  /** The input has ended: calls `onEnd` for every key. */
  async end(turn: () => Promise<void>): Promise<void> {
    const { onEnd } = this.step
    if (onEnd === undefined) return
    const context = this.#context
    for (const { backend, states, at } of this.subtasks) {
      context.at = at
      for (const [key, group] of backend.keys()) {
        backend.setCurrentKey(key, group, this.keying.type as KeyType)
        context.key = key
        this.#guard(key, () => onEnd(states, context))
        if (context.out.length < END_BATCH) continue
        await forward(this.#next, context.take())
        await turn()
      }
    }
    await forward(this.#next, context.take())
  }

  #process(
    batch: readonly unknown[],
    keys: readonly Key[],
    groups: readonly number[],
  ): void | Promise<void> {
    const context = this.#context
    const type = this.keying.type as KeyType
    const { onRecord } = this.step
    let key: Key = ''
    try {
      for (let i = 0; i < batch.length; i++) {
        const group = groups[i] as number
        key = keys[i] as Key
        const owner = this.#owners[group] as Subtask
        owner.backend.setCurrentKey(key, group, type)
        context.key = key
        context.at = owner.at
        onRecord(batch[i], owner.states, context)
      }
    } catch (cause) {
      throw operatorFailed(`onRecord of "${this.step.uid}" for key ${keyText(key)}`, cause)
    }
    return forward(this.#next, context.take())
  }

  #keysOf(batch: readonly unknown[]): Key[] {
    const { keying, step } = this
    try {
      return batch.map((record) => keying.check(step.keyOf(record)))
    } catch (cause) {
      throw operatorFailed(`keyBy before "${step.uid}"`, cause)
    }
  }

  /** Asks each subtask for its keys; waits only for those that have to fetch some. */
  #prefetch(keys: readonly Key[], groups: readonly number[]): Promise<void> | undefined {
    const shares = this.subtasks.length === 1 ? [keys] : this.#share(keys, groups)
    let pending: Promise<void> | undefined
    for (const [i, subtask] of this.subtasks.entries()) {
      const wait = subtask.backend.prefetch(shares[i] as readonly Key[])
      if (wait !== undefined) pending = pending === undefined ? wait : both(pending, wait)
    }
    return pending
  }

  /** The keys by subtask. */
  #share(keys: readonly Key[], groups: readonly number[]): Key[][] {
    const { subtasks, keying } = this
    const shares: Key[][] = subtasks.map(() => [])
    for (let i = 0; i < keys.length; i++) {
      const owner = subtaskOf(groups[i] as number, subtasks.length, keying.maxParallelism)
      ;(shares[owner] as Key[]).push(keys[i] as Key)
    }
    return shares
  }

  #guard(key: Key, run: () => void): void {
    try {
      run()
    } catch (cause) {
      throw operatorFailed(`onEnd of "${this.step.uid}" for key ${keyText(key)}`, cause)
    }
  }
}

async function both(a: Promise<void>, b: Promise<void>): Promise<void> {
  await Promise.all([a, b])
}
