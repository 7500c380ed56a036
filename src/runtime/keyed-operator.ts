/**
 * A keyed step at work: a record meets the state of its key. One operator holds all its subtasks, each a
 * range of key groups with a backend of its own; a record goes to the subtask that owns its key group.
 */

import type { KeyedStateBackend } from '../backend/state-backend.js'
import type { Timer } from '../backend/timer-queue.js'
import { defined } from '../base/assert.js'
import { subtaskOf } from '../keygroup/key-group-range.js'
import { type Key, type KeyType, keyText } from '../state/key.js'
import type { State } from '../state/state.js'
import type { StateClock } from '../state/state-clock.js'
import type { TimeDomain } from '../state/timer-queues.js'
import type { ProcessStep, TimerService } from './graph.js'
import type { JobTime } from './job-time.js'
import { KeyedContext } from './keyed-context.js'
import type { Keying } from './keying.js'
import {
  advanceAll,
  type Breathe,
  fillTimes,
  forward,
  type Operator,
  operatorFailed,
  type Timestamps,
} from './operator.js'
import type { OperatorStates } from './operator-state.js'
import type { SubtaskAt } from './subtask-context.js'
import { KeyTimers, queuesOf, TimerQueueGroup } from './timers.js'

/** Records emitted before `onEnd` hands them on and lets others have their turn. */
const END_BATCH = 1000
/** Timers that fire before others have their turn; about as much work as a batch of records. */
const FIRE_BATCH = 1000

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
  /** The clock its backends have been given. */
  readonly clock: StateClock
  readonly time: JobTime
}

/** A subtask and what is made for it here. */
interface Owner extends Subtask {
  readonly timers: TimerService
}

/** A keyed step at work. */
export class KeyedOperator implements Operator {
  readonly step: ProcessStep
  readonly keying: Keying
  readonly subtasks: readonly Subtask[]
  readonly operatorStates: OperatorStates
  readonly clock: StateClock
  readonly #next: readonly Operator[]
  readonly #time: JobTime
  readonly #context: KeyedContext
  readonly #owners: readonly Owner[]
  /** Which subtask owns each key group. */
  readonly #ownerOf: readonly Owner[]
  /** `undefined`: the step can have no timers. */
  readonly #timers: Readonly<Record<TimeDomain, TimerQueueGroup>> | undefined

  constructor({ step, keying, subtasks, operatorStates, next, clock, time }: KeyedOperatorParts) {
    this.step = step
    this.keying = keying
    this.subtasks = subtasks
    this.operatorStates = operatorStates
    this.clock = clock
    this.#next = next
    this.#time = time
    const queues = subtasks.map(({ backend }) => step.onTimer && queuesOf(backend))
    this.#owners = subtasks.map((subtask, i) => {
      return { ...subtask, timers: new KeyTimers(step.uid, clock, queues[i]) }
    })
    const present = queues.filter((queue) => queue !== undefined)
    this.#timers =
      step.onTimer &&
      ({
        event: new TimerQueueGroup(present.map(({ event }) => event)),
        processing: new TimerQueueGroup(present.map(({ processing }) => processing)),
      } as const)
    this.#context = new KeyedContext(clock, defined(this.#owners[0], 'a subtask').timers)
    const groups = Array.from({ length: keying.maxParallelism }, (_, group) => group)
    this.#ownerOf = groups.map((group) =>
      defined(
        this.#owners[subtaskOf(group, subtasks.length, keying.maxParallelism)],
        'the owner of a group',
      ),
    )
  }

  push(batch: readonly unknown[], times: Timestamps): void | Promise<void> {
    const keys = this.#keysOf(batch)
    const groups = keys.map((key) => this.keying.groupOf(key))
    const pending = this.#prefetch(keys, groups)
    const keyed = { batch, times, keys, groups }
    return pending === undefined ? this.#process(keyed) : pending.then(() => this.#process(keyed))
  }

  /** Fires the event-time timers that are due, and then passes the watermark on. */
  async advance(watermark: number, breathe: Breathe): Promise<boolean> {
    if (watermark > this.clock.watermark) this.clock.watermark = watermark
    if (!(await this.#fire('event', breathe))) return false
    return advanceAll(this.#next, watermark, breathe)
  }

  /** Fires what is due by now, in either domain. `false`: left half done because `breathe` said so. */
  async fireDue(breathe: Breathe): Promise<boolean> {
    return (await this.#fire('event', breathe)) && (await this.#fire('processing', breathe))
  }

  /** The time of its earliest processing-time timer, in ms; `undefined`: it has none. */
  nextProcessingTime(): number | undefined {
    return this.#timers?.processing.nextTime()
  }

  /** Moves the state clock to the present. */
  tick(): void {
    this.clock.now = this.#time.read()
  }

  /** The input has ended: fires what `onEnd` above has brought, then calls `onEnd` for every key. */
  async end(breathe: Breathe): Promise<void> {
    await this.#fire('event', breathe)
    const { onEnd } = this.step
    if (onEnd === undefined) return
    const context = this.#context
    this.tick()
    this.clock.timestamp = undefined
    for (const { backend, states, timers, at } of this.#owners) {
      context.timers = timers
      context.at = at
      for (const [key, group] of backend.keys()) {
        backend.setCurrentKey(key, group, this.keying.type as KeyType)
        context.key = key
        this.#guard(key, () => onEnd(states, context))
        if (context.out.length < END_BATCH) continue
        await forward(this.#next, context.take(), undefined)
        await breathe()
      }
    }
    await forward(this.#next, context.take(), undefined)
  }

  #process({ batch, times, keys, groups }: KeyedBatch): void | Promise<void> {
    const context = this.#context
    const { clock } = this
    const type = this.keying.type as KeyType
    const { onRecord } = this.step
    const outTimes: number[] | undefined = times && []
    this.tick()
    clock.timestamp = undefined
    let key: Key = ''
    try {
      for (let i = 0; i < batch.length; i++) {
        const group = groups[i] as number
        key = keys[i] as Key
        const owner = this.#ownerOf[group] as Owner
        owner.backend.setCurrentKey(key, group, type)
        context.key = key
        context.at = owner.at
        context.timers = owner.timers
        if (times !== undefined) clock.timestamp = times[i] as number
        onRecord(batch[i], owner.states, context)
        if (outTimes !== undefined) fillTimes(outTimes, context.out.length, times?.[i] as number)
      }
    } catch (cause) {
      throw operatorFailed(`onRecord of "${this.step.uid}" for key ${keyText(key)}`, cause)
    }
    return forward(this.#next, context.take(), outTimes)
  }

  /**
   * Fires the due timers of a domain in slices. Between two slices everything emitted has been handed on and the
   * rest are still timers, so that a checkpoint can be taken there.
   */
  async #fire(domain: TimeDomain, breathe: Breathe): Promise<boolean> {
    const group = this.#timers?.[domain]
    if (group === undefined) return true
    this.tick()
    const upTo = domain === 'event' ? this.clock.watermark : this.clock.now
    for (;;) {
      const times: number[] | undefined = domain === 'event' ? [] : undefined
      const done = this.#fireSlice(group, upTo, times)
      await forward(this.#next, this.#context.take(), times)
      if (done) return true
      if (!(await breathe())) return false
    }
  }

  /** Fires up to {@link FIRE_BATCH} timers. `times`: where event times of what they emit go. `true`: no more are due. */
  #fireSlice(group: TimerQueueGroup, upTo: number, times: number[] | undefined): boolean {
    const context = this.#context
    group.restart()
    for (let fired = 0; fired < FIRE_BATCH && context.out.length < END_BATCH; fired++) {
      const timer = group.poll(upTo)
      if (timer === undefined) return true
      this.#fireTimer(timer, this.#owners[group.owner] as Owner, times)
    }
    return false
  }

  #fireTimer(timer: Timer, owner: Owner, times: number[] | undefined): void {
    const { key, keyGroup, time } = timer
    const context = this.#context
    owner.backend.setCurrentKey(key, keyGroup, this.keying.type as KeyType)
    context.key = key
    context.timers = owner.timers
    this.clock.timestamp = times && time
    const domain: TimeDomain = times === undefined ? 'processing' : 'event'
    const onTimer = defined(this.step.onTimer, 'onTimer')
    try {
      onTimer({ time, domain }, owner.states, context)
    } catch (cause) {
      throw operatorFailed(`onTimer of "${this.step.uid}" for key ${JSON.stringify(key)}`, cause)
    }
    if (times !== undefined) fillTimes(times, context.out.length, time)
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

/** A batch and what is known of its records. */
interface KeyedBatch {
  readonly batch: readonly unknown[]
  readonly times: Timestamps
  readonly keys: readonly Key[]
  readonly groups: readonly number[]
}

async function both(a: Promise<void>, b: Promise<void>): Promise<void> {
  await Promise.all([a, b])
}
