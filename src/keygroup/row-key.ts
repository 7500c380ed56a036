/**
 * The row key: key group (2 bytes, big-endian) · key · namespace · map key, order-preserving and
 * self-delimiting. Operator and state are not part of it: they name the section of a run the row is in
 * (docs/format/run-format.md).
 */
import { ByteReader, type ByteWriter } from '../base/bytes.js'
import type { Key, KeyType } from '../state/key-shape.js'
import { readOrdered, writeOrdered, writeVoid } from './ordered.js'

/** A row key, decoded. */
export interface RowKey {
  readonly keyGroup: number
  readonly key: Key
  /** `undefined`: the void namespace. */
  readonly namespace: Key | undefined
  /** `undefined`: the row of a value, or a CLEAR of all map keys. */
  readonly mapKey: Key | undefined
}

/**
 * Appends a row key up to and including the namespace.
 * @param namespace its type is taken from its value; `undefined`: the void one, of plain state
 */
export function writeRowPrefix(
  out: ByteWriter,
  keyGroup: number,
  key: Key,
  keyType: KeyType,
  namespace?: Key,
): void {
  out.u8(keyGroup >> 8)
  out.u8(keyGroup & 0xff)
  writeOrdered(out, key, keyType)
  if (namespace === undefined) writeVoid(out)
  else writeOrdered(out, namespace)
}

/**
 * Appends the row key of a timer: its time where other rows have their key, then the key, then the namespace unless it
 * is the void one. So the rows of a key group are in order of time, and the first is the next timer.
 */
export function writeTimerKey(
  out: ByteWriter,
  timer: {
    readonly time: number
    readonly key: Key
    readonly keyGroup: number
    readonly namespace: Key | undefined
  },
  keyType: KeyType,
): void {
  const { time, key, keyGroup, namespace } = timer
  out.u8(keyGroup >> 8)
  out.u8(keyGroup & 0xff)
  writeOrdered(out, time, 'long')
  writeOrdered(out, key, keyType)
  if (namespace !== undefined) writeOrdered(out, namespace)
}

/** Appends the map key to a row prefix; its type is taken from its value, so one map may mix types. */
export function writeMapKey(out: ByteWriter, mapKey: Key): void {
  writeOrdered(out, mapKey)
}

/** The key group of an encoded row key. */
export function keyGroupOfRow(rowKey: Uint8Array): number {
  return ((rowKey[0] as number) << 8) | (rowKey[1] as number)
}

/**
 * Decodes a row key. Of a timer's, `key` is the time, `namespace` the key and `mapKey` the namespace. Throws `CORRUPT`.
 */
export function readRowKey(bytes: Uint8Array): RowKey {
  const from = new ByteReader(bytes, 'row key')
  const keyGroup = (from.u8() << 8) | from.u8()
  const key = readOrdered(from)
  if (key === undefined) return from.fail('a row without a key')
  const namespace = readOrdered(from)
  if (from.done) return { keyGroup, key, namespace, mapKey: undefined }
  const mapKey = readOrdered(from)
  if (mapKey === undefined) return from.fail('a map key that is none')
  if (!from.done) from.fail('bytes after the row key')
  return { keyGroup, key, namespace, mapKey }
}
