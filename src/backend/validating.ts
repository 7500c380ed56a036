/**
 * Validation at the edge: a state whose descriptor asks for it gets members of its own in the place of those that take
 * values, so that other states pay nothing. What the validator returns is what is kept.
 */
import { HoldfastError, messageOf } from '../base/errors.js'
import type { SectionName } from '../run/format.js'
import type { StateDescriptor, StateKind } from '../state/descriptor.js'
import type { Key } from '../state/key.js'
import type { OrderedMapState, TimeListState } from '../state/ordered-state.js'
import type { ListState, ReducingState, State, ValueState } from '../state/state.js'

type Validate = (value: unknown) => unknown

/** The members of a state that take values, validating; none for kinds without. */
const MEMBERS: Readonly<Partial<Record<StateKind, (state: State, validate: Validate) => object>>> =
  {
    value: (state, validate) => {
      const update = (state as ValueState<unknown>).update.bind(state)
      return { update: (value: unknown) => update(validate(value)) }
    },
    map: puts,
    orderedMap: puts,
    list: (state, validate) => {
      const list = state as ListState<unknown>
      const [add, addAll, update] = [
        list.add.bind(list),
        list.addAll.bind(list),
        list.update.bind(list),
      ]
      return {
        add: (element: unknown) => add(validate(element)),
        addAll: (elements: readonly unknown[]) => addAll(each(elements, validate)),
        update: (elements: readonly unknown[]) => update(each(elements, validate)),
      }
    },
    timeList: (state, validate) => {
      const add = (state as TimeListState<unknown>).add.bind(state)
      return { add: (time: number, element: unknown) => add(time, validate(element)) }
    },
    reducing: (state, validate) => {
      const add = (state as ReducingState<unknown>).add.bind(state)
      return { add: (value: unknown) => add(validate(value)) }
    },
  }

/** Has a state validate what it is given, if its descriptor says so. Errors name the state; nothing is changed then. */
export function validating(
  state: State,
  { kind, validated }: StateDescriptor,
  name: SectionName,
): void {
  if (validated === undefined) return
  const validate: Validate = (value) => {
    // Absence, or a mistake that the state itself tells.
    if (value === undefined) return value
    try {
      return validated(value)
    } catch (cause) {
      const where = `state "${name.state}" of operator "${name.operator}"`
      const code = cause instanceof HoldfastError ? cause.code : 'INVALID_ARGUMENT'
      throw new HoldfastError(code, `${where}: ${messageOf(cause)}`, { cause })
    }
  }
  Object.assign(state, MEMBERS[kind]?.(state, validate))
}

function puts(state: State, validate: Validate): object {
  const put = (state as OrderedMapState<Key, unknown>).put.bind(state)
  return { put: (mapKey: Key, value: unknown) => put(mapKey, validate(value)) }
}

/** What is no array is left to the state, to be refused. */
function each(elements: readonly unknown[], validate: Validate): readonly unknown[] {
  return Array.isArray(elements) ? Array.from(elements, validate) : elements
}
