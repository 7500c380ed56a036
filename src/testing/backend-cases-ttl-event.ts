/** The state backend contract, part: time to live in event time, which Flink has not. */
import { deepEqual, equal, throws } from 'node:assert/strict'
import { hasCode } from '../base/errors.js'
import type { StatesOf } from '../state/descriptor.js'
import type { BackendCase, CaseStates } from './backend-context.js'
import { openTtl, showsAll, TTL_KINDS, type TtlContext, VALUE, writeAll } from './ttl-kinds.js'

const EVENT = { clock: 'event' } as const

/** By the timestamps of records and the watermark. */
export const ttlEventCases: readonly BackendCase[] = [
  {
    id: 'ttl-event-exact',
    title:
      'state of every kind expires when the watermark reaches its timestamp plus its time to live',
    async run(context) {
      for (const kind of TTL_KINDS) {
        const opened = await openTtl(context, EVENT)
        kind.write(record(opened, 1000), 1)
        await opened.here()
        deepEqual(kind.read(reached(opened, 1099)), kind.shows(1), kind.name)
        await opened.here()
        // The machine's time says nothing.
        opened.h.clock.now = 1e15
        deepEqual(kind.read(reached(opened, 1099)), kind.shows(1), kind.name)
        await opened.here()
        deepEqual(kind.read(reached(opened, 1100)), kind.shows(), kind.name)
      }
    },
  },
  {
    id: 'ttl-event-no-timestamp',
    title: 'a write without a timestamp is refused and changes nothing; reading needs none',
    async run(context) {
      for (const update of ['on-create-and-write', 'on-read-and-write'] as const) {
        const opened = await openTtl(context, { ...EVENT, update })
        const { h, here, k } = opened
        record(opened, 1000)
        writeAll(h, 'k', 1)
        h.clock.timestamp = undefined
        await here()
        await h.checkpoint()
        for (const kind of TTL_KINDS) {
          throws(
            () => kind.write(k(), 2),
            (error) => hasCode(error, 'INVALID_STATE'),
            kind.name,
          )
        }
        throws(
          () => k().list.add(1),
          (error) => hasCode(error, 'INVALID_STATE'),
        )
        showsAll(h, 'k', 1)
        equal(h.dirty, false)
        await here()
        showsAll(h, 'k', 1)
        // What needs no time: taking away.
        k().list.addAll([])
        k().value.update(undefined)
        k().map.remove('entry')
        for (const state of Object.values(k())) state.clear()
        showsAll(h, 'k')
      }
    },
  },
  {
    id: 'ttl-event-late',
    title:
      'a late record makes nothing older that it adds to; what it writes alone is as old as it',
    async run(context) {
      const opened = await openTtl(context, EVENT)
      const { h, here, k } = opened
      record(opened, 1000)
      writeAll(h, 'k', 1)
      k().list.update(['at 1000'])
      for (const kind of TTL_KINDS) if (kind.state !== 'list') kind.write(record(opened, 950), 2)
      record(opened, 950).list.add('at 950')
      await here()
      deepEqual(reached(opened, 1049).list.get(), ['at 1000', 'at 950'])
      deepEqual(reached(opened, 1050).list.get(), ['at 1000'])
      await here()
      equal(VALUE.read(reached(opened, 1099)), 2)
      await here()
      for (const kind of TTL_KINDS) {
        deepEqual(kind.read(reached(opened, 1100)), kind.shows(), kind.name)
      }
      for (const kind of TTL_KINDS) {
        kind.write(record(opened, 1000), 3)
        deepEqual(kind.read(k()), kind.shows(), `too late: ${kind.name}`)
      }
    },
  },
  {
    id: 'ttl-event-read',
    title:
      'where reads count, a read by a newer record refreshes, and one by an older record changes nothing',
    async run(context) {
      for (const kind of TTL_KINDS) {
        const opened = await openTtl(context, { ...EVENT, update: 'on-read-and-write' })
        kind.write(record(opened, 1000), 1)
        await opened.here()
        deepEqual(kind.read(record(opened, 1030)), kind.shows(1), kind.name)
        await opened.here()
        await opened.h.checkpoint()
        deepEqual(kind.read(record(opened, 1010)), kind.shows(1), kind.name)
        equal(opened.h.dirty, false)
        deepEqual(kind.read(reached(opened, 1129)), kind.shows(1), kind.name)
        deepEqual(kind.read(reached(opened, 1130)), kind.shows(), kind.name)
      }
    },
  },
  {
    id: 'ttl-event-before-1970',
    title: 'timestamps before 1970 are kept like any other',
    async run(context) {
      const opened = await openTtl(context, EVENT)
      record(opened, -2_208_988_800_000)
      writeAll(opened.h, 'k', 1)
      await opened.here()
      reached(opened, -2_208_988_799_901)
      showsAll(opened.h, 'k', 1)
      await opened.here()
      reached(opened, -2_208_988_799_900)
      showsAll(opened.h, 'k')
    },
  },
  {
    id: 'ttl-event-end',
    title: 'before the first watermark and at the end of the input nothing expires',
    async run(context) {
      const opened = await openTtl(context, EVENT)
      record(opened, 1000)
      writeAll(opened.h, 'k', 1)
      await opened.here()
      showsAll(opened.h, 'k', 1)
      reached(opened, Number.POSITIVE_INFINITY)
      showsAll(opened.h, 'k', 1)
      await opened.here()
      showsAll(opened.h, 'k', 1)
    },
  },
]

/** The key `k`, at a record of this timestamp. */
function record({ h, k }: TtlContext, timestamp: number): StatesOf<CaseStates> {
  h.clock.timestamp = timestamp
  return k()
}

/** The key `k`, with no record at hand, the watermark having come here. */
function reached({ h, k }: TtlContext, watermark: number): StatesOf<CaseStates> {
  h.clock.timestamp = undefined
  h.clock.watermark = watermark
  return k()
}
