/**
 * A mutant: one promise of the protocol broken, as edits of a copy of the tree. `scripts/mutants.ts` applies them;
 * shipped code has no switch for any.
 */

/** One edit: `search` occurs exactly once in the file. */
export interface Edit {
  readonly file: string
  readonly search: string
  readonly replace: string
}

/** A broken promise. */
export interface Mutant {
  /** What is broken. */
  readonly name: string
  readonly edits: readonly Edit[]
  /** Test files, at least one test of which fails. */
  readonly tests: readonly string[]
}

export function edit(file: string, search: string, replace: string): Edit {
  return { file, search, replace }
}
