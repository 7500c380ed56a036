/**
 * Small serializers that stand for versions of a program, one way or another related to what older ones wrote: for
 * tests of whatever has to do with evolution. The bytes begin with the writer's name, so that a value read by a
 * serializer that cannot know it is noticed.
 */
import { HoldfastError } from '../base/errors.js'
import type { Compatibility, Serializer } from '../state/serializer.js'

/** What a serializer says of an older one, by the older one's name. */
export type Relations = Readonly<Record<string, (old: string) => Compatibility<unknown>>>

/**
 * A serializer of JSON-able values.
 * @param relations what it says of others; of those it does not name: incompatible. Default: it has no `resolve`
 */
export function evolving(name: string, relations?: Relations): Serializer<unknown> {
  return reading([name], relations)
}

/** One that reads what any of these wrote, and writes as the last of them. */
function reading(names: readonly string[], relations?: Relations): Serializer<unknown> {
  const name = names.at(-1) ?? ''
  return {
    id: 'evolving',
    snapshot: { name },
    write: (value, out) => out.put(Buffer.from(`${name}:${JSON.stringify(value)}`)),
    read: (bytes) => readAs(names, bytes),
    ...(relations === undefined
      ? {}
      : {
          resolve: ({ id, snapshot }) => {
            const old = (snapshot as { readonly name?: string } | undefined)?.name ?? id
            const relation = Object.hasOwn(relations, old) ? relations[old] : undefined
            return relation === undefined ? incompatible(old) : relation(old)
          },
        }),
  }
}

/** A relation: values of the other are read by what it wrote with, and say so. */
export function migrated(old: string): Compatibility<unknown> {
  return {
    outcome: 'after-migration',
    read: (bytes) => `${String(readAs([old], bytes))}, once ${old}`,
    differs: [`"${old}" was another`],
  }
}

/** A relation: they cannot be read. */
export function incompatible(old: string): Compatibility<unknown> {
  return { outcome: 'incompatible', differs: [`nothing reads "${old}"`], advice: `keep "${old}"` }
}

/** A relation: a serializer that is made for both takes the place of the one that is asked; itself, if it is the old one. */
export function adapted(name: string, relations: Relations = {}): Relations[string] {
  return (old) => {
    const taking = old.startsWith(`${name} after `) ? old : `${name} after ${old}`
    const reads = taking.split(' after ').slice(1)
    const known = Object.fromEntries(reads.map((one) => [one, asIs]))
    const serializer = reading([...reads, taking], { ...relations, ...known })
    return { outcome: 'reconfigured', serializer, differs: [`"${old}" goes on`] }
  }
}

function asIs(): Compatibility<unknown> {
  return { outcome: 'as-is' }
}

/** One that reads what an older one wrote as it is, and says so. */
export function widened(name: string, olds: readonly string[]): Serializer<unknown> {
  return reading([...olds, name], Object.fromEntries(olds.map((old) => [old, asIs])))
}

function readAs(names: readonly string[], bytes: Uint8Array): unknown {
  const text = Buffer.from(bytes).toString()
  const name = names.find((one) => text.startsWith(`${one}:`))
  if (name !== undefined) return JSON.parse(text.slice(name.length + 1))
  throw new HoldfastError('CORRUPT', `${text} was not written by ${names.join(' or ')}`)
}
