/** The state backend contract, part: states that validate what they are given. */
import { deepEqual, equal, throws } from 'node:assert/strict'
import { HoldfastError } from '../base/errors.js'
import {
  listState,
  mapState,
  orderedMapState,
  reducingState,
  type StateDescriptors,
  timeListState,
  valueState,
} from '../state/descriptor.js'
import type { StandardSchema } from '../state/standard-schema.js'
import type { BackendCase } from './backend-context.js'

/** Whole numbers; takes texts of digits for numbers. */
const WHOLE: StandardSchema<number> = {
  '~standard': {
    version: 1,
    vendor: 'holdfast-testing',
    validate: (value) => {
      const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value
      return Number.isInteger(number)
        ? { value: number as number }
        : { issues: [{ message: 'not a whole number' }] }
    },
  },
}

const OPTIONS = { schema: WHOLE, validate: true } as const
const STATES = {
  value: valueState(OPTIONS),
  list: listState(OPTIONS),
  map: mapState<string, number>(OPTIONS),
  ordered: orderedMapState<string, number>(OPTIONS),
  times: timeListState(OPTIONS),
  sum: reducingState((a: number, b: number) => a + b, OPTIONS),
} satisfies StateDescriptors

const bad = 'no number' as unknown as number
const digits = '7' as unknown as number

/** A refusal that names the state. */
function refusedBy(state: string): (error: unknown) => boolean {
  return (error) =>
    error instanceof HoldfastError &&
    error.code === 'INVALID_ARGUMENT' &&
    error.message.includes(`"${state}"`) &&
    error.message.includes('not a whole number')
}

/** What the validator makes of a value is kept; what it refuses changes nothing. */
export const validatedCases: readonly BackendCase[] = [
  {
    id: 'validated-refused',
    title:
      'what the validator refuses is refused by every kind of state, named, and nothing changes',
    async run({ open, here }) {
      const h = await open({ states: STATES })
      const fill = h.use('k')
      fill.value.update(1)
      fill.list.addAll([1, 2])
      fill.map.put('m', 1)
      fill.ordered.put('m', 1)
      fill.times.add(5, 1)
      fill.sum.add(1)
      await h.checkpoint()
      await here(h)
      const digest = h.digest()
      const { value, list, map, ordered, times, sum } = h.use('k')
      throws(() => value.update(bad), refusedBy('value'))
      throws(() => list.add(bad), refusedBy('list'))
      throws(() => list.addAll([3, bad]), refusedBy('list'))
      throws(() => list.update([3, bad]), refusedBy('list'))
      throws(() => map.put('m', bad), refusedBy('map'))
      throws(() => ordered.put('m', bad), refusedBy('ordered'))
      throws(() => times.add(6, bad), refusedBy('times'))
      throws(() => sum.add(bad), refusedBy('sum'))
      equal(h.digest(), digest)
      equal(h.dirty, false)
    },
  },
  {
    id: 'validated-output',
    title: 'what the validator makes of a value is what is kept',
    async run({ open, here }) {
      const h = await open({ states: STATES })
      const fill = h.use('k')
      fill.value.update(digits)
      fill.list.add(digits)
      fill.list.addAll([1, digits])
      fill.map.put('m', digits)
      fill.ordered.put('m', digits)
      fill.times.add(5, digits)
      fill.sum.add(digits)
      fill.sum.add(digits)
      await here(h)
      const { value, list, map, ordered, times, sum } = h.use('k')
      equal(value.value(), 7)
      deepEqual(list.get(), [7, 1, 7])
      equal(map.get('m'), 7)
      equal(ordered.get('m'), 7)
      deepEqual([...times.entries()], [[5, 7]])
      equal(sum.get(), 14)
    },
  },
  {
    id: 'validated-absent',
    title: 'undefined is no value to validate: it removes, or is refused, as ever',
    async run({ open, here }) {
      const h = await open({ states: STATES })
      h.use('k').value.update(1)
      h.use('k').map.put('m', 1)
      await here(h)
      h.use('k').value.update(undefined)
      h.use('k').map.put('m', undefined)
      throws(() => h.use('k').list.add(undefined as unknown as number), {
        code: 'INVALID_ARGUMENT',
      })
      deepEqual(h.keys(), [])
    },
  },
]
