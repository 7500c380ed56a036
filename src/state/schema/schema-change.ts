/**
 * What a change of schema means for the values on disk: the pure decision. Flink decides the same for a POJO's
 * fields (`PojoSerializerSnapshot`) and Avro by its resolution rules; here every difference has a line of its own.
 *
 * | old → new | |
 * |---|---|
 * | `int` → `long`; a renamed member; `oneOf` with more at its end | as is: the bytes are the same |
 * | members or choices in another order, choices put in between | reconfigured: the old order stays on disk |
 * | a member removed, or added with a default or optional; something made optional or nullable; `int`, `long` →
 *   `double`, `bigint`; `oneOf` → `text` | after migration |
 * | everything else: another type, a narrower one, a member added without a default | incompatible |
 */
import type { Field, SchemaNode } from './schema.js'
import { placeOf } from './schema-rules.js'
import { schemaText } from './schema-text.js'

/** What becomes of values written by an old schema. */
export type SchemaChange =
  | { readonly outcome: 'as-is' }
  /** `layout` reads and writes the old bytes, under the new names. */
  | {
      readonly outcome: 'reconfigured'
      readonly layout: SchemaNode
      readonly differs: readonly string[]
    }
  | { readonly outcome: 'after-migration'; readonly differs: readonly string[] }
  | {
      readonly outcome: 'incompatible'
      readonly differs: readonly string[]
      readonly advice: string
    }

/** Decides how values of schema `old` can be gone on with as values of schema `now`. */
export function schemaChange(old: SchemaNode, now: SchemaNode): SchemaChange {
  const comparison = new Comparison()
  const layout = comparison.compare(old, now, '')
  const { outcome, differs } = comparison
  switch (outcome) {
    case 'as-is':
      return { outcome }
    case 'reconfigured':
      return { outcome, layout, differs }
    case 'after-migration':
      return { outcome, differs }
    case 'incompatible':
      return { outcome, differs, advice: comparison.advice() }
  }
}

/** From the best to the worst; of several differences the worst decides. */
const OUTCOMES = ['as-is', 'reconfigured', 'after-migration', 'incompatible'] as const
type Outcome = (typeof OUTCOMES)[number]

/** What a value can be widened to, besides itself, and become another value. */
const WIDER: Readonly<Record<string, readonly string[]>> = {
  int: ['double', 'bigint'],
  long: ['double', 'bigint'],
  oneOf: ['text'],
}

class Comparison {
  outcome: Outcome = 'as-is'
  readonly differs: string[] = []
  readonly #advice = new Set<string>()

  advice(): string {
    return [...this.#advice].join('; ')
  }

  /** The layout of the old bytes with the new names; of use only up to `reconfigured`. */
  compare(old: SchemaNode, now: SchemaNode, path: string): SchemaNode {
    const from = peel(old)
    const to = peel(now)
    for (const [wrapper, value] of ABSENCES) {
      const had = from.wrappers.includes(wrapper)
      const has = to.wrappers.includes(wrapper)
      if (had && !has) {
        this.#cannot(path, `could be ${value}, now not`, `keep ${placeOf(path)} ${wrapper}`)
      } else if (has && !had) this.#note('after-migration', path, `now may be ${value}`)
    }
    // Each is there at most once: two and two of them differ by their order alone.
    if (from.wrappers.length === 2 && to.wrappers[1] === from.wrappers[0]) {
      this.#note('after-migration', path, 'optional and nullable in another order')
    }
    const core = this.#compareCores(from.core, to.core, path)
    return to.wrappers.reduceRight<SchemaNode>((of, type) => ({ type, of }), core)
  }

  #compareCores(old: SchemaNode, now: SchemaNode, path: string): SchemaNode {
    if (old.type === 'array' && now.type === 'array') {
      return { type: 'array', of: this.compare(old.of, now.of, `${path}[]`) }
    }
    if (old.type === 'map' && now.type === 'map') {
      const key = this.compare(old.key, now.key, `${path}{key}`)
      return { type: 'map', key, of: this.compare(old.of, now.of, `${path}{}`) }
    }
    if (old.type === 'record' && now.type === 'record') {
      return { type: 'record', fields: this.#compareFields(old.fields, now.fields, path) }
    }
    if (old.type === 'oneOf' && now.type === 'oneOf') {
      return { type: 'oneOf', values: this.#compareChoices(old.values, now.values, path) }
    }
    const sameBytes = old.type === now.type || (old.type === 'int' && now.type === 'long')
    if (sameBytes) return now
    const line = `was ${schemaText(old)}, now ${schemaText(now)}`
    if (WIDER[old.type]?.includes(now.type)) this.#note('after-migration', path, line)
    else {
      const what = path === '' ? 'a state' : 'a member'
      const advice = `${line}: add ${what} of another name and keep the old, or go back to ${schemaText(old)}`
      this.#cannot(path, line, path === '' ? advice : `${path} ${advice}`)
    }
    return now
  }

  #compareChoices(old: readonly string[], now: readonly string[], path: string): readonly string[] {
    const lost = old.filter((value) => !now.includes(value))
    if (lost.length > 0) {
      const line = `no longer one of ${lost.map((value) => JSON.stringify(value)).join(', ')}`
      this.#cannot(path, line, `keep the choices of ${placeOf(path)} that state may hold`)
      return now
    }
    if (old.every((value, number) => now[number] === value)) return now
    this.#note('reconfigured', path, 'its choices are in another order, or new ones not at the end')
    const kept = new Set(old)
    return [...old, ...now.filter((value) => !kept.has(value))]
  }

  #compareFields(old: readonly Field[], now: readonly Field[], path: string): readonly Field[] {
    const successors = new Map<string, Field>()
    for (const field of now) {
      const before = formerField(field, old)
      if (before === undefined) this.#compareAdded(field, path)
      else successors.set(before.name, field)
    }
    const layout: Field[] = []
    for (const before of old) {
      const at = `${path}.${before.name}`
      const field = successors.get(before.name)
      if (field === undefined)
        this.#note('after-migration', at, `removed, was ${schemaText(before.schema)}`)
      else {
        const schema = this.compare(before.schema, fillable(before, field), at)
        if (isFilled(before, field))
          this.#note('after-migration', at, 'undefined becomes its default')
        layout.push({ ...field, schema })
      }
    }
    const order = now.filter((field) => layout.some(({ name }) => name === field.name))
    if (order.some(({ name }, index) => layout[index]?.name !== name)) {
      this.#note('reconfigured', path, 'its members are in another order')
    }
    return layout
  }

  #compareAdded({ name, schema, fallback }: Field, path: string): void {
    const at = `${path}.${name}`
    if (fallback !== undefined || schema.type === 'optional') {
      const gets = fallback === undefined ? 'undefined' : 'its default'
      this.#note(
        'after-migration',
        at,
        `added as ${schemaText(schema)}; state from before gets ${gets}`,
      )
      return
    }
    const advice = `give ${at} a default (withDefault), make it optional, or say what it was (renamedFrom)`
    this.#cannot(at, `added as ${schemaText(schema)}, without a default`, advice)
  }

  #cannot(path: string, line: string, advice: string): void {
    this.#note('incompatible', path, line)
    this.#advice.add(advice)
  }

  #note(outcome: Outcome, path: string, line: string): void {
    if (OUTCOMES.indexOf(outcome) > OUTCOMES.indexOf(this.outcome)) this.outcome = outcome
    this.differs.push(`${placeOf(path)}: ${line}`)
  }
}

const ABSENCES = [
  ['optional', 'undefined'],
  ['nullable', 'null'],
] as const

type Wrapper = (typeof ABSENCES)[number][0]

/** A schema without what makes it optional or nullable, and that, the outermost first. */
function peel(schema: SchemaNode): { readonly wrappers: Wrapper[]; readonly core: SchemaNode } {
  const wrappers: Wrapper[] = []
  let core = schema
  while (core.type === 'optional' || core.type === 'nullable') {
    wrappers.push(core.type)
    core = core.of
  }
  return { wrappers, core }
}

/** The old member that a member was: of its name, else of one of its former names. */
export function formerField(field: Field, old: readonly Field[]): Field | undefined {
  const names = [field.name, ...field.formerly]
  for (const name of names) {
    const found = old.find((one) => one.name === name)
    if (found !== undefined) return found
  }
  return undefined
}

/** Whether a member that could be `undefined` now has a default for that. */
export function isFilled(before: Field, field: Field): boolean {
  if (field.fallback === undefined) return false
  return mayBeUndefined(before.schema) && !mayBeUndefined(field.schema)
}

function fillable(before: Field, field: Field): SchemaNode {
  return isFilled(before, field) ? { type: 'optional', of: field.schema } : field.schema
}

/** Whether values of a schema can be `undefined`. */
export function mayBeUndefined(schema: SchemaNode): boolean {
  return peel(schema).wrappers.includes('optional')
}
