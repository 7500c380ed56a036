/** The state backend contract, part: time to live across restores: by the checkpoint's clock, under changed settings. */
import { deepEqual, equal } from 'node:assert/strict'
import {
  type BackendCase,
  type BackendContext,
  CASE_STATES,
  type CaseStates,
} from './backend-context.js'
import type { HarnessCheckpoint } from './harness-checkpoint.js'
import { openRun } from './harness-snapshot.js'
import type { KeyedHarness } from './keyed-harness.js'
import {
  LIST,
  MAP_ENTRY,
  openTtl,
  REDUCING,
  showsAll,
  VALUE,
  withTtl,
  writeAll,
} from './ttl-kinds.js'

/** Whoever reads a checkpoint finds the same of it expired. */
export const ttlRestoreCases: readonly BackendCase[] = [
  {
    id: 'ttl-keys-snapshot-cleanup',
    title:
      'what had expired when a checkpoint was taken is not there after a restore, even if the clock is set back',
    once: true,
    async run(context) {
      for (const parallelism of [1, 3]) {
        const { at, h } = await openTtl(context)
        at(0)
        writeAll(h, 'id1', 1)
        at(50)
        writeAll(h, 'id2', 2)
        h.clock.now = 120
        await h.checkpoint()
        await h.restore(parallelism)
        h.clock.now = 60
        showsAll(h, 'id1')
        showsAll(h, 'id2', 2)
        deepEqual(h.keys(), ['id2'])
        h.clock.now = 150
        showsAll(h, 'id2')
      }
    },
  },
  {
    id: 'ttl-restore-older',
    title:
      'after a restore from an older checkpoint state has the times it had then, not those of later writes',
    once: true,
    async run(context) {
      const { at, h } = await openTtl(context)
      at(0)
      writeAll(h, 'k', 1)
      await h.checkpoint()
      const older = h.checkpointed
      at(50)
      for (const kind of [VALUE, LIST, MAP_ENTRY]) kind.write(h.use('k'), 2)
      for (const name of ['reducing', 'aggregating'] as const) h.use('k')[name].add(2)
      await h.checkpoint()
      const newer = h.checkpointed
      at(60)
      await h.restoreTo(older)
      at(99)
      showsAll(h, 'k', 1)
      at(100)
      showsAll(h, 'k')
      await h.restoreTo(newer, 3)
      at(149)
      showsAll(h, 'k', 1, 2)
      at(150)
      showsAll(h, 'k')
    },
  },
  {
    id: 'ttl-compaction',
    title:
      'compaction drops expired state and keeps what was refreshed; below it may lie older runs',
    async run(context) {
      const { at, h, here } = await openTtl(context)
      at(0)
      writeAll(h, 'refreshed', 1)
      await h.checkpoint()
      at(10)
      writeAll(h, 'expired', 1)
      await h.checkpoint()
      await here()
      at(60)
      for (const kind of [VALUE, LIST, MAP_ENTRY]) kind.write(h.use('refreshed'), 2)
      for (const name of ['reducing', 'aggregating'] as const) h.use('refreshed')[name].add(2)
      await here()
      at(110)
      h.use('other').other.update('x')
      await h.checkpoint()
      await here()
      await h.compact(1)
      const merged = (await openRun(h.runs.at(-1) ?? new Uint8Array())).reader.sections
      for (const { state, statistics } of merged) {
        deepEqual(statistics.rows, state === 'other' ? [1, 0, 0, 0] : [1, 1, 0, 0], state)
      }
      equal(merged.length, 6)
      await h.restore()
      showsAll(h, 'expired')
      showsAll(h, 'refreshed', 1, 2)
      await here()
      at(159)
      showsAll(h, 'refreshed', 1, 2)
      at(160)
      showsAll(h, 'refreshed')
    },
  },
  {
    id: 'ttl-removed',
    title:
      'state written with a time to live can be declared without: what lives stays for good, what was dead stays so',
    once: true,
    async run(context) {
      const off = await reopened(context, CASE_STATES, await written(context))
      off.clock.now = 1e12
      showsAll(off, 'dead')
      showsAll(off, 'living', 1)
      off.use('living').list.add(7)
      await off.checkpoint()
      await off.restore(2)
      deepEqual(off.use('living').list.get(), [1, 2, 7])
      equal(off.use('living').value.value(), 1)
      deepEqual(off.keys(), ['living'])
    },
  },
  {
    id: 'ttl-added',
    title:
      'state written without a time to live can be declared with one: it lives its time from the checkpoint on',
    once: true,
    async run(context) {
      const plain = await context.open({ states: CASE_STATES })
      writeAll(plain, 'k', 1)
      plain.clock.now = 1000
      await plain.checkpoint()
      const on = await reopened(context, withTtl(), plain.checkpointed)
      on.clock.now = 1050
      on.use('k').list.add(9)
      // Restarts give it no more time.
      await on.checkpoint()
      await on.restore(3)
      on.clock.now = 1099
      deepEqual(on.use('k').list.get(), [1, 2, 9])
      equal(on.use('k').value.value(), 1)
      await on.checkpoint()
      await on.restore()
      on.clock.now = 1100
      deepEqual(on.use('k').list.get(), [9])
      for (const kind of [VALUE, MAP_ENTRY, REDUCING]) {
        deepEqual(kind.read(on.use('k')), kind.shows(), kind.name)
      }
      await on.checkpoint()
      await on.restore()
      on.clock.now = 1060
      deepEqual(on.use('k').list.get(), [9])
      equal(on.use('k').value.value(), undefined)
    },
  },
  {
    id: 'ttl-added-again',
    title: 'a time to live that is taken away and given again begins anew for all that lives',
    once: true,
    async run(context) {
      const off = await reopened(context, CASE_STATES, await written(context))
      writeAll(off, 'new', 3)
      off.clock.now = 5000
      await off.checkpoint()
      const on = await reopened(context, withTtl(), off.checkpointed)
      on.clock.now = 5099
      showsAll(on, 'dead')
      showsAll(on, 'living', 1)
      showsAll(on, 'new', 3)
      await on.checkpoint()
      await on.restore(2)
      showsAll(on, 'living', 1)
      on.clock.now = 5100
      deepEqual(on.keys(), [])
    },
  },
  {
    id: 'ttl-changed',
    title:
      'a changed time to live counts for state written before, too, but brings nothing back that was dead',
    once: true,
    async run(context) {
      const kept = await written(context)
      const longer = await reopened(context, withTtl({ time: 1000 }), kept)
      showsAll(longer, 'dead')
      longer.clock.now = 1049
      await longer.checkpoint()
      await longer.restore(2)
      showsAll(longer, 'dead')
      showsAll(longer, 'living', 1)
      longer.clock.now = 1050
      showsAll(longer, 'living')
      const shorter = await reopened(context, withTtl({ time: 71 }), kept)
      showsAll(shorter, 'living', 1)
      const over = await reopened(context, withTtl({ time: 70 }), kept)
      showsAll(over, 'living')
    },
  },
  {
    id: 'ttl-clock-changed',
    title:
      'state whose time to live goes over to event time lives its time from the watermark on, and back',
    once: true,
    async run(context) {
      const kept = await written(context)
      const event = await reopened(context, withTtl({ clock: 'event' }), {
        ...kept,
        at: { now: 120, eventTime: -3000 },
      })
      event.clock.watermark = -2901
      showsAll(event, 'dead')
      showsAll(event, 'living', 1)
      await event.checkpoint()
      const back = await reopened(context, withTtl(), event.checkpointed)
      back.clock.now = 219
      showsAll(back, 'living', 1)
      back.clock.now = 220
      showsAll(back, 'living')
      event.clock.watermark = -2900
      showsAll(event, 'living')
    },
  },
]

/** A checkpoint at 120 of what was written at 0, which is dead then, and at 50. */
async function written(context: BackendContext): Promise<HarnessCheckpoint> {
  const { at, h } = await openTtl(context)
  at(0)
  writeAll(h, 'dead', 1)
  at(50)
  writeAll(h, 'living', 1)
  at(120)
  await h.checkpoint()
  return h.checkpointed
}

/** Another program over a checkpoint; its clock goes on from there. */
async function reopened(
  context: BackendContext,
  states: CaseStates,
  runs: HarnessCheckpoint,
): Promise<KeyedHarness<CaseStates>> {
  const h = await context.open({ states, runs, keyType: 'string' })
  h.clock.now = runs.at.now
  return h
}
