/** A checkpoint folder as tests look at it: its objects, its entries, its runs. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { RunRef } from '../../src/checkpoint/manifest.js'
import { decodeEntry } from '../../src/checkpoint/manifest-reader.js'
import type { Key } from '../../src/index.js'
import { logNumber } from '../../src/storage/paths.js'
import type { Contents, KeyContents } from './golden-input.js'
import type { ReadState } from './reader.js'

/** The bytes of every object of a checkpoint folder, by path, ascending. */
export function objectsOf(folder: string): Map<string, Uint8Array> {
  const paths = ['log', 'runs'].flatMap((part) =>
    readdirSync(join(folder, part)).map((name) => `${part}/${name}`),
  )
  return new Map(
    paths.sort().map((path) => [path, Uint8Array.from(readFileSync(join(folder, path)))]),
  )
}

/** Path, number and bytes of every entry, ascending. */
export function logOf(objects: ReadonlyMap<string, Uint8Array>): [string, number, Uint8Array][] {
  return [...objects].flatMap(([path, bytes]) => {
    const number = logNumber(path)
    return number === undefined ? [] : [[path, number, bytes] as [string, number, Uint8Array]]
  })
}

function bytesOf(run: RunRef, objects: ReadonlyMap<string, Uint8Array>): Uint8Array {
  return run.inline === undefined
    ? (objects.get(run.path) as Uint8Array)
    : Uint8Array.from(Buffer.from(run.inline, 'base64'))
}

/** Every run that any entry names, by path. */
export function runsOf(objects: ReadonlyMap<string, Uint8Array>): Map<string, Uint8Array> {
  const refs = logOf(objects).flatMap(
    ([path, , bytes]) => decodeEntry(bytes, path).content?.runs ?? [],
  )
  return new Map(refs.map((ref) => [ref.path, bytesOf(ref, objects)]))
}

/** What the second reader found, as golden-input.ts has it. */
export function asContents(states: readonly ReadState[]): Contents {
  const contents = new Map<string, Map<Key, KeyContents>>()
  for (const { operator, state, key, mapKey, value } of states) {
    const keys = contents.get(operator) ?? new Map<Key, KeyContents>()
    contents.set(operator, keys)
    const one = keys.get(key) ?? { parts: new Map<Key, unknown>() }
    keys.set(key, one)
    if (state === 'total') one.total = value
    else one.parts.set(mapKey as Key, value)
  }
  return contents
}

/** Bytes in hex. */
export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
