/**
 * The owner's side of a decoder's thread. Decoding holds a thread for tenths of a second at a time, during which
 * no barrier, timer or signal would run, hence the thread; what is decoded is taken over slice by slice.
 */
import {
  MessageChannel,
  receiveMessageOnPort,
  type Worker,
  type WorkerOptions,
} from 'node:worker_threads'
import { HoldfastError, messageOf } from '../../base/errors.js'
import { optionalImport } from '../../base/optional-import.js'
import { startWorker } from '../../base/worker.js'
import {
  type DecoderMessage,
  type DecoderSetup,
  GROUP_CONSUMED,
  holdfastError,
} from './protocol.js'
import type { DecodeRequest, Decoder, Slice } from './slice.js'

/** Starts the thread itself; a test puts another one in its place. */
export type StartThread = (options: WorkerOptions) => Worker

const startThread: StartThread = (options) => startWorker(import.meta.url, 'decoder', options)

/** Starts one; see {@link StartDecoder}. */
export async function startDecoderThread(
  request: DecodeRequest,
  start: StartThread = startThread,
): Promise<Decoder> {
  // Asked here as well, so that a missing package is named before a thread is started in vain.
  for (const name of ['hyparquet', 'hyparquet-compressors']) {
    await optionalImport(name, 'reading Parquet', async () => import.meta.resolve(name))
  }
  const decoder = new DecoderThread(request, start)
  try {
    await decoder.opened()
    return decoder
  } catch (error) {
    await decoder.close()
    throw error
  }
}

const YOUNG_GENERATION_MB = 96

class DecoderThread implements Decoder {
  readonly #worker: Worker
  readonly #slices = new MessageChannel()
  #opened = false
  /** Slices that lie at the port. */
  #ready = 0
  #ended = false
  #failure: HoldfastError | undefined
  #wake = (): void => {}

  constructor(request: DecodeRequest, start: StartThread) {
    const setup: DecoderSetup = { request, slices: this.#slices.port2 }
    this.#worker = start({
      workerData: setup,
      // A decoded group is short-lived and large: with Node's default a fifth of the time goes to the collector.
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
      transferList: [this.#slices.port2],
    })
    this.#worker.on('message', (message: DecoderMessage) => this.#hear(message))
    this.#worker.on('messageerror', (error) => this.#fail(stopped(messageOf(error))))
    this.#worker.on('error', (error) => this.#fail(stopped(messageOf(error))))
    this.#worker.on('exit', (code) => this.#fail(stopped(`exit code ${code}`)))
  }

  async opened(): Promise<void> {
    while (!this.#opened) {
      if (this.#failure !== undefined) throw this.#failure
      await this.#change()
    }
  }

  async next(): Promise<Slice | undefined> {
    for (;;) {
      // What was decoded before a failure is still good.
      if (this.#ready > 0) return this.#take()
      if (this.#ended) return undefined
      if (this.#failure !== undefined) throw this.#failure
      await this.#change()
    }
  }

  async close(): Promise<void> {
    this.#ready = 0
    this.#fail(new HoldfastError('INVALID_STATE', 'the Parquet source is closed'))
    this.#slices.port1.close()
    await this.#worker.terminate()
  }

  #take(): Slice {
    const slice: Slice | undefined = receiveMessageOnPort(this.#slices.port1)?.message
    if (slice === undefined)
      throw new HoldfastError('INTERNAL', 'broken invariant: a decoded slice is missing')
    this.#ready--
    if (slice.endsGroup) this.#worker.postMessage(GROUP_CONSUMED)
    return slice
  }

  #hear(message: DecoderMessage): void {
    if (message.kind === 'opened') this.#opened = true
    else if (message.kind === 'group') this.#ready += message.slices
    else if (message.kind === 'end') this.#ended = true
    else this.#fail(holdfastError(message.error))
    this.#wake()
  }

  /** Keeps the first failure. An exit after the end, or after {@link close}, changes nothing any more. */
  #fail(failure: HoldfastError): void {
    this.#failure ??= failure
    this.#wake()
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve
    })
  }
}

function stopped(reason: string): HoldfastError {
  return new HoldfastError(
    'STORAGE_FAILED',
    `the thread that decodes Parquet has stopped unexpectedly: ${reason}; if memory ran out, give Node more (--max-old-space-size) or write smaller row groups`,
    { retryable: true },
  )
}
