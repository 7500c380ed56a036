/** The states the model test plays on: those of the cases, timers, and every kind of state with a time to live. */
import type { StateDescriptor } from '../state/descriptor.js'
import type { Key } from '../state/key.js'
import type { OrderedMapState, TimeListState } from '../state/ordered-state.js'
import type {
  AggregatingState,
  ListState,
  MapState,
  ReducingState,
  ValueState,
} from '../state/state.js'
import { timerQueue } from '../state/timer-queues.js'
import { checkedTtl, type TtlOptions } from '../state/ttl.js'
import { CASE_STATES, type CaseStates } from './backend-context.js'
import type { ModelDraw } from './model-draw.js'

/** The states of the model test. */
export interface ModelStates extends CaseStates {
  readonly ttlValue: StateDescriptor<ValueState<unknown>>
  readonly ttlReducing: StateDescriptor<ReducingState<unknown>>
  readonly ttlAggregating: StateDescriptor<AggregatingState<unknown, string>>
  readonly ttlList: StateDescriptor<ListState<unknown>>
  readonly ttlMap: StateDescriptor<MapState<Key, unknown>>
  readonly ttlOrdered: StateDescriptor<OrderedMapState<Key, unknown>>
  readonly ttlTimes: StateDescriptor<TimeListState<unknown>>
  readonly eventTimers: StateDescriptor
  readonly processingTimers: StateDescriptor
}

/** The states with a time to live. */
export type AgingName =
  | 'ttlValue'
  | 'ttlReducing'
  | 'ttlAggregating'
  | 'ttlList'
  | 'ttlMap'
  | 'ttlOrdered'
  | 'ttlTimes'

/** A time to live as the oracle reads it. */
export type AgingRule = Required<TtlOptions> & { readonly time: number }

/** Which time to live each has. */
export type AgingRules = Readonly<Record<AgingName, AgingRule>>

/** A time to live for each, any of those there are. */
export function drawRules(draw: ModelDraw): AgingRules {
  const rule = (): AgingRule => ({
    time: draw.pick([1, 20, 60, 150, 400, 2000]),
    update: draw.pick(['on-create-and-write', 'on-read-and-write']),
    visibility: draw.pick(['never-expired', 'until-cleaned-up']),
    clock: draw.pick(['processing', 'event']),
  })
  return {
    ttlValue: rule(),
    ttlReducing: rule(),
    ttlAggregating: rule(),
    ttlList: rule(),
    ttlMap: rule(),
    ttlOrdered: rule(),
    ttlTimes: rule(),
  }
}

/** The states by these rules. */
export function modelStates(rules: AgingRules): ModelStates {
  const { value, reducing, aggregating, list, map, ordered, times } = CASE_STATES
  return {
    ...CASE_STATES,
    ttlValue: { ...value, ttl: checkedTtl(rules.ttlValue) },
    ttlReducing: { ...reducing, ttl: checkedTtl(rules.ttlReducing) },
    ttlAggregating: { ...aggregating, ttl: checkedTtl(rules.ttlAggregating) },
    ttlList: { ...list, ttl: checkedTtl(rules.ttlList) },
    ttlMap: { ...map, ttl: checkedTtl(rules.ttlMap) },
    ttlOrdered: { ...ordered, ttl: checkedTtl(rules.ttlOrdered) },
    ttlTimes: { ...times, ttl: checkedTtl(rules.ttlTimes) },
    eventTimers: timerQueue(),
    processingTimers: timerQueue(),
  }
}
