/**
 * A Bloom filter per section (docs/format/run-format.md, "Filter"): "surely absent" without reading a
 * block. Double hashing as in LevelDB: one 32-bit hash, its rotation as the step.
 */
import { murmur3 } from '../base/checksums.js'

const BITS_PER_ROW = 10
const PROBES = 7
const BYTES_MIN = 8
const BYTES_MAX = 134_217_728

/** The hash of a row key that filters use. */
export function filterHash(rowKey: Uint8Array): number {
  return murmur3(rowKey, 0)
}

/** The filter over these hashes. */
export function buildFilter(hashes: readonly number[]): Uint8Array {
  const size = Math.min(
    Math.max(Math.ceil((hashes.length * BITS_PER_ROW) / 8), BYTES_MIN),
    BYTES_MAX,
  )
  const filter = new Uint8Array(size)
  for (const hash of hashes) {
    for (let probe = 0; probe < PROBES; probe++) {
      const bit = bitOf(hash, probe, size * 8)
      filter[bit >> 3] = (filter[bit >> 3] as number) | (1 << (bit & 7))
    }
  }
  return filter
}

/** `false`: no row of the section has a key with this hash. `true`: maybe (about 1 % wrongly so). */
export function mayContain(filter: Uint8Array, hash: number): boolean {
  for (let probe = 0; probe < PROBES; probe++) {
    const bit = bitOf(hash, probe, filter.length * 8)
    if (((filter[bit >> 3] as number) & (1 << (bit & 7))) === 0) return false
  }
  return true
}

function bitOf(hash: number, probe: number, bits: number): number {
  const step = ((hash >>> 17) | (hash << 15)) >>> 0
  return ((hash + Math.imul(probe, step)) >>> 0) % bits
}
