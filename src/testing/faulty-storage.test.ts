import { describe, expect, it } from 'vitest'
import { HoldfastError } from '../base/errors.js'
import { seededRandom } from '../base/random.js'
import { memoryStorage } from '../storage/memory.js'
import {
  type FaultPlan,
  type FaultRates,
  faultyStorage,
  type StorageFault,
  seededFaults,
} from './faulty-storage.js'

/** A faulty storage over memory, and what is really there. */
function faulty(plan: FaultPlan) {
  const inner = memoryStorage('inner')
  return { inner, storage: faultyStorage(inner, plan) }
}

/** A plan that spoils one call. */
function at(index: number, fault: StorageFault): FaultPlan {
  return (operation) => (operation.index === index ? fault : undefined)
}

function bytes(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text))
}

const ambiguous = { code: 'STORAGE_FAILED', retryable: true }

describe('faultyStorage', () => {
  it('fails before the effect', async () => {
    const { inner, storage } = faulty(at(0, { type: 'before' }))
    await expect(storage.create('log/1', bytes('x'))).rejects.toMatchObject(ambiguous)
    expect(await inner.read('log/1')).toBeUndefined()
    expect(await storage.create('log/1', bytes('x'))).toBe('created')
  })

  it('fails after the effect, for every kind of change', async () => {
    const { inner, storage } = faulty(() => ({ type: 'after' }))
    await inner.create('old', bytes('x'))
    await expect(storage.create('log/1', bytes('entry'))).rejects.toMatchObject(ambiguous)
    await expect(storage.write('runs/1', [bytes('r'), bytes('un')])).rejects.toMatchObject(
      ambiguous,
    )
    await expect(storage.delete('old')).rejects.toMatchObject(ambiguous)
    expect(await inner.list('')).toEqual([
      { path: 'log/1', sizeBytes: 5 },
      { path: 'runs/1', sizeBytes: 3 },
    ])
  })

  it('throws the error it is told to', async () => {
    const error = new HoldfastError('STORAGE_DENIED', 'no')
    const { storage } = faulty(at(0, { type: 'before', error }))
    await expect(storage.list('')).rejects.toBe(error)
  })

  it('tears a write: nothing is visible, or so many bytes as the plan says', async () => {
    for (const [visibleBytes, seen] of [
      [undefined, undefined],
      [0, ''],
      [4, 'some'],
      [99, 'some bytes'],
    ] as const) {
      const fault: StorageFault =
        visibleBytes === undefined ? { type: 'torn' } : { type: 'torn', visibleBytes }
      const { inner, storage } = faulty(at(0, fault))
      await expect(storage.write('runs/1', [bytes('some '), bytes('bytes')])).rejects.toMatchObject(
        ambiguous,
      )
      expect(await inner.read('runs/1')).toEqual(seen === undefined ? undefined : bytes(seen))
    }
  })

  it('never tears a create, which is atomic', async () => {
    const { inner, storage } = faulty(at(0, { type: 'torn', visibleBytes: 2 }))
    await expect(storage.create('log/1', bytes('entry'))).rejects.toMatchObject(ambiguous)
    expect(await inner.list('')).toEqual([])
  })

  it('answers a create twice: exists after its own success', async () => {
    const { inner, storage } = faulty(at(0, { type: 'twice' }))
    expect(await storage.create('log/1', bytes('mine'))).toBe('exists')
    expect(await inner.read('log/1')).toEqual(bytes('mine'))
    expect(await storage.list('')).toHaveLength(1)
  })

  it('lets an effect come late, with the bytes of the call, after the given number of calls', async () => {
    const { inner, storage } = faulty(at(0, { type: 'late', operations: 2 }))
    const body = bytes('late')
    await expect(storage.create('log/1', body)).rejects.toMatchObject(ambiguous)
    body.fill(0)
    expect(await storage.read('log/1')).toBeUndefined()
    expect(await storage.read('log/1')).toBeUndefined()
    expect(await inner.read('log/1')).toBeUndefined()
    expect(await storage.read('log/1')).toEqual(bytes('late'))
  })

  it('lets a late effect lose against whoever took the name meanwhile', async () => {
    const { inner, storage } = faulty(at(0, { type: 'late' }))
    await expect(storage.write('log/1', [bytes('late')])).rejects.toMatchObject(ambiguous)
    await inner.create('log/1', bytes('abort'))
    expect(await storage.read('log/1')).toEqual(bytes('abort'))
  })

  it('lands what a dead process had sent when it is told to', async () => {
    const { inner, storage } = faulty(at(0, { type: 'late', operations: 9, crash: true }))
    await expect(storage.create('log/1', bytes('late'))).rejects.toMatchObject({ retryable: false })
    expect(await inner.read('log/1')).toBeUndefined()
    await storage.land()
    expect(await inner.read('log/1')).toEqual(bytes('late'))
  })

  it('delays a call behind others that were made after it', async () => {
    const { storage } = faulty(at(0, { type: 'delay', turns: 3 }))
    const answers = await Promise.all([
      storage.create('log/1', bytes('delayed')),
      storage.create('log/1', bytes('quick')),
    ])
    expect(answers).toEqual(['exists', 'created'])
    expect(await storage.read('log/1')).toEqual(bytes('quick'))
  })

  it('is dead after a crash: nothing takes effect, every answer is an error, nothing is recorded', async () => {
    const { inner, storage } = faulty(at(1, { type: 'after', crash: true }))
    await storage.create('log/1', bytes('1'))
    await expect(storage.create('log/2', bytes('2'))).rejects.toMatchObject({ retryable: false })
    expect(storage.crashed).toBe(true)
    const calls = [
      () => storage.create('log/3', bytes('3')),
      () => storage.write('log/4', [bytes('4')]),
      () => storage.delete('log/1'),
      () => storage.read('log/1'),
      () => storage.list(''),
    ]
    for (const call of calls) {
      await expect(call()).rejects.toMatchObject({ code: 'STORAGE_FAILED', retryable: false })
    }
    await storage[Symbol.asyncDispose]()
    expect((await inner.list('')).map(({ path }) => path)).toEqual(['log/1', 'log/2'])
    expect(storage.operations).toHaveLength(2)
  })

  it('lets no answer reach a process that died while it waited, and no delayed call take effect', async () => {
    const { inner, storage } = faulty(({ index }) =>
      index === 0 ? { type: 'delay', turns: 2 } : { type: 'before', crash: true },
    )
    const waiting = storage.create('log/1', bytes('x'))
    const [first, second] = await Promise.allSettled([waiting, storage.list('')])
    expect([first.status, second.status]).toEqual(['rejected', 'rejected'])
    expect(await inner.list('')).toEqual([])
  })

  it('disposes what it wraps, unless it crashed', async () => {
    for (const crash of [false, true]) {
      let disposed = 0
      const inner = {
        ...memoryStorage(),
        list: async () => [],
        [Symbol.asyncDispose]: async () => void disposed++,
      }
      const storage = faultyStorage(inner as never, () =>
        crash ? { type: 'before', crash } : undefined,
      )
      await Promise.allSettled([storage.list('')])
      await storage[Symbol.asyncDispose]()
      expect(disposed).toBe(crash ? 0 : 1)
    }
  })

  it('records every call with its kind, name and fault, and asks the plan once for each', async () => {
    const asked: number[] = []
    const { storage } = faulty(({ index }) => {
      asked.push(index)
      return index === 1 ? { type: 'before' } : undefined
    })
    await storage.write('runs/1', [bytes('x')])
    await expect(storage.create('log/1', bytes('x'))).rejects.toThrow(
      'injected: before, create log/1 (call 1)',
    )
    await storage.read('runs/1', { offset: 0, length: 1 })
    await storage.list('runs/')
    await storage.delete('runs/1')
    expect(storage.operations).toEqual([
      { index: 0, kind: 'write', path: 'runs/1', fault: undefined },
      { index: 1, kind: 'create', path: 'log/1', fault: { type: 'before' } },
      { index: 2, kind: 'read', path: 'runs/1', fault: undefined },
      { index: 3, kind: 'list', path: 'runs/', fault: undefined },
      { index: 4, kind: 'delete', path: 'runs/1', fault: undefined },
    ])
    expect(asked).toEqual([0, 1, 2, 3, 4])
    expect(storage.uri).toBe('memory:inner')
  })
})

describe('seededFaults', () => {
  const operation = { index: 0, kind: 'write', path: 'runs/1' } as const
  const rates: FaultRates = {
    before: 0.1,
    after: 0.1,
    torn: 0.1,
    twice: 0.1,
    late: 0.1,
    delay: 0.1,
    crash: 0.1,
  }

  function draw(seed: number, asked: FaultRates, count: number): (StorageFault | undefined)[] {
    const plan = seededFaults(seededRandom(seed), asked)
    return Array.from({ length: count }, () => plan(operation))
  }

  it('draws the same faults from the same seed, others from another', () => {
    expect(draw(1, rates, 50)).toEqual(draw(1, rates, 50))
    expect(draw(1, rates, 50)).not.toEqual(draw(2, rates, 50))
  })

  it('draws every kind of fault at about its rate', () => {
    const counts = new Map<string, number>()
    for (const fault of draw(3, rates, 10_000)) {
      const kind = fault === undefined ? 'none' : 'crash' in fault ? 'crash' : fault.type
      counts.set(kind, (counts.get(kind) ?? 0) + 1)
    }
    for (const kind of Object.keys(rates)) {
      expect(counts.get(kind)).toBeGreaterThan(800)
      expect(counts.get(kind)).toBeLessThan(1200)
    }
  })

  it('draws nothing at rate 0 and always at rate 1', () => {
    expect(new Set(draw(4, {}, 100))).toEqual(new Set([undefined]))
    expect(draw(4, { after: 1 }, 100).every((fault) => fault?.type === 'after')).toBe(true)
  })

  it.each([{ before: 0.6, after: 0.6 }, { before: -0.1 }, { before: Number.NaN }])(
    'refuses the rates %o',
    (wrong) => {
      expect(() => seededFaults(seededRandom(1), wrong)).toThrow(
        expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
      )
    },
  )
})
