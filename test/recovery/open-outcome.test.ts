/** Requests whose outcome is open or a refusal: settled by what stands, never guessed. */
import { describe, expect, it } from 'vitest'
import { HoldfastError } from '../../src/base/errors.js'
import { logPath } from '../../src/storage/paths.js'
import {
  type FaultPlan,
  type FaultyStorage,
  faultyStorage,
} from '../../src/testing/faulty-storage.js'
import { audit, FILE_BYTES, noise } from './ledger.js'
import { Stage } from './stage.js'

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
