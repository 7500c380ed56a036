/**
 * A namespace divides the state of one key, as Flink's do: a window keeps its own. Plain state is in the void one.
 */
import { HoldfastError } from '../base/errors.js'
import { checkedKey, type Key, keyText, keyTypeOf } from './key.js'
import type { State } from './state.js'

/** The namespace of plain state. */
export const VOID_NAMESPACE: unique symbol = Symbol('void namespace')

/** A namespace: whatever can be a key, or {@link VOID_NAMESPACE}. One state may have namespaces of several types. */
export type Namespace = Key | typeof VOID_NAMESPACE

/** A state as operators use it that keep more than one thing per key. */
export interface NamespacedState extends State {
  /**
   * Chooses the namespace that the state acts in from now on, for all keys.
   * @throws `INVALID_ARGUMENT` for null or undefined, `INVALID_KEY` for what cannot be a key; nothing is changed
   */
  setCurrentNamespace(namespace: Namespace): void
}

/** A state whose namespaces can become one: list, time list, reducing and aggregating state. */
export interface MergingState extends NamespacedState {
  /**
   * Moves what the current key has in `sources` to `target`, after what is there, in the order given; a source that has
   * nothing, or is named twice, adds nothing. The target may be among the sources. The current namespace stays.
   * @throws `INVALID_ARGUMENT`, `INVALID_KEY` for a namespace, and for an aggregating state that cannot `merge`;
   *   nothing is changed then
   */
  mergeNamespaces(target: Namespace, sources: readonly Namespace[]): void
}

/**
 * The namespace as tables take it; `undefined` is the void one.
 * @throws `INVALID_ARGUMENT` for null or undefined, `INVALID_KEY`
 */
export function checkedNamespace(namespace: Namespace): Key | undefined {
  if (namespace === VOID_NAMESPACE) return undefined
  if (namespace === undefined || namespace === null) {
    throw new HoldfastError(
      'INVALID_ARGUMENT',
      `${keyText(namespace)} is no namespace; plain state is in VOID_NAMESPACE`,
    )
  }
  return checkedKey(namespace, keyTypeOf(namespace))
}
