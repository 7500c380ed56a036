/** Visiting all keys of a state, as Flink's `applyToAllKeys`: written once over the backend contract. */
import type { Key, KeyType } from '../state/key.js'
import { type Namespace, type NamespacedState, VOID_NAMESPACE } from '../state/namespace.js'
import type { KeyedStateBackend } from './state-backend.js'

/** What is visited. */
export interface KeysOfState {
  readonly backend: KeyedStateBackend
  /** The state's name. */
  readonly state: string
  /** The type of the operator's keys. */
  readonly keyType: KeyType
  /** Default: the void one. */
  readonly namespace?: Namespace
}

/**
 * Calls `visit` for every key that has something in the state and namespace, the key being current and the state in
 * that namespace. `visit` may change or clear what it visits, and choose other keys. Afterwards, whether `visit` threw
 * or not, the key is current that was before,
 * if there was one, and the state is in the void namespace.
 * @throws what `keysOf` and `visit` throw
 */
export function applyToAllKeys(
  { backend, state, keyType, namespace = VOID_NAMESPACE }: KeysOfState,
  visit: (key: Key) => void,
): void {
  const before = backend.currentKey
  const visited = backend.state(state) as NamespacedState
  try {
    for (const [key, keyGroup] of backend.keysOf(state, namespace)) {
      backend.setCurrentKey(key, keyGroup, keyType)
      visited.setCurrentNamespace(namespace)
      visit(key)
    }
  } finally {
    visited.setCurrentNamespace(VOID_NAMESPACE)
    if (before !== undefined) backend.setCurrentKey(before.key, before.keyGroup, before.keyType)
  }
}
