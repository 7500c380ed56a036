/** The worker's side of `worker-run-builder.ts`: gathers batches per build, assembles, answers. */
import { parentPort } from 'node:worker_threads'
import { defined } from '../base/assert.js'
import { type ErrorCode, HoldfastError, messageOf } from '../base/errors.js'
import { assembleRun, type RunBelow } from './assemble.js'
import type { RowBatch } from './row-batch.js'
import type { BuiltRun } from './run-writer.js'

/** What the worker is told: a batch, the end of a build, or that it is given up. */
export type BuilderRequest =
  | { readonly build: number; readonly batch: RowBatch }
  | { readonly build: number; readonly below: readonly RunBelow[] }
  | { readonly build: number; readonly cancel: true }

/** What it answers to the end of a build. */
export interface BuilderAnswer {
  readonly build: number
  readonly run?: BuiltRun
  readonly error?: { readonly code: ErrorCode; readonly message: string }
}

const port = defined(parentPort, 'the port of the worker')
const builds = new Map<number, RowBatch[]>()

port.on('message', (request: BuilderRequest) => {
  if ('batch' in request) {
    const batches = builds.get(request.build)
    if (batches === undefined) builds.set(request.build, [request.batch])
    else batches.push(request.batch)
    return
  }
  const batches = builds.get(request.build) ?? []
  builds.delete(request.build)
  if ('below' in request) void finish(request.build, batches, request.below)
})

async function finish(
  build: number,
  batches: readonly RowBatch[],
  below: readonly RunBelow[],
): Promise<void> {
  try {
    const run = await assembleRun(batches, below)
    if (run === undefined) return port.postMessage({ build } satisfies BuilderAnswer)
    // One buffer: small chunks would each be copied with the whole buffer they are a view of.
    const file = new Uint8Array(run.sizeBytes)
    let at = 0
    for (const chunk of run.chunks) {
      file.set(chunk, at)
      at += chunk.length
    }
    port.postMessage({ build, run: { ...run, chunks: [file] } } satisfies BuilderAnswer, [
      file.buffer,
    ])
  } catch (error) {
    const code = error instanceof HoldfastError ? error.code : 'INTERNAL'
    port.postMessage({ build, error: { code, message: messageOf(error) } } satisfies BuilderAnswer)
  }
}
