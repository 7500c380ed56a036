/**
 * The cases of ours that docs/conformance.md speaks of. A suite of cases that is not listed here is not on the page:
 * add it when it comes.
 */
import { backendCases } from '../../src/testing/backend-suite.js'
import { operatorStateCases } from '../../src/testing/operator-state-suite.js'

/** One of our cases. */
export interface OurCase {
  readonly id: string
  readonly title: string
}

/** Our suites, in the order of the page. */
export const OUR_SUITES: readonly { readonly name: string; readonly cases: readonly OurCase[] }[] =
  [
    { name: 'State backend', cases: backendCases },
    { name: 'Operator state', cases: operatorStateCases },
  ]
