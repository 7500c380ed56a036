import { describe, expect, it } from 'vitest'
import { systemClock } from '../base/clock.js'
import { systemRandom } from '../base/random.js'
import type { SinkSuiteRecord } from '../testing/sink-context.js'
import { sinkSuite } from '../testing/sink-suite.js'
import { sourceSuite } from '../testing/source-suite.js'
import { collect, fromArray } from './collection.js'

const context = { position: undefined, signal: new AbortController().signal, clock: systemClock }
const runner = { describe, it }

describe('fromArray', () => {
  const expected = Array.from({ length: 25 }, (_, n) => ({ n }))
  sourceSuite({
    runner,
    name: 'as a source',
    open: async () => ({
      open: (position) => fromArray(expected, { batchRecords: 7 }).open({ ...context, position }),
      expected,
      batchRecords: 7,
      foreignPositions: [26],
    }),
  })

  it('reads an empty array as an input that has ended', async () => {
    const reader = await fromArray([]).open(context)
    expect(await reader.read()).toBeUndefined()
  })

  it('refuses a batch size outside the bounds of the contract', () => {
    for (const batchRecords of [0, -1, 1.5, 1001, Number.NaN]) {
      expect(() => fromArray([], { batchRecords })).toThrowError(
        expect.objectContaining({
          code: 'INVALID_ARGUMENT',
          message: expect.stringContaining('batchRecords'),
        }),
      )
    }
  })

  it('stops with the reason of the signal', async () => {
    const controller = new AbortController()
    const reader = await fromArray([1]).open({ ...context, signal: controller.signal })
    controller.abort(new Error('the job stops'))
    await expect(reader.read()).rejects.toThrow('the job stops')
  })
})

describe('collect', () => {
  sinkSuite({
    runner,
    name: 'as a sink',
    open: async () => {
      const sink = collect<SinkSuiteRecord>()
      return {
        open: () => sink.open({ clock: systemClock, random: systemRandom }),
        visible: async () => sink.committed,
      }
    },
  })

  it('refuses a checkpoint whose output was in another process', async () => {
    const writer = await collect('results').open({ clock: systemClock, random: systemRandom })
    await expect(
      writer.recover({ checkpoint: 1, isNew: false, pending: [1], allowDuplicates: false }),
    ).rejects.toMatchObject({ code: 'CORRUPT', message: expect.stringContaining('results') })
  })
})
