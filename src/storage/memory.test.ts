import { describe, expect, it } from 'vitest'
import { storageSuite } from '../testing/storage-suite.js'
import { memoryStorage } from './memory.js'

storageSuite({
  runner: { describe, it },
  name: 'checkpoint storage: memory',
  open: async () => {
    const storage = memoryStorage('suite')
    return { storage, reopen: async () => storage }
  },
})

describe('memory storage', () => {
  it('keeps its objects when one user disposes it, so that a job can start again on it', async () => {
    const storage = memoryStorage()
    {
      await using user = storage
      await user.create('log/1', Buffer.from('kept'))
    }
    expect(await storage.read('log/1')).toEqual(new Uint8Array(Buffer.from('kept')))
  })

  it('takes its copies at the call: bytes changed before the promise settles change nothing', async () => {
    const storage = memoryStorage()
    const body = Buffer.from('body')
    const pending = [storage.create('log/1', body), storage.write('runs/1', [body])]
    body.fill(0)
    await Promise.all(pending)
    expect(await storage.read('log/1')).toEqual(new Uint8Array(Buffer.from('body')))
    expect(await storage.read('runs/1')).toEqual(new Uint8Array(Buffer.from('body')))
  })

  it('shares nothing between two storages of one name', async () => {
    await memoryStorage('orders').create('log/1', Buffer.from('x'))
    const other = memoryStorage('orders')
    expect(await other.read('log/1')).toBeUndefined()
    expect(other.uri).toBe('memory:orders')
  })

  it('refuses a write to a taken name for good', async () => {
    const storage = memoryStorage('orders')
    await storage.write('runs/1', [Buffer.from('x')])
    await expect(storage.write('runs/1', [Buffer.from('x')])).rejects.toMatchObject({
      code: 'STORAGE_FAILED',
      retryable: false,
      message: expect.stringContaining('memory:orders runs/1'),
    })
  })

  it.each([
    { offset: -1, length: 1 },
    { offset: 0, length: -1 },
    { offset: 0.5, length: 1 },
    { offset: 0, length: Number.NaN },
  ])('refuses the range %o', async (range) => {
    const storage = memoryStorage()
    await storage.create('log/1', Buffer.from('x'))
    await expect(storage.read('log/1', range)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  })
})
