/** The contents of keyed state as plain JavaScript, and their digest. */
import { ByteWriter, compareBytes } from '../base/bytes.js'
import { sha256 } from '../base/checksums.js'
import { writeOrdered } from '../keygroup/ordered.js'
import { writeMapKey, writeRowPrefix } from '../keygroup/row-key.js'
import type { StateDescriptor, StateDescriptors } from '../state/descriptor.js'
import { type Key, keyTypeOf } from '../state/key.js'
import { type Namespace, VOID_NAMESPACE } from '../state/namespace.js'
import { messagePack } from '../state/serializer.js'

/**
 * By key, then by state and namespace as {@link stateAt} names them: the value of a value state, a `Map` of a map or
 * ordered map state, an array of a list state, one of [time, element] of a time list state, the result of a reducing or
 * aggregating state. What has no state is not there. Each key is there once by value; bytes, tuples and structs are found
 * by going through the entries, as a `Map` knows objects by reference only.
 */
export type Contents = ReadonlyMap<Key, Readonly<Record<string, unknown>>>

/** A state in a namespace: in the void one its name, in others `name@` and the bytes of the namespace in hex. */
export function stateAt(name: string, namespace: Namespace): string {
  if (namespace === VOID_NAMESPACE) return name
  const bytes = written((out) => writeOrdered(out, namespace, keyTypeOf(namespace)))
  return `${name}@${Buffer.from(bytes).toString('hex')}`
}

/** SHA-256 of the contents, whatever the order they are in, in hex. */
export function digestOf(contents: Contents, states: StateDescriptors): string {
  const rows: { readonly key: Uint8Array; readonly value: Uint8Array }[] = []
  for (const [key, found] of contents) {
    for (const [name, content] of Object.entries(found)) {
      const descriptor = states[name.split('@')[0] ?? name]
      const entries: Iterable<readonly [Key | undefined, unknown]> = isMap(descriptor)
        ? (content as Map<Key, unknown>)
        : [[undefined, content]]
      for (const [mapKey, value] of entries) {
        rows.push({
          key: written((out) => {
            out.text(name)
            writeRowPrefix(out, 0, key, keyTypeOf(key), undefined)
            if (mapKey !== undefined) writeMapKey(out, mapKey)
          }),
          value: written((out) => writeContent(value, descriptor, out)),
        })
      }
    }
  }
  rows.sort((a, b) => compareBytes(a.key, b.key))
  return sha256(rows.flatMap(({ key, value }) => [key, value]))
}

function isMap(descriptor: StateDescriptor | undefined): boolean {
  return descriptor?.kind === 'map' || descriptor?.kind === 'orderedMap'
}

function writeContent(
  content: unknown,
  descriptor: StateDescriptor | undefined,
  out: ByteWriter,
): void {
  if (descriptor?.kind === 'list') {
    for (const element of content as readonly unknown[]) {
      const bytes = written((to) => descriptor.serializer.write(element, to))
      out.varint(bytes.length)
      out.put(bytes)
    }
  } else if (descriptor?.kind === 'timeList') {
    for (const [time, element] of content as readonly [number, unknown][]) {
      const bytes = written((to) => descriptor.serializer.write(element, to))
      out.f64be(time)
      out.varint(bytes.length)
      out.put(bytes)
    }
  }
  // Its serializer is for the accumulator, which nobody sees.
  else if (descriptor?.kind === 'aggregating' || descriptor?.kind === 'timers')
    messagePack<unknown>().write(content, out)
  else descriptor?.serializer.write(content, out)
}

function written(write: (out: ByteWriter) => void): Uint8Array {
  const out = new ByteWriter()
  write(out)
  return out.copy()
}
