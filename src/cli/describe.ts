/** What happens to a job, in words: one line for each event that people want to see. */
import type { KeyReport, SchemaName, StateReport } from '../checkpoint/evolution.js'
import type { JobEvent } from '../runtime/events.js'

type Started = Extract<JobEvent, { event: 'started' }>
type Checkpoint = Extract<JobEvent, { event: 'checkpoint' }>

/** The lines of an event, without line ends; none where people want none. */
export function describeEvent(event: JobEvent): string[] {
  switch (event.event) {
    case 'started':
      return describeStart(event)
    case 'checkpoint':
    case 'ended':
      return []
    case 'checkpoint-failed': {
      const times = event.failures > 1 ? `, ${event.failures} in a row` : ''
      return [`checkpoint failed${times}: ${event.code}: ${event.reason}`]
    }
    case 'restarting':
      return [
        `restart ${event.attempt} in ${duration(event.delayMs)}: ${event.code}: ${event.reason}`,
      ]
    case 'collection-failed':
      return [`old checkpoints could not be deleted, tried again later: ${event.reason}`]
  }
}

function describeStart(event: Started): string[] {
  const skipped = event.skipped.map(
    ({ number, reason }) => `checkpoint ${number} cannot be used and is passed over: ${reason}`,
  )
  const { undeclared } = event
  const kept =
    undeclared.length > 0
      ? [`kept, though the program does not use it: ${undeclared.join(', ')}`]
      : []
  const where =
    event.checkpoint === 0
      ? 'starts from the beginning'
      : `goes on from checkpoint ${event.checkpoint}, at ${grouped(event.records)} records`
  const dropped =
    event.dropped.length > 0
      ? [`dropped with the next checkpoint: ${event.dropped.join(', ')}`]
      : []
  const keys = event.migratedKeys.map(describeKeys)
  const evolved = event.evolved.map(describeEvolution)
  return [...skipped, ...kept, ...dropped, ...keys, ...evolved, `job "${event.job}" ${where}`]
}

/** What becomes of an operator's keys, as a line. */
export function describeKeys({ operator, before, now }: KeyReport): string {
  return `${operator}: keys change from ${before} to ${now}; everything is written anew with the next checkpoint`
}

/** How a state is gone on with, as a line. */
export function describeEvolution(report: StateReport): string {
  const { operator, state, outcome, before, now, differs } = report
  const how =
    outcome === 'reconfigured'
      ? 'its serializer is adapted to what was written before'
      : `values of ${before.map(schemaName).join(', ')} are written as ${schemaName(now)} when they change`
  return `${operator}/${state}: ${how}${differs.length > 0 ? `: ${differs.join('; ')}` : ''}`
}

function schemaName({ schema, serializer }: SchemaName): string {
  return `schema ${schema} (${serializer})`
}

/** A checkpoint as part of a line. */
export function describeCheckpoint(event: Checkpoint): string {
  const { checkpoint, durationMs, sizeBytes, pauseMs } = event
  const pause = `pause ${pauseMs.toFixed(pauseMs < 10 ? 1 : 0)} ms`
  return `checkpoint ${checkpoint}: ${duration(durationMs)}, ${bytes(sizeBytes)}, ${pause}`
}

/** A number with its thousands apart. */
export function grouped(count: number): string {
  return count.toLocaleString('en-US')
}

function duration(ms: number): string {
  return ms < 1000 ? `${ms.toFixed(0)} ms` : `${(ms / 1000).toFixed(1).replace('.0', '')} s`
}

/** A size. */
export function bytes(count: number): string {
  if (count < 1000) return `${count} B`
  return count < 1_000_000
    ? `${(count / 1000).toFixed(1)} kB`
    : `${(count / 1_000_000).toFixed(1)} MB`
}
