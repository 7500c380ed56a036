import { describe, expect, it } from 'vitest'
import { sha256 } from '../base/checksums.js'
import { memoryStorage } from '../storage/memory.js'
import { runPath } from '../storage/paths.js'
import { faultyStorage } from '../testing/faulty-storage.js'
import type { RunRef } from './manifest.js'
import { verifiedRun } from './run-store.js'

const PATH = runPath({ epoch: 1, checkpoint: 2, nonce: '0123456789abcdef' })
/** Read at once, and in parts: one part and a bit, parts that come out even, and one byte more. */
const SIZES = [0, 1, 8_388_608, 8_388_609, 12_582_912, 12_582_913]
const LARGEST = Buffer.alloc(Math.max(...SIZES) + 1, 'some bytes of a run ')

function refOf(bytes: Uint8Array): RunRef {
  return { path: PATH, sizeBytes: bytes.length, sha256: sha256([bytes]), inline: undefined }
}

async function stored(bytes: Uint8Array) {
  const storage = memoryStorage()
  await storage.create(PATH, bytes)
  return storage
}

describe('a run in a storage', () => {
  it('is what the manifest says, and can be read in any part', async () => {
    for (const size of SIZES) {
      const bytes = LARGEST.subarray(0, size)
      const run = await verifiedRun(await stored(bytes), refOf(bytes))
      expect(run.sizeBytes).toBe(size)
      expect(Buffer.from(await run.read(0, size)).equals(bytes)).toBe(true)
      expect(
        Buffer.from(await run.read(size >> 1, size - (size >> 1))).equals(
          bytes.subarray(size >> 1),
        ),
      ).toBe(true)
      await expect(run.read(size, 1)).rejects.toMatchObject({ code: 'CORRUPT' })
    }
  })

  it('that is longer, shorter, changed or gone is damaged, whatever its size', async () => {
    for (const size of SIZES.slice(1)) {
      const bytes = LARGEST.subarray(0, size)
      const changed = Buffer.from(bytes)
      changed[size - 1] = (changed[size - 1] as number) ^ 1
      const ref = refOf(bytes)
      for (const there of [LARGEST.subarray(0, size + 1), bytes.subarray(1), changed]) {
        await expect(verifiedRun(await stored(there), ref)).rejects.toMatchObject({
          code: 'CORRUPT',
          message: expect.stringContaining(PATH),
        })
      }
      await expect(verifiedRun(memoryStorage(), ref)).rejects.toMatchObject({ code: 'CORRUPT' })
    }
  })

  it('kept in the manifest is compared as well', async () => {
    const bytes = Buffer.from('inlined')
    const inline = (text: string): RunRef => ({ ...refOf(bytes), inline: text })
    const run = await verifiedRun(memoryStorage(), inline(bytes.toString('base64')))
    expect(Buffer.from(await run.read(0, 7)).toString()).toBe('inlined')
    for (const text of ['', 'aW5saW5lZA', 'aW5saW5lZQ==', '!']) {
      const same = Buffer.from(text, 'base64').equals(bytes)
      const verified = verifiedRun(memoryStorage(), inline(text)).then(
        () => true,
        () => false,
      )
      expect(await verified).toBe(same)
    }
  })

  it('that a storage fails to read is not damaged', async () => {
    const bytes = LARGEST.subarray(0, 9_000_000)
    const ref = refOf(bytes)
    const inner = await stored(bytes)
    for (const call of [0, 1, 2, 3]) {
      const storage = faultyStorage(inner, ({ index }) =>
        index === call ? { type: 'before' } : undefined,
      )
      await expect(verifiedRun(storage, ref)).rejects.toMatchObject({ code: 'STORAGE_FAILED' })
    }
  })

  it('that vanishes while it is in use is damaged then', async () => {
    const bytes = LARGEST.subarray(0, 9_000_000)
    const storage = await stored(bytes)
    const run = await verifiedRun(storage, refOf(bytes))
    await storage.delete(PATH)
    await expect(run.read(0, 10)).rejects.toMatchObject({ code: 'CORRUPT' })
  })
})
