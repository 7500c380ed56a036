/**
 * The commit protocol over a storage that fails at every call, in every way: what a later owner finds is the
 * state of one step, never one older than the last that was acknowledged; everything retained can be read; and
 * a clean owner leaves nothing behind that nobody needs.
 */
import { describe, expect, it } from 'vitest'
import { HoldfastError } from '../../src/base/errors.js'
import { type Random, seededRandom } from '../../src/base/random.js'
import type { CheckpointStorage } from '../../src/storage/checkpoint-storage.js'
import { memoryStorage } from '../../src/storage/memory.js'
import {
  type FaultPlan,
  type FaultyStorage,
  faultyStorage,
  type StorageFault,
  type StorageOperation,
  seededFaults,
} from '../../src/testing/faulty-storage.js'
import { audit, Book, FILE_BYTES, Ledger, noise } from './ledger.js'

const FULL = process.env.HOLDFAST_FULL !== undefined
const NEVER = 1_000_000
const LAND_ONCE = ['early'] as const

/** One process after another on one storage, as a supervisor would have it. */
class Story {
  readonly inner = memoryStorage()
  readonly book = new Book()
  readonly random: Random
  /** The newest step whose commit was acknowledged. */
  acknowledged = 0
  /** The newest step that was tried. */
  tried = 0
  #ledger: Ledger | undefined

  constructor(seed: number) {
    this.random = seededRandom(seed)
  }

  /** Takes over on `storage`, with a new process unless the last one can go on. */
  async ledgerOn(storage: CheckpointStorage): Promise<Ledger> {
    if (this.#ledger?.coordinator.usable) return this.#ledger
    const { book, random } = this
    const ledger = await Ledger.open({ storage, book, random })
    if (ledger.coordinator.skipped.length > 0) throw new Error('nothing was damaged')
    if (ledger.restored < this.acknowledged) {
      throw new Error(`step ${this.acknowledged} was acknowledged, ${ledger.restored} restored`)
    }
    if (ledger.restored > this.tried) throw new Error(`step ${ledger.restored} was never tried`)
    this.#ledger = ledger
    return ledger
  }

  /** The process is gone. */
  die(): void {
    this.#ledger = undefined
  }

  /** Changes some keys and commits; a process whose coordinator has ended is followed by another one. */
  async step(storage: CheckpointStorage, large: boolean): Promise<void> {
    try {
      const ledger = await this.ledgerOn(storage)
      this.tried++
      ledger.set(`key ${this.tried % 3}`, `step ${this.tried}`)
      ledger.set(`key ${(this.tried + 1) % 3}`, undefined)
      if (large) ledger.set('large', noise(this.random, FILE_BYTES))
      const done = await ledger.commit()
      if (done !== undefined) this.acknowledged = this.tried
      if (done !== undefined) await ledger.coordinator.collect()
    } catch (error) {
      if (!(error instanceof HoldfastError) || error.code === 'INTERNAL') throw error
      if (error.code === 'FENCED')
        throw new Error(`fenced, and nobody else is there: ${error.message}`)
    }
  }

  /** A process on a storage without faults: all is well, and with its first collection it is tidy. */
  async endWell(): Promise<void> {
    this.die()
    if (FULL) await audit(this.inner, this.book)
    for (let n = 0; n < 2; n++) {
      await this.step(this.inner, false)
      expect(this.acknowledged).toBe(this.tried)
    }
    const { garbage, steps } = await audit(this.inner, this.book)
    expect(garbage).toEqual([])
    // Two are retained; the beginning is no checkpoint.
    expect(steps.filter((step) => step > 0)).toEqual([this.tried - 1, this.tried])
  }
}

/** Two lives of two and three steps; `land`: whether lost requests arrive before the next process or during it. */
async function tell(plan: FaultPlan, land: 'early' | 'late'): Promise<FaultyStorage> {
  const story = new Story(7)
  const storage = faultyStorage(story.inner, plan)
  for (const large of [true, false]) await story.step(storage, large)
  story.die()
  for (const large of [false, true, false]) await story.step(storage, large)
  if (land === 'late') {
    // A successor takes over and commits before what its predecessor had sent arrives.
    story.die()
    await story.step(story.inner, false)
  }
  await storage.land()
  await story.endWell()
  return storage
}

const DENIED = new HoldfastError('STORAGE_DENIED', 'no')
const SPACE = new HoldfastError('STORAGE_FULL', 'no', { retryable: true })

const FAULTS: readonly [string, StorageFault][] = [
  ['fails before it happens', { type: 'before' }],
  ['fails after it happened', { type: 'after' }],
  ['is torn', { type: 'torn', visibleBytes: 7 }],
  ['is answered twice', { type: 'twice' }],
  ['happens late', { type: 'late' }],
  ['happens two calls late', { type: 'late', operations: 2 }],
  ['happens long after', { type: 'late', operations: NEVER }],
  ['is refused', { type: 'before', error: DENIED }],
  ['finds no space', { type: 'before', error: SPACE }],
  ['is refused though it happened before', { type: 'after', error: SPACE }],
  ['is delayed', { type: 'delay', turns: 3 }],
  ['never happens, and the process dies', { type: 'before', crash: true }],
  ['happens, and the process dies', { type: 'after', crash: true }],
  ['is torn, and the process dies', { type: 'torn', visibleBytes: 7, crash: true }],
  ['happens when the process has died', { type: 'late', operations: NEVER, crash: true }],
]

/** Which calls a fault is for; on others it would be the same as a simpler one, or against the contract. */
function concerns(fault: StorageFault, kind: StorageOperation['kind']): boolean {
  if (fault.type === 'twice') return kind === 'create'
  if (fault.type === 'torn') return kind === 'write'
  if (fault.type === 'late') return kind !== 'read' && kind !== 'list'
  return fault.type !== 'after' || fault.error === undefined || kind === 'delete'
}

describe('a call that', () => {
  it.each(FAULTS)('%s costs no acknowledged step, wherever it is', async (_, fault) => {
    const { operations } = await tell(() => undefined, 'early')
    expect(operations.length).toBeGreaterThan(25)
    for (const { index: at, kind, path } of operations) {
      if (!concerns(fault, kind)) continue
      for (const land of fault.type === 'late' ? (['early', 'late'] as const) : LAND_ONCE) {
        await tell(({ index }) => (index === at ? fault : undefined), land).catch((cause) => {
          throw new Error(`call ${at} (${kind} ${path}), landing ${land}`, { cause })
        })
      }
    }
  })

  it('fails again and again leads to an abort, or to another process, and to no loss', async () => {
    const { operations } = await tell(() => undefined, 'early')
    const creates = operations.filter(({ kind }) => kind === 'create')
    expect(creates.length).toBeGreaterThan(5)
    for (const { path: spoilt } of creates) {
      for (const type of ['before', 'after', 'late'] as const) {
        // Three requests for a checkpoint, then three for the abort.
        for (const times of FULL ? [1, 2, 3, 4, 5, 6] : [3, 6]) {
          let left = times
          const plan: FaultPlan = ({ kind, path }) =>
            kind === 'create' && path === spoilt && left-- > 0
              ? { type, operations: NEVER }
              : undefined
          await tell(plan, 'late').catch((cause) => {
            throw new Error(`${spoilt} ${type} ${times} times`, { cause })
          })
        }
      }
    }
  })
})

describe('a storage that fails at random', () => {
  const seeds = Array.from({ length: FULL ? 1500 : 50 }, (_, i) => i + 1)

  it('costs no acknowledged step, through any number of processes', async () => {
    for (const seed of seeds) {
      const story = new Story(seed)
      const { random } = story
      try {
        for (let life = 0; life < 4; life++) {
          const rate = random.next() * 0.08
          const rates = {
            before: rate,
            after: rate,
            torn: rate,
            twice: rate,
            late: rate,
            delay: rate,
            crash: rate / 2,
          }
          const storage = faultyStorage(story.inner, seededFaults(random, rates))
          story.die()
          const steps = Math.floor(random.next() * 5)
          for (let n = 0; n < steps; n++) await story.step(storage, random.next() < 0.5)
          if (random.next() < 0.5) await storage.land()
          else void storage.land()
        }
        await story.endWell()
      } catch (error) {
        throw new Error(`seed ${seed}`, { cause: error })
      }
    }
  })
})
