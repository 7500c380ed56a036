/**
 * CONTRACT: how values become bytes and back. And the default: MessagePack, self-describing, so that a
 * checkpoint can be read without the program that wrote it.
 */
import type { ByteWriter } from '../base/bytes.js'
import { HoldfastError, messageOf } from '../base/errors.js'
import type { Json } from '../base/json.js'
import { pack, unpack } from './message-pack.js'

/** Turns values into bytes and back. Stateless: the same value gives the same bytes in any order of calls. */
export interface Serializer<T> {
  /** Names the form of its bytes; kept in the manifest. */
  readonly id: string
  /** What else it takes to read its bytes later, as a schema; kept in the manifest. Default: nothing. */
  readonly snapshot?: Json
  /** Appends the value's bytes. Must not keep or change the value. */
  write(value: T, out: ByteWriter): void
  /**
   * The value in these bytes.
   * @throws `CORRUPT` for bytes it did not write
   */
  read(bytes: Uint8Array): T
  /**
   * Decides, before the job starts, whether state written as `old` says can be gone on with. Asked only if `id` or
   * `snapshot` differ; a serializer without this member takes nothing but its own.
   */
  resolve?(old: SerializerSnapshot): Compatibility<T>
}

/** A serializer as a manifest remembers it. */
export interface SerializerSnapshot {
  readonly id: string
  /** `undefined`: it had none. */
  readonly snapshot: Json | undefined
}

/**
 * How a serializer stands to values that another one has written; Flink's four outcomes
 * (`TypeSerializerSchemaCompatibility`).
 */
export type Compatibility<T> =
  /** It reads their bytes itself. */
  | { readonly outcome: 'as-is' }
  /** They are read by `read` and written anew by itself, each when it changes. */
  | {
      readonly outcome: 'after-migration'
      readonly read: (bytes: Uint8Array) => T
      /** What differs, a line each, for the report. */
      readonly differs: readonly string[]
    }
  /** `serializer`, made for both, reads them and takes its place. */
  | {
      readonly outcome: 'reconfigured'
      readonly serializer: Serializer<T>
      readonly differs: readonly string[]
    }
  /** They cannot be read: the job does not start. */
  | {
      readonly outcome: 'incompatible'
      readonly differs: readonly string[]
      /** What the user can do about it. */
      readonly advice: string
    }

const INT32 = 0xd2
const FLOAT64 = 0xcb

/**
 * The default serializer: MessagePack. Keeps what JSON keeps, and undefined members, bigint, Date, Map, Set,
 * typed arrays. Class instances come back as plain objects, a Buffer as a Uint8Array; in text a lone surrogate
 * (half a character) becomes U+FFFD. Functions and symbols are refused.
 */
export function messagePack<T>(): Serializer<T> {
  return MESSAGE_PACK as Serializer<T>
}

const MESSAGE_PACK: Serializer<unknown> = {
  id: 'msgpack-1',
  write: (value, out) => {
    if (typeof value === 'number') writeNumber(value, out)
    else out.put(pack(value))
  },
  read: (bytes) => {
    try {
      return unpack(bytes)
    } catch (cause) {
      const message = `a value cannot be decoded (${messageOf(cause)})`
      throw new HoldfastError('CORRUPT', message, { cause })
    }
  },
}

/** Numbers are what most states count in: written here without a detour, as standard MessagePack. */
function writeNumber(value: number, out: ByteWriter): void {
  if (value === (value | 0) && !Object.is(value, -0)) {
    out.u8(INT32)
    out.u32be(value >>> 0)
  } else {
    out.u8(FLOAT64)
    out.f64be(value)
  }
}
