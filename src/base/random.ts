/** Randomness, passed in: the only file of the engine that draws any. Tests pass a seeded one. */
import { randomBytes } from 'node:crypto'

/** A source of random numbers and names. */
export interface Random {
  /** A number in [0, 1). */
  next(): number
  /** A lower-case hex name of 16 digits, for files and writers that must never share a name. */
  nonce(): string
}

/** Cryptographically strong randomness. */
export const systemRandom: Random = {
  next: () => randomBytes(6).readUIntBE(0, 6) / 2 ** 48,
  nonce: () => randomBytes(8).toString('hex'),
}

/** A reproducible stream of randomness from a 32-bit seed (mulberry32). */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const word = (): string =>
    Math.floor(next() * 2 ** 32)
      .toString(16)
      .padStart(8, '0')
  return { next, nonce: () => word() + word() }
}
