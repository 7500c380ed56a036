/**
 * What a decoder's thread and its owner say to each other. Slices go over a port of their own, from which the
 * owner takes them one by one when it wants them; everything here goes over the worker's own channel.
 */
import type { MessagePort } from 'node:worker_threads'
import { type ErrorCode, HoldfastError, messageOf } from '../../base/errors.js'
import type { DecodeRequest } from './slice.js'

/** What the thread starts with (`workerData`). */
export interface DecoderSetup {
  readonly request: DecodeRequest
  /** Where slices go. */
  readonly slices: MessagePort
}

/** From the thread: it stands at the first row; a group lies at the port; there are no more; it has failed. */
export type DecoderMessage =
  | { readonly kind: 'opened' }
  | { readonly kind: 'group'; readonly slices: number }
  | { readonly kind: 'end' }
  | { readonly kind: 'failed'; readonly error: PlainError }

/** To the thread: a group was consumed, another may be decoded. */
export const GROUP_CONSUMED = 'group consumed'

/** An error as a message: a thread boundary would strip an Error of its code. */
export interface PlainError {
  readonly code: ErrorCode
  readonly message: string
  readonly retryable: boolean
  readonly stack: string | undefined
}

/** Makes an error ready to cross. What is not Holdfast's own becomes `INTERNAL`. */
export function plainError(error: unknown): PlainError {
  const stack = error instanceof Error ? error.stack : undefined
  if (error instanceof HoldfastError) {
    return { code: error.code, message: error.message, retryable: error.retryable, stack }
  }
  return {
    code: 'INTERNAL',
    message: `the Parquet decoder failed: ${messageOf(error)}`,
    retryable: false,
    stack,
  }
}

/** The error again, on the other side; its cause has the stack of the thread. */
export function holdfastError({ code, message, retryable, stack }: PlainError): HoldfastError {
  return new HoldfastError(code, message, { retryable, cause: stack })
}
