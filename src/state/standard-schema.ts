/**
 * Schemas of validators: the interface that Zod, Valibot, ArkType and others agreed on (standardschema.dev, version 1),
 * as far as it is used here. They give a state its type and, if asked, look at every value; no validator is needed.
 */
import { HoldfastError, messageOf } from '../base/errors.js'

/** A validator's schema whose values come out as `T`. */
export interface StandardSchema<T> {
  readonly '~standard': {
    readonly version: 1
    /** The library. */
    readonly vendor: string
    readonly validate: (value: unknown) => StandardResult<T> | Promise<StandardResult<T>>
    /** Never read: carries types. */
    readonly types?: { readonly input: unknown; readonly output: T } | undefined
  }
}

/** What a validator says of a value. */
export type StandardResult<T> =
  | { readonly value: T; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] }

/** What is wrong with a value, and where. */
export interface StandardIssue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

/** Whether something is a validator's schema; some are functions. */
export function isStandardSchema(value: unknown): value is StandardSchema<unknown> {
  const mayBe = (typeof value === 'object' && value !== null) || typeof value === 'function'
  return mayBe && '~standard' in value
}

/**
 * The validator as a function: gives what comes out of it, which is what is kept.
 *
 * It throws `INVALID_ARGUMENT` for a value with issues, which it names, for a validator that throws or gives
 * `undefined`, and for one that answers with a promise: state is read and changed synchronously.
 */
export function standardValidator(schema: StandardSchema<unknown>): (value: unknown) => unknown {
  const { vendor } = schema['~standard']
  return (value) => {
    const result = validated(schema, value)
    if (result instanceof Promise) {
      // Whatever comes of it, nobody waits for it.
      result.catch(() => undefined)
      throw refusal(
        vendor,
        'it answers with a promise, but state is synchronous: use a schema without asynchronous checks',
      )
    }
    if (result.issues !== undefined) throw refusal(vendor, issuesText(result.issues))
    if (result.value === undefined) throw refusal(vendor, 'it makes `undefined` of the value')
    return result.value
  }
}

function validated(
  schema: StandardSchema<unknown>,
  value: unknown,
): StandardResult<unknown> | Promise<StandardResult<unknown>> {
  const standard = schema['~standard']
  try {
    return standard.validate(value)
  } catch (cause) {
    throw refusal(standard.vendor, `it throws: ${messageOf(cause)}`, cause)
  }
}

const ISSUES_SHOWN = 3

function issuesText(issues: readonly StandardIssue[]): string {
  const shown = issues.slice(0, ISSUES_SHOWN).map(({ message, path = [] }) => {
    const steps = path.map((step) => (typeof step === 'object' ? step.key : step))
    return `${placeOf(steps)}: ${message}`
  })
  const more = issues.length - shown.length
  return `${shown.join('; ')}${more > 0 ? `; and ${more} more` : ''}`
}

function placeOf(steps: readonly PropertyKey[]): string {
  if (steps.length === 0) return 'the value'
  return steps.map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`)).join('')
}

function refusal(vendor: string, why: string, cause?: unknown): HoldfastError {
  const message = `a value does not fit the schema of the state (${vendor}): ${why}; nothing was changed`
  return new HoldfastError('INVALID_ARGUMENT', message, { cause })
}
