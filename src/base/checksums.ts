/** Checksums: CRC-32 per block (a flipped bit), SHA-256 per file (its identity), MurmurHash3 for filters. */
import { createHash } from 'node:crypto'
import { crc32 as zlibCrc32 } from 'node:zlib'

/** CRC-32 (IEEE), unsigned. */
export function crc32(bytes: Uint8Array): number {
  return zlibCrc32(bytes)
}

/** SHA-256 in lower-case hex. */
export function sha256(chunks: readonly Uint8Array[]): string {
  const hash = createHash('sha256')
  for (const chunk of chunks) hash.update(chunk)
  return hash.digest('hex')
}

/** MurmurHash3_x86_32 (Austin Appleby) of a byte string, unsigned. */
export function murmur3(bytes: Uint8Array, seed: number): number {
  const blocks = bytes.length & ~3
  let hash = seed | 0
  for (let i = 0; i < blocks; i += 4) {
    const word =
      (bytes[i] as number) |
      ((bytes[i + 1] as number) << 8) |
      ((bytes[i + 2] as number) << 16) |
      ((bytes[i + 3] as number) << 24)
    hash ^= scramble(word)
    hash = (hash << 13) | (hash >>> 19)
    hash = (Math.imul(hash, 5) + 0xe6546b64) | 0
  }
  let tail = 0
  for (let i = bytes.length - 1; i >= blocks; i--) tail = (tail << 8) | (bytes[i] as number)
  if (blocks < bytes.length) hash ^= scramble(tail)
  hash ^= bytes.length
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

function scramble(word: number): number {
  const mixed = Math.imul(word, 0xcc9e2d51)
  return Math.imul((mixed << 15) | (mixed >>> 17), 0x1b873593)
}
