/**
 * Builds runs in one worker thread, so that the thread that processes records only encodes. Buffers are
 * transferred both ways.
 */
import type { Worker } from 'node:worker_threads'
import { HoldfastError } from '../base/errors.js'
import { startWorker } from '../base/worker.js'
import type { BuilderAnswer, BuilderRequest } from './builder-worker.js'
import type { RowBatch } from './row-batch.js'
import type { RunBuild, RunBuilder } from './run-builder.js'
import type { BuiltRun } from './run-writer.js'

interface Waiting {
  resolve(run: BuiltRun | undefined): void
  reject(error: unknown): void
}

/**
 * Starts the worker at once, so that the first checkpoint need not wait for it, and keeps it until
 * disposed. Holds no process open when idle.
 */
export function workerRunBuilder(): RunBuilder {
  return new WorkerRunBuilder()
}

class WorkerRunBuilder implements RunBuilder {
  #worker: Worker | undefined
  #next = 1
  readonly #waiting = new Map<number, Waiting>()

  constructor() {
    this.#started()
  }

  begin(): RunBuild {
    const build = this.#next++
    const worker = this.#started()
    const send = (request: BuilderRequest, transfer: ArrayBuffer[] = []): void => {
      // A worker started since holds nothing of this build: going on with it would lose rows.
      if (worker !== this.#worker) throw gone('it has ended since the build began')
      worker.postMessage(request, transfer)
    }
    return {
      add: (batch: RowBatch) => send({ build, batch }, [batch.bytes.buffer]),
      finish: (below) =>
        new Promise((resolve, reject) => {
          send({ build, below: below.map((run) => ({ ...run, bytes: run.bytes.slice() })) })
          this.#waiting.set(build, { resolve, reject })
          worker.ref()
        }),
      cancel: () => {
        if (worker === this.#worker) send({ build, cancel: true })
      },
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const worker = this.#worker
    this.#worker = undefined
    await worker?.terminate()
    this.#fail(new HoldfastError('INVALID_STATE', 'the run builder was closed'))
  }

  #started(): Worker {
    if (this.#worker !== undefined) return this.#worker
    const worker = startWorker(import.meta.url, 'builder-worker')
    worker.on('message', (answer: BuilderAnswer) => this.#answer(answer))
    worker.on('error', (cause) => this.#gone(worker, cause))
    worker.on('exit', (code) => this.#gone(worker, `exit code ${code}`))
    worker.unref()
    this.#worker = worker
    return worker
  }

  #answer(answer: BuilderAnswer): void {
    const waiting = this.#waiting.get(answer.build)
    this.#waiting.delete(answer.build)
    if (this.#waiting.size === 0) this.#worker?.unref()
    if (answer.error === undefined) waiting?.resolve(answer.run)
    else waiting?.reject(new HoldfastError(answer.error.code, answer.error.message))
  }

  #gone(worker: Worker, cause: unknown): void {
    if (this.#worker === worker) this.#worker = undefined
    this.#fail(gone(cause))
  }

  #fail(error: HoldfastError): void {
    for (const waiting of this.#waiting.values()) waiting.reject(error)
    this.#waiting.clear()
  }
}

function gone(cause: unknown): HoldfastError {
  const message =
    'the thread that writes runs has died; the checkpoint fails, the next one starts another'
  return new HoldfastError('STORAGE_FAILED', message, { cause, retryable: true })
}
