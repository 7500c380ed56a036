/** Two owners on one storage: the later one wins, and whatever the former still does changes nothing for it. */
import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../src/base/random.js'
import type { CheckpointStorage } from '../../src/storage/checkpoint-storage.js'
import { memoryStorage } from '../../src/storage/memory.js'
import { logPath, RUNS_PREFIX } from '../../src/storage/paths.js'
import {
  type FaultPlan,
  type FaultyStorage,
  faultyStorage,
  type StorageOperation,
} from '../../src/testing/faulty-storage.js'
import { audit, Book, FILE_BYTES, Ledger, type LedgerOptions, noise } from './ledger.js'

const FENCED = { code: 'FENCED', retryable: false }

/** A storage, its truth, and owners one after another. */
class Stage {
  readonly inner = memoryStorage()
  readonly book = new Book()
  readonly random = seededRandom(11)

  open(options: Partial<LedgerOptions> = {}): Promise<Ledger> {
    const { inner: storage, book, random } = this
    return Ledger.open({ storage, book, random, ...options })
  }

  /** Changes one key and commits. */
  async step(ledger: Ledger, sizeBytes = 20) {
    ledger.set('key', noise(this.random, sizeBytes))
    return ledger.commit()
  }

  /** Everything in the storage, by name. */
  async image(): Promise<string> {
    const entries = await this.inner.list('')
    return entries.map(({ path, sizeBytes }) => `${path} ${sizeBytes}`).join('\n')
  }
}

/** A storage that stops just before the first call `when` picks, until it is let go. */
function paused(inner: CheckpointStorage, when: (operation: StorageOperation) => boolean) {
  let resume = (): void => {}
  let arrive = (): void => {}
  const reached = new Promise<void>((resolve) => {
    arrive = resolve
  })
  const gate = new Promise<void>((resolve) => {
    resume = resolve
  })
  let armed = false
  let held = false
  const hold = async (operation: StorageOperation): Promise<void> => {
    if (!armed || held || !when(operation)) return
    held = true
    arrive()
    await gate
  }
  const index = 0
  const storage: CheckpointStorage = {
    uri: inner.uri,
    read: (path, range) => hold({ kind: 'read', path, index }).then(() => inner.read(path, range)),
    write: (path, chunks) =>
      hold({ kind: 'write', path, index }).then(() => inner.write(path, chunks)),
    create: (path, body) =>
      hold({ kind: 'create', path, index }).then(() => inner.create(path, body)),
    list: (prefix) => hold({ kind: 'list', path: prefix, index }).then(() => inner.list(prefix)),
    delete: (path) => hold({ kind: 'delete', path, index }).then(() => inner.delete(path)),
    [Symbol.asyncDispose]: () => inner[Symbol.asyncDispose](),
  }
  const arm = (): void => {
    armed = true
  }
  return { storage, reached, resume, arm }
}

describe('two owners', () => {
  it('fence the former one at its next commit, which changes nothing that others see', async () => {
    const stage = new Stage()
    const a = await stage.open()
    await stage.step(a)
    const b = await stage.open()
    const before = await stage.image()
    await expect(stage.step(a)).rejects.toMatchObject(FENCED)
    expect(await stage.image()).toBe(before)
    await expect(stage.step(a)).rejects.toMatchObject({ code: 'INVALID_STATE' })
    expect(b.restored).toBe(1)
    await stage.step(b)
    const c = await stage.open()
    expect(c.entries).toEqual(b.entries)
    await audit(stage.inner, stage.book)
  })

  it.each([
    ['its run is written', ({ kind }: StorageOperation) => kind === 'write'],
    ['its entry is created', ({ kind }: StorageOperation) => kind === 'create'],
    ['it has looked for newer entries', ({ kind }: StorageOperation) => kind === 'list'],
  ] as const)('fence one that slept before %s', async (_, when) => {
    const stage = new Stage()
    const gate = paused(stage.inner, when)
    const a = await stage.open({ storage: gate.storage })
    await stage.step(a, FILE_BYTES)
    gate.arm()
    const sleeping = stage.step(a, FILE_BYTES)
    sleeping.catch(() => undefined)
    await gate.reached
    const b = await stage.open()
    gate.resume()
    await expect(sleeping).rejects.toMatchObject(FENCED)
    await stage.step(b, FILE_BYTES)
    await b.coordinator.collect()
    expect((await audit(stage.inner, stage.book)).garbage).toEqual([])
    expect((await stage.open()).entries).toEqual(b.entries)
  })

  it('keep what the later one has written from the former, stopped anywhere in its first collection', async () => {
    // Call after call of the collection is the one before which the former owner sleeps.
    for (let stop = 0; ; stop++) {
      const stage = new Stage()
      let calls = 0
      const gate = paused(stage.inner, () => calls++ === stop)
      const a = await stage.open({ storage: gate.storage })
      for (let n = 0; n < 4; n++) await stage.step(a, FILE_BYTES)
      gate.arm()
      const collecting = a.coordinator.collect().then(
        () => 'collected',
        (error: { code: string }) => error.code,
      )
      const first = await Promise.race([gate.reached.then(() => 'sleeps'), collecting])
      if (first !== 'sleeps') {
        expect(stop).toBeGreaterThanOrEqual(5)
        return
      }
      const b = await stage.open({ retained: 1 })
      await stage.step(b, FILE_BYTES)
      await stage.step(b, FILE_BYTES)
      gate.resume()
      await collecting
      await audit(stage.inner, stage.book)
      expect((await stage.open()).entries).toEqual(b.entries)
    }
  })

  it('keep the checkpoint one of them went back to from the collection of the other', async () => {
    for (const kind of ['list', 'delete'] as const) {
      const stage = new Stage()
      const gate = paused(stage.inner, (operation) => operation.kind === kind)
      const a = await stage.open({ storage: gate.storage, retained: 3 })
      const numbers: number[] = []
      for (let n = 0; n < 5; n++) numbers.push((await stage.step(a, FILE_BYTES))?.number ?? 0)
      gate.arm()
      const collecting = a.coordinator.collect().catch(() => undefined)
      await gate.reached
      const b = await stage.open({ from: numbers[2] as number, retained: 3 })
      expect(b.restored).toBe(3)
      gate.resume()
      await collecting
      await stage.step(b, FILE_BYTES)
      await audit(stage.inner, stage.book)
      const c = await stage.open({ from: numbers[2] as number })
      expect(c.restored).toBe(3)
      await expect(stage.open({ from: numbers[4] as number })).rejects.toMatchObject({
        code: 'CHECKPOINT_NOT_FOUND',
      })
    }
  })

  it('collect only while they own the job', async () => {
    const stage = new Stage()
    const a = await stage.open()
    for (let n = 0; n < 4; n++) await stage.step(a, FILE_BYTES)
    const b = await stage.open()
    const before = await stage.image()
    await expect(a.coordinator.collect()).rejects.toMatchObject(FENCED)
    expect(await stage.image()).toBe(before)
    await b.coordinator.collect()
    expect(await stage.image()).not.toBe(before)
    expect((await audit(stage.inner, stage.book)).garbage).toEqual([])
  })
})

describe('a writer that slept through a collection', () => {
  /** A sleeps before a call; B has committed and collected meanwhile, so that A's number is free again. */
  async function asleep(stage: Stage, before: StorageOperation['kind']) {
    const gate = paused(stage.inner, ({ kind }) => kind === before)
    const a = await stage.open({ storage: gate.storage })
    await stage.step(a, FILE_BYTES)
    gate.arm()
    const number = a.coordinator.nextNumber
    const sleeping = stage.step(a, FILE_BYTES)
    sleeping.catch(() => undefined)
    await gate.reached
    const b = await stage.open({ retained: 1 })
    for (let n = 0; n < 3; n++) await stage.step(b, FILE_BYTES)
    await b.coordinator.collect()
    expect(await stage.inner.read(logPath(number))).toBe(undefined)
    return { b, number, sleeping, wake: gate.resume }
  }

  it('is fenced although it could create its number, and confuses nobody', async () => {
    const stage = new Stage()
    const { b, number, sleeping, wake } = await asleep(stage, 'create')
    wake()
    await expect(sleeping).rejects.toMatchObject(FENCED)
    expect(await stage.inner.read(logPath(number))).not.toBe(undefined)
    await stage.step(b)
    const c = await stage.open()
    expect(c.entries).toEqual(b.entries)
    expect(c.coordinator.skipped).toEqual([])
    await expect(stage.open({ from: number })).rejects.toMatchObject({
      code: 'CHECKPOINT_NOT_FOUND',
    })
    const d = await stage.open()
    await stage.step(d)
    await d.coordinator.collect()
    expect(await stage.inner.read(logPath(number))).toBe(undefined)
    expect((await audit(stage.inner, stage.book)).garbage).toEqual([])
  })

  it('leaves a run that the next owner collects', async () => {
    const stage = new Stage()
    const { sleeping, wake } = await asleep(stage, 'write')
    wake()
    await expect(sleeping).rejects.toMatchObject(FENCED)
    const { garbage } = await audit(stage.inner, stage.book)
    expect(garbage.filter((name) => name.startsWith(RUNS_PREFIX))).toHaveLength(1)
    const c = await stage.open({ retained: 1 })
    await stage.step(c)
    await c.coordinator.collect()
    expect((await audit(stage.inner, stage.book)).garbage).toEqual([])
  })
})

describe('a request that comes late', () => {
  /** An owner whose creates of log entries go as `fate` says, from when it is armed. */
  async function owner(stage: Stage, fate: FaultPlan) {
    let armed = false
    const storage: FaultyStorage = faultyStorage(stage.inner, (operation) =>
      armed && operation.kind === 'create' ? fate(operation) : undefined,
    )
    const ledger = await stage.open({ storage })
    await stage.step(ledger)
    armed = true
    return { ledger, storage }
  }

  const lost = { type: 'late', operations: 10_000, crash: true } as const

  it('loses against the claim of the next owner', async () => {
    const stage = new Stage()
    const { ledger: a, storage } = await owner(stage, () => lost)
    await expect(stage.step(a)).rejects.toThrow()
    const b = await stage.open()
    expect(b.restored).toBe(1)
    await storage.land()
    await stage.step(b)
    expect((await audit(stage.inner, stage.book)).steps).toEqual([0, 1, 3])
  })

  it('wins against the claim of the next owner, who goes on from there', async () => {
    const stage = new Stage()
    const { ledger: a, storage } = await owner(stage, () => lost)
    await expect(stage.step(a)).rejects.toThrow()
    const late = faultyStorage(stage.inner, ({ kind }) => {
      if (kind === 'create') void storage.land()
      return undefined
    })
    const b = await stage.open({ storage: late })
    expect(b.restored).toBe(2)
    await stage.step(b)
    await audit(stage.inner, stage.book)
  })

  it('lands after an abort took its place: the next checkpoint holds everything', async () => {
    const stage = new Stage()
    let creates = 0
    const { ledger: a, storage } = await owner(stage, () =>
      ++creates <= 3 ? { type: 'late', operations: 10_000 } : undefined,
    )
    expect(await stage.step(a)).toBe(undefined)
    await storage.land()
    expect(a.coordinator.usable).toBe(true)
    expect((await stage.open()).restored).toBe(1)
  })

  it('keeps every checkpoint that an abort was counted on to replace', async () => {
    for (const retained of [1, 2, 3]) {
      const stage = new Stage()
      let creates = 0
      const storage = faultyStorage(stage.inner, ({ kind, path }) => {
        if (kind !== 'create' || path !== logPath(8)) return undefined
        return ++creates <= 3 ? { type: 'before' } : undefined
      })
      const a = await stage.open({ storage, retained })
      for (let n = 0; n < 6; n++) await stage.step(a, FILE_BYTES)
      expect(a.coordinator.nextNumber).toBe(8)
      expect(await stage.step(a, FILE_BYTES)).toBe(undefined)
      await a.coordinator.collect()
      const { steps } = await audit(stage.inner, stage.book)
      expect(steps).toEqual([4, 5, 6].slice(3 - retained))
      expect((await stage.open({ retained })).restored).toBe(6)
    }
  })
})

describe('a storage that refuses', () => {
  it.each(['STORAGE_FULL', 'STORAGE_DENIED'] as const)(
    'with %s fails the checkpoint, not the owner: the next one holds everything',
    async (code) => {
      for (const kind of ['write', 'create'] as const) {
        const stage = new Stage()
        const { HoldfastError } = await import('../../src/base/errors.js')
        let refuse = false
        const storage = faultyStorage(stage.inner, (operation) =>
          refuse && operation.kind === kind
            ? { type: 'before', error: new HoldfastError(code, 'no') }
            : undefined,
        )
        const a = await stage.open({ storage })
        a.set('kept', 'from before')
        await stage.step(a, FILE_BYTES)
        refuse = true
        a.set('kept', undefined)
        a.set('other', noise(stage.random, FILE_BYTES))
        for (let n = 0; n < 3; n++) {
          await expect(a.commit()).rejects.toMatchObject({ code })
          expect(a.coordinator.usable).toBe(true)
        }
        refuse = false
        expect(await stage.step(a)).toMatchObject({ number: 3 })
        expect((await stage.open()).entries).toEqual(a.entries)
        await a.coordinator.collect().catch(() => undefined)
        await audit(stage.inner, stage.book)
      }
    },
  )

  it('even to say who owns the job is no refusal of the checkpoint', async () => {
    const stage = new Stage()
    const { HoldfastError } = await import('../../src/base/errors.js')
    let refuse = false
    const storage = faultyStorage(stage.inner, ({ kind }) =>
      refuse && kind === 'list'
        ? { type: 'before', error: new HoldfastError('STORAGE_DENIED', 'no') }
        : undefined,
    )
    const a = await stage.open({ storage })
    await stage.step(a)
    refuse = true
    await expect(stage.step(a)).rejects.toMatchObject({ code: 'STORAGE_FAILED' })
    refuse = false
    expect(a.coordinator.usable).toBe(false)
    await expect(stage.step(a)).rejects.toMatchObject({ code: 'INVALID_STATE' })
    expect((await stage.open()).restored).toBe(2)
  })
})
