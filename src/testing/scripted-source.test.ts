import { describe, expect, it } from 'vitest'
import { memoryBackend } from '../backend/memory/memory-backend.js'
import { seededRandom } from '../base/random.js'
import { collect } from '../connectors/collection.js'
import { inlineRunBuilder } from '../run/run-builder.js'
import type { JobEvent } from '../runtime/events.js'
import { job } from '../runtime/job.js'
import { runJob } from '../runtime/run-job.js'
import type { SourceContext } from '../runtime/source.js'
import { memoryStorage } from '../storage/memory.js'
import { manualClock } from './manual-clock.js'
import { type ScriptStep, scriptedSource } from './scripted-source.js'

const clock = manualClock()

function contextAt(position?: number, signal = new AbortController().signal): SourceContext {
  return { position, signal, clock }
}

/** Reads to the end; a crash is noted and read over. */
async function readAll(script: readonly ScriptStep<string>[], position?: number) {
  const reader = await scriptedSource(script).open(contextAt(position))
  const found: unknown[] = []
  for (;;) {
    try {
      const batch = await reader.read()
      if (batch === undefined) return found
      found.push([batch.records.join(''), batch.position])
    } catch (error) {
      found.push((error as { code: string }).code)
    }
  }
}

/** Runs a job over a script; what happened, in order, beside what was visible then. */
async function play(
  script: readonly ScriptStep<string>[],
  start = manualClock({ autoAdvance: 500 }),
) {
  const source = scriptedSource(script, { clock: start, intervalMs: 1000 })
  const sink = collect<string>()
  const events: string[] = []
  const onEvent = (event: JobEvent): void => {
    source.onEvent(event)
    events.push(`${event.event} ${sink.committed.join('')}`)
  }
  const running = runJob(
    job('play').from(source).to(sink),
    { backend: memoryBackend(), storage: memoryStorage() },
    {
      clock: start,
      onEvent,
      interval: 1000,
      restart: { delay: 1 },
      builder: inlineRunBuilder(),
      random: seededRandom(1),
    },
  )
  return { running, events, sink }
}

describe('scriptedSource', () => {
  it('yields its batches, each with the place behind it, from any place', async () => {
    const script = [['a', 'b'], ['c'], ['d']] as const
    expect(await readAll(script)).toEqual([
      ['ab', 1],
      ['c', 2],
      ['d', 3],
    ])
    expect(await readAll(script, 2)).toEqual([['d', 3]])
    expect(await readAll(script, 3)).toEqual([])
    await expect(readAll(script, 4)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  })

  it('fails at a crash, once, also if the source is opened again', async () => {
    const source = scriptedSource([['a'], 'crash', ['b']])
    const first = await source.open(contextAt())
    await first.read()
    await expect(first.read()).rejects.toMatchObject({ code: 'OPERATOR_FAILED', retryable: true })
    const second = await source.open(contextAt(1))
    expect(await second.read()).toMatchObject({ records: ['b'] })
  })

  it('waits when it is idle until the job is stopped', async () => {
    const abort = new AbortController()
    const reader = await scriptedSource(['idle', ['a']]).open(contextAt(0, abort.signal))
    const reading = reader.read().catch((error: unknown) => error)
    expect(await Promise.race([reading, clock.turn().then(() => 'waits')])).toBe('waits')
    abort.abort()
    expect(await reading).toBe(abort.signal.reason)
  })

  it('has the job take a checkpoint at each barrier, and nowhere else', async () => {
    const { running, events } = await play([['a'], ['b'], 'barrier', ['c'], 'barrier', ['d']])
    expect(await running.done).toBe('finished')
    expect(events).toEqual([
      'started ',
      'checkpoint ab',
      'checkpoint abc',
      'checkpoint abcd',
      'ended abcd',
    ])
  })

  it('goes on behind the barrier it was restored at', async () => {
    const { running, events } = await play(['barrier', ['a'], 'barrier', 'crash', ['b'], 'barrier'])
    expect(await running.done).toBe('finished')
    expect(events).toEqual([
      'started ',
      'checkpoint a',
      'restarting a',
      'started a',
      'checkpoint ab',
      'checkpoint ab',
      'ended ab',
    ])
  })

  it('does not begin with barriers and no clock to move', async () => {
    for (const options of [{}, { clock }, { intervalMs: 10 }]) {
      const source = scriptedSource([['a'], 'barrier'], options)
      await expect(source.open(contextAt())).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    }
  })
})
