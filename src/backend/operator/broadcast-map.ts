/** The map all subtasks of an operator share: held once, written once, the same at every parallelism. */
import { HoldfastError } from '../../base/errors.js'
import type { Key } from '../../state/key.js'
import type { MapState } from '../../state/state.js'
import type { Slots } from './slots.js'

/** The slot of every broadcast map. */
const SLOT = 0

/** A map that needs no current key. */
class BroadcastMap implements MapState<Key, unknown> {
  readonly #slots: Slots
  readonly #map: MapState<Key, unknown>

  constructor(slots: Slots, name: string) {
    this.#slots = slots
    this.#map = slots.state(name) as MapState<Key, unknown>
  }

  get(mapKey: Key): unknown {
    this.#slots.select(SLOT)
    return this.#map.get(mapKey)
  }

  put(mapKey: Key, value: unknown): void {
    this.#slots.select(SLOT)
    this.#map.put(mapKey, value)
  }

  remove(mapKey: Key): void {
    this.#slots.select(SLOT)
    this.#map.remove(mapKey)
  }

  contains(mapKey: Key): boolean {
    this.#slots.select(SLOT)
    return this.#map.contains(mapKey)
  }

  isEmpty(): boolean {
    this.#slots.select(SLOT)
    return this.#map.isEmpty()
  }

  entries(): IterableIterator<[Key, unknown]> {
    this.#slots.select(SLOT)
    return this.#map.entries()
  }

  clear(): void {
    this.#slots.select(SLOT)
    this.#map.clear()
  }
}

/**
 * The map of this name.
 * @throws `CORRUPT` for entries anywhere but where a broadcast map is
 */
export function openBroadcastMap(slots: Slots, name: string): MapState<Key, unknown> {
  const last = slots.used(name).at(-1) ?? SLOT
  if (last === SLOT) return new BroadcastMap(slots, name)
  const where = `broadcast state "${name}" of operator "${slots.operator}"`
  throw new HoldfastError('CORRUPT', `${where}: entries of key ${last}, where none can be`)
}
