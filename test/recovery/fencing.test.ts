/** Two owners on one storage: the later one wins, and whatever the former still does changes nothing for it. */
import { describe, expect, it } from 'vitest'
import { logPath, RUNS_PREFIX } from '../../src/storage/paths.js'
import type { StorageOperation } from '../../src/testing/faulty-storage.js'
import { audit, FILE_BYTES } from './ledger.js'
import { paused, Stage } from './stage.js'

const FENCED = { code: 'FENCED', retryable: false }

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
