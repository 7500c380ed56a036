/** The error of a schema that breaks a rule. */
import { HoldfastError } from '../../base/errors.js'

/** A schema that cannot be used, as an error. */
export function badSchema(reason: string): HoldfastError {
  return new HoldfastError('INVALID_ARGUMENT', `a schema cannot be used: ${reason}`)
}
