/** A key in a message: short whatever is given, and never failing. */
import { isPlainObject } from './key-struct.js'

/** Parts of a tuple or struct that are shown, and how deep. */
const PARTS_SHOWN = 4
const DEPTH_SHOWN = 2
/** Longest text shown, in UTF-16 units, and most bytes. */
const TEXT_SHOWN = 40
const BYTES_SHOWN = 8

/** A key, or what was given for one, in a message; long ones by their beginning. */
export function keyText(key: unknown): string {
  try {
    return shown(key, 0)
  } catch {
    // A getter or a proxy of the caller's that throws.
    return 'an object'
  }
}

function shown(key: unknown, depth: number): string {
  if (typeof key === 'string') return JSON.stringify(clipped(key))
  if (typeof key === 'bigint') return BigInt.asIntN(128, key) === key ? `${key}n` : 'a huge bigint'
  if (typeof key === 'symbol') return clipped(String(key))
  if (typeof key === 'function') return 'a function'
  if (typeof key !== 'object' || key === null) return String(key)
  if (key instanceof Uint8Array) return bytesShown(key)
  if (Array.isArray(key)) {
    return depth < DEPTH_SHOWN ? `[${listed(key, (part) => shown(part, depth + 1))}]` : 'an array'
  }
  if (!isPlainObject(key) || depth >= DEPTH_SHOWN) return 'an object'
  const names = Object.keys(key).sort()
  return `{${listed(names, (name) => `${clipped(name)}: ${shown(key[name], depth + 1)}`)}}`
}

function listed<T>(parts: readonly T[], show: (part: T) => string): string {
  const texts = parts.slice(0, PARTS_SHOWN).map(show)
  return [...texts, ...(parts.length > PARTS_SHOWN ? ['…'] : [])].join(', ')
}

function bytesShown(key: Uint8Array): string {
  const begin = Array.from(key.subarray(0, BYTES_SHOWN), (byte) =>
    byte.toString(16).padStart(2, '0'),
  )
  return `${key.length} bytes ${begin.join('')}${key.length > BYTES_SHOWN ? '…' : ''}`
}

function clipped(text: string): string {
  return text.length > TEXT_SHOWN ? `${text.slice(0, TEXT_SHOWN)}…` : text
}
