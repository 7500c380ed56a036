/**
 * Pure decisions about state that a program gives up: by name, and only what it does not declare. The next checkpoint no
 * longer lists it; the rows go when their runs do (chain.ts).
 */
import { HoldfastError } from '../base/errors.js'
import type { OperatorDeclaration } from './evolution.js'
import type { CheckpointContent, OperatorRecord } from './manifest.js'

/**
 * Checks what is to be dropped: `operator/state`, or `operator` for all of an operator.
 * @throws `INVALID_ARGUMENT` for what the checkpoint does not hold (it lists what could be dropped), or the program
 *   declares
 */
export function checkDrops(
  content: CheckpointContent,
  drops: readonly string[],
  declarations: readonly OperatorDeclaration[],
): void {
  for (const name of drops) {
    const [uid, state] = parts(name)
    const declared = declarations.find((one) => one.uid === uid)
    if (declared !== undefined && (state === undefined || Object.hasOwn(declared.states, state))) {
      throw new HoldfastError(
        'INVALID_ARGUMENT',
        `drop: the program declares ${JSON.stringify(name)}; only what it does not use can be dropped`,
      )
    }
    const kept = content.operators.get(uid)
    if (kept !== undefined && (state === undefined || kept.states.has(state))) continue
    const there = droppable(content, declarations).join(', ') || 'nothing'
    throw new HoldfastError(
      'INVALID_ARGUMENT',
      `drop: checkpoint ${content.checkpoint} holds no ${JSON.stringify(name)}; what can be dropped: ${there}`,
    )
  }
}

/** The content without what is dropped; names of what is not there do nothing. */
export function withoutDropped(
  content: CheckpointContent,
  drops: readonly string[],
): CheckpointContent {
  if (drops.length === 0) return content
  const operators = new Map<string, OperatorRecord>()
  for (const [uid, operator] of content.operators) {
    if (drops.includes(uid)) continue
    const states = [...operator.states].filter(([name]) => !drops.includes(`${uid}/${name}`))
    operators.set(uid, { ...operator, states: new Map(states) })
  }
  return { ...content, operators }
}

function droppable(
  content: CheckpointContent,
  declarations: readonly OperatorDeclaration[],
): string[] {
  return [...content.operators].flatMap(([uid, { states }]) => {
    const declared = declarations.find((one) => one.uid === uid)?.states ?? {}
    return [...states.keys()]
      .filter((name) => !Object.hasOwn(declared, name))
      .map((name) => `${uid}/${name}`)
  })
}

function parts(name: string): [uid: string, state: string | undefined] {
  const at = name.indexOf('/')
  return at < 0 ? [name, undefined] : [name.slice(0, at), name.slice(at + 1)]
}
