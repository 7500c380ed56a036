/**
 * A namespace divides the state of one key, as Flink's do: a window keeps its own. Plain state is in the void one.
 */
import type { Key } from './key.js'

/** The namespace of plain state. */
export const VOID_NAMESPACE: unique symbol = Symbol('void namespace')

/** A namespace: whatever can be a key, or {@link VOID_NAMESPACE}. One state may have namespaces of several types. */
export type Namespace = Key | typeof VOID_NAMESPACE
