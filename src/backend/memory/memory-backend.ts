/**
 * The memory backend: state as objects on the heap, the quickest there is, checkpointed incrementally. What
 * fits the heap fits it.
 */
import { assert } from '../../base/assert.js'
import { HoldfastError, messageOf } from '../../base/errors.js'
import type { KeyGroupRange } from '../../keygroup/key-group-range.js'
import { type KeyIdentity, keyIdentity } from '../../keygroup/key-identity.js'
import type { Row } from '../../run/format.js'
import type { RowEncoder } from '../../run/row-batch.js'
import type { StateDescriptor } from '../../state/descriptor.js'
import { type Key, type KeyType, keyText } from '../../state/key.js'
import {
  checkedNamespace,
  type Namespace,
  type NamespacedState,
  VOID_NAMESPACE,
} from '../../state/namespace.js'
import type { State } from '../../state/state.js'
import { newAges } from '../../state/state-ages.js'
import { StateCodec } from '../../state/state-codec.js'
import { Lifetime } from '../../state/ttl.js'
import {
  foldAccessor,
  listAccessor,
  mapAccessor,
  orderedMapAccessor,
  timeListAccessor,
  valueAccessor,
} from '../open-accessors.js'
import { comparePlaces } from '../ordered-accessors.js'
import type {
  BackendSnapshot,
  CurrentKey,
  KeyedBackendContext,
  KeyedStateBackend,
  Pause,
  StateBackend,
} from '../state-backend.js'
import type { TimerQueue } from '../timer-queue.js'
import { validating } from '../validating.js'
import { type HeapTable, type KeyPlace, TableSnapshot } from './heap-table.js'
import { KeyContext } from './key-context.js'
import { HeapListTable } from './list-table.js'
import { HeapMapTable } from './map-table.js'
import { HeapOrderedMapTable } from './ordered-map-table.js'
import { HeapTimerQueue } from './timer-queue.js'
import { TimerSnapshot } from './timer-snapshot.js'
import { HeapValueTable } from './value-table.js'

/** State on the heap of this process. */
export function memoryBackend(): StateBackend {
  return { name: 'memory', open: (context) => MemoryKeyedBackend.open(context) }
}

class MemoryKeyedBackend implements KeyedStateBackend {
  readonly #opening: KeyedBackendContext
  readonly #context = new KeyContext()
  readonly #tables: HeapTable[] = []
  readonly #states = new Map<string, NamespacedState>()
  readonly #timers = new Map<string, HeapTimerQueue>()
  /** The round under way. */
  #sweeping: Iterator<void> | undefined

  private constructor(opening: KeyedBackendContext) {
    this.#opening = opening
    const { operator } = opening
    // What is written anew may be written before any key is current.
    if (opening.keyType !== undefined) this.#context.keyType = opening.keyType
    for (const [state, descriptor] of Object.entries(opening.states)) {
      if (descriptor.kind === 'timers') {
        this.#timers.set(state, new HeapTimerQueue({ operator, state }, this.#context))
        continue
      }
      const { table, accessor } = this.#openState(state, descriptor)
      validating(accessor, descriptor, table.name)
      this.#tables.push(table)
      this.#states.set(state, accessor)
    }
  }

  #openState(
    state: string,
    descriptor: StateDescriptor,
  ): { table: HeapTable; accessor: NamespacedState } {
    const { operator, range, codecs, clock } = this.#opening
    const { serializer, ttl, aggregation } = descriptor
    const codec = codecs?.get(state) ?? new StateCodec(serializer, undefined, newAges(ttl))
    assert(codec.stamped === (ttl !== undefined), `the codec of "${state}" knows its time to live`)
    const lifetime = ttl && new Lifetime(ttl, clock, { state, floor: codec.horizon })
    const parts = {
      name: { operator, state },
      codec,
      context: this.#context,
      range,
      lifetime,
    }
    switch (descriptor.kind) {
      case 'list': {
        const table = new HeapListTable(parts)
        return { table, accessor: listAccessor(table, lifetime) }
      }
      case 'map': {
        const table = new HeapMapTable(parts)
        return { table, accessor: mapAccessor(table, lifetime) }
      }
      case 'orderedMap': {
        const table = new HeapOrderedMapTable(parts)
        return { table, accessor: orderedMapAccessor(table, lifetime) }
      }
      case 'timeList': {
        const table = new HeapOrderedMapTable(parts, comparePlaces)
        return { table, accessor: timeListAccessor(table, lifetime) }
      }
      default: {
        const table = new HeapValueTable(parts)
        const accessor = aggregation
          ? foldAccessor(table, aggregation, lifetime)
          : valueAccessor(table, lifetime)
        return { table, accessor }
      }
    }
  }

  static async open(opening: KeyedBackendContext): Promise<MemoryKeyedBackend> {
    const backend = new MemoryKeyedBackend(opening)
    for (const table of backend.#tables) await backend.#restore(table)
    for (const queue of backend.#timers.values()) await backend.#restore(queue)
    return backend
  }

  setCurrentKey(key: Key, keyGroup: number, keyType: KeyType): void {
    const { first, last } = this.#opening.range
    if (keyGroup < first || keyGroup > last) throw outOfRange(key, keyGroup, this.#opening.range)
    this.#context.set(key, keyGroup, keyType)
  }

  get currentKey(): CurrentKey | undefined {
    const { key, keyGroup, keyType, serial } = this.#context
    return serial === 0 ? undefined : { key, keyGroup, keyType }
  }

  state(name: string): State {
    return this.#states.get(name) ?? this.#undeclared(name)
  }

  timers(name: string): TimerQueue {
    return this.#timers.get(name) ?? this.#undeclared(name)
  }

  prefetch(): undefined {
    return undefined
  }

  *keys(): IterableIterator<readonly [Key, number]> {
    const { first, last } = this.#opening.range
    for (let keyGroup = first; keyGroup <= last; keyGroup++) {
      // A copy, so that the visitor may change what it visits.
      const keys = new Map<KeyIdentity, Key>()
      for (const table of this.#tables) {
        for (const { key } of table.places(keyGroup)) keys.set(keyIdentity(key), key)
      }
      for (const key of keys.values()) yield [key, keyGroup]
    }
  }

  *keysOf(state: string, namespace: Namespace): IterableIterator<readonly [Key, number]> {
    const checked = checkedNamespace(namespace)
    const wanted = checked === undefined ? undefined : keyIdentity(checked)
    for (const place of this.#places(state)) {
      const found = place.namespace === undefined ? undefined : keyIdentity(place.namespace)
      if (found === wanted) yield [place.key, place.keyGroup]
    }
  }

  *keysAndNamespaces(state: string): IterableIterator<readonly [Key, number, Namespace]> {
    for (const { key, keyGroup, namespace } of this.#places(state)) {
      yield [key, keyGroup, namespace ?? VOID_NAMESPACE]
    }
  }

  snapshot(): BackendSnapshot {
    // Of all tables before any is frozen: settling goes table by table.
    const queues = [...this.#timers.values()]
    if (
      this.#tables.some((table) => table.log.unsettled) ||
      queues.some(({ slots }) => slots.unsettled)
    ) {
      throw new HoldfastError(
        'INVALID_STATE',
        'a snapshot was asked for before the last one was settled',
      )
    }
    return new MemorySnapshot([
      ...this.#tables.map((table) => new TableSnapshot(table)),
      ...queues.map((queue) => new TimerSnapshot(queue)),
    ])
  }

  sweep(pause: Pause): boolean {
    this.#sweeping ??= swept(this.#tables)
    while (this.#sweeping.next().done !== true) if (pause()) return false
    this.#sweeping = undefined
    return true
  }

  get dirty(): boolean {
    if (this.#tables.some((table) => table.log.dirty)) return true
    for (const { slots } of this.#timers.values()) if (slots.dirty) return true
    return false
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#sweeping = undefined
    this.#tables.length = 0
    this.#states.clear()
    this.#timers.clear()
  }

  /** Of one key group after the other a copy, so that the visitor may change what it visits. */
  *#places(state: string): IterableIterator<KeyPlace> {
    const table = this.#tables.find(({ name }) => name.state === state) ?? this.#undeclared(state)
    const { first, last } = this.#opening.range
    for (let keyGroup = first; keyGroup <= last; keyGroup++) yield* [...table.places(keyGroup)]
  }

  #undeclared(state: string): never {
    throw new HoldfastError(
      'INVALID_STATE',
      `operator "${this.#opening.operator}" declares no state "${state}"; add it to its \`state\``,
    )
  }

  async #restore(table: HeapTable | HeapTimerQueue): Promise<void> {
    const rewrite = this.#opening.rewrite?.has(table.name.state) ?? false
    for await (const rows of this.#opening.restore(table.name.state)) {
      for (const row of rows) load(table, row, rewrite)
      await this.#opening.turn()
    }
  }
}

function* swept(tables: readonly HeapTable[]): Iterator<void> {
  for (const table of tables) yield* { [Symbol.iterator]: () => table.sweep() }
}

function outOfRange(key: Key, keyGroup: number, { first, last }: KeyGroupRange): HoldfastError {
  return new HoldfastError(
    'INVALID_KEY',
    `the key ${keyText(key)} belongs to key group ${keyGroup}; this subtask has ${first} to ${last}`,
  )
}

function load(table: HeapTable | HeapTimerQueue, row: Row, rewrite: boolean): void {
  try {
    if (table instanceof HeapTimerQueue) {
      table.load(row, rewrite)
      return
    }
    const cell = table.load(row)
    cell.held = !rewrite
    if (!rewrite) return
    table.unheld?.(cell)
    table.log.touch(cell)
  } catch (cause) {
    const code = cause instanceof HoldfastError ? cause.code : 'CORRUPT'
    const where = `state "${table.name.state}" of operator "${table.name.operator}"`
    throw new HoldfastError(code, `${where} cannot be restored: ${messageOf(cause)}`, { cause })
  }
}

/** The snapshots of all tables, one after another. */
class MemorySnapshot implements BackendSnapshot {
  readonly #tables: readonly BackendSnapshot[]
  #written = 0
  #settled = 0

  constructor(tables: readonly BackendSnapshot[]) {
    this.#tables = tables
  }

  write(out: RowEncoder, pause: Pause): boolean {
    for (; this.#written < this.#tables.length; this.#written++) {
      if (!(this.#tables[this.#written] as BackendSnapshot).write(out, pause)) return false
    }
    return true
  }

  settle(committed: boolean, pause: Pause): boolean {
    for (; this.#settled < this.#tables.length; this.#settled++) {
      if (!(this.#tables[this.#settled] as BackendSnapshot).settle(committed, pause)) return false
    }
    return true
  }
}
