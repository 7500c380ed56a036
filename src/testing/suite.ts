/**
 * Conformance suites as data: each contract has a list of cases, and any test runner can run them.
 * A case asserts with `node:assert/strict`; a skip is data with a reason, never an empty test.
 */

/** One behaviour of a contract. `C` is what the implementation under test hands to each case. */
export interface ConformanceCase<C> {
  /** Stable, kebab-case, unique within its suite. */
  readonly id: string
  /** The behaviour, as a sentence. */
  readonly title: string
  /** Fails by throwing. */
  run(context: C): Promise<void> | void
}

/** The two functions needed of a test runner (vitest, node:test, mocha, jest). */
export interface TestRunner {
  describe(name: string, body: () => void): void
  it(name: string, body: () => Promise<void>): void
}

/** Cases an implementation does not pass, and why. */
export interface Skip {
  readonly reason: string
  readonly cases: readonly string[]
}

/** What a suite needs to run against one implementation. */
export interface SuiteOptions<C> {
  readonly runner: TestRunner
  /** The implementation's name. */
  readonly name: string
  /** A fresh context for each case. */
  readonly open: () => Promise<C>
  /** Called after each case, failed or not. */
  readonly close?: (context: C) => Promise<void>
  readonly skip?: readonly Skip[]
}

/** Declares every case as a test of the runner. A skip that names no case is an error. */
export function declareSuite<C>(
  cases: readonly ConformanceCase<C>[],
  options: SuiteOptions<C>,
): void {
  const skipped = new Map<string, string>()
  for (const skip of options.skip ?? []) {
    for (const id of skip.cases) {
      if (!cases.some((one) => one.id === id)) throw new Error(`a skip names no case: ${id}`)
      skipped.set(id, skip.reason)
    }
  }
  options.runner.describe(options.name, () => {
    for (const one of cases) {
      const reason = skipped.get(one.id)
      if (reason === undefined)
        options.runner.it(`${one.id}: ${one.title}`, () => runCase(one, options))
    }
  })
}

async function runCase<C>(one: ConformanceCase<C>, options: SuiteOptions<C>): Promise<void> {
  const context = await options.open()
  try {
    await one.run(context)
  } finally {
    await options.close?.(context)
  }
}
