/**
 * Runs in a storage: verifying them by digest and opening them for reading. Small ones are kept from the
 * verification on; of large ones parts are read as they are needed.
 */
import { createHash } from 'node:crypto'
import { HoldfastError } from '../base/errors.js'
import { memoryRun, type RunBytes } from '../run/run-reader.js'
import type { CheckpointStorage } from '../storage/checkpoint-storage.js'
import type { RunRef } from './manifest.js'

/** Runs up to this size are read once and kept while they are in use, in bytes. */
const KEPT_BYTES_MAX = 8_388_608
/** Bytes of one read of a larger run. */
const READ_BYTES = 4_194_304

/**
 * Reads a whole run and compares size and SHA-256 with the manifest.
 * @returns the run, open for reading
 * @throws `CORRUPT` if it is missing or differs: proven damage; anything else the storage throws is not
 */
export async function verifiedRun(storage: CheckpointStorage, ref: RunRef): Promise<RunBytes> {
  if (ref.inline !== undefined) return verifiedInline(ref, ref.inline)
  if (ref.sizeBytes <= KEPT_BYTES_MAX) {
    const bytes = await storage.read(ref.path)
    check(ref, bytes === undefined ? undefined : digestOf([bytes]), bytes?.length)
    return memoryRun(bytes as Uint8Array, ref.path)
  }
  const hash = createHash('sha256')
  let size = 0
  for (;;) {
    // One byte more than the manifest says is asked for, so that a longer file does not pass.
    const part = await storage.read(ref.path, { offset: size, length: READ_BYTES })
    if (part === undefined) check(ref, undefined, undefined)
    if (part === undefined || part.length === 0 || size > ref.sizeBytes) break
    hash.update(part)
    size += part.length
  }
  check(ref, hash.digest('hex'), size)
  return storedRun(storage, ref)
}

function verifiedInline(ref: RunRef, inline: string): RunBytes {
  const bytes = new Uint8Array(Buffer.from(inline, 'base64'))
  check(ref, digestOf([bytes]), bytes.length)
  return memoryRun(bytes, `${ref.path} (inlined)`)
}

function digestOf(chunks: readonly Uint8Array[]): string {
  const hash = createHash('sha256')
  for (const chunk of chunks) hash.update(chunk)
  return hash.digest('hex')
}

function check(ref: RunRef, digest: string | undefined, sizeBytes: number | undefined): void {
  if (digest === ref.sha256 && sizeBytes === ref.sizeBytes) return
  const problem =
    digest === undefined
      ? 'is missing'
      : sizeBytes === ref.sizeBytes
        ? 'is damaged'
        : `has ${sizeBytes} bytes`
  throw new HoldfastError(
    'CORRUPT',
    `run ${ref.path} ${problem} (${ref.sizeBytes} bytes in the manifest)`,
  )
}

function storedRun(storage: CheckpointStorage, ref: RunRef): RunBytes {
  return {
    name: ref.path,
    sizeBytes: ref.sizeBytes,
    read: async (offset, length) => {
      const bytes = await storage.read(ref.path, { offset, length })
      if (bytes?.length === length) return bytes
      throw new HoldfastError('CORRUPT', `run ${ref.path} has become shorter or is gone`)
    },
  }
}
