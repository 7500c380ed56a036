import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
import { nodeFiles } from '../base/files.js'
import { faultyFiles } from '../testing/faulty-files.js'
import { openStorage } from './open-storage.js'

function folderUri(...parts: string[]): string {
  return pathToFileURL(join(process.cwd(), ...parts)).href
}

describe('openStorage', () => {
  it.each([
    ['file:///var/checkpoints/orders', 'file:///var/checkpoints/orders'],
    ['FILE:///var/checkpoints', 'file:///var/checkpoints'],
    ['file:/var/checkpoints', 'file:///var/checkpoints'],
    ['file://localhost/var/checkpoints', 'file:///var/checkpoints'],
    ['file:///var/a%20b%23', 'file:///var/a%20b%23'],
    ['file:checkpoints/orders', folderUri('checkpoints', 'orders')],
    ['file:./a%20b', folderUri('a b')],
    ['checkpoints', folderUri('checkpoints')],
    ['./a:b', folderUri('a:b')],
    ['/var/100%', 'file:///var/100%25'],
    ['/var/../tmp', 'file:///tmp'],
    ['memory:', 'memory:'],
    ['memory:orders', 'memory:orders'],
  ])('opens %s as %s', (uri, opened) => {
    expect(openStorage(uri).uri).toBe(opened)
  })

  it.each([
    's3://bucket/orders',
    'hdfs://namenode:9000/orders',
    'webhdfs://namenode:9870/orders',
    'S3:bucket',
    'https://example.com',
    'c:\\checkpoints',
    'a:b',
  ])('refuses %s and says what is supported', (uri) => {
    const scheme = uri.slice(0, uri.indexOf(':') + 1).toLowerCase()
    expect(() => openStorage(uri)).toThrow(
      expect.objectContaining({
        code: 'INVALID_ARGUMENT',
        message: expect.stringMatching(new RegExp(`"${scheme}".*file:///.*plain path.*memory:`)),
      }),
    )
  })

  it('never shows the rest of a URI it does not support, which may hold a password', () => {
    expect(() => openStorage('s3://user:secret@bucket')).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('secret') }),
    )
  })

  it.each([
    '',
    'file:',
    'file:///a?b',
    'file:a#b',
    'file://host/a',
    'file:///a%00',
    'file:%zz',
    'a\0b',
  ])('refuses %j, which names no folder', (uri) => {
    expect(() => openStorage(uri)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
  })

  it('hands its options to the folder', async () => {
    const files = faultyFiles(nodeFiles, () => ({ code: 'EACCES' }))
    await expect(openStorage('/nowhere', { files }).read('log/1')).rejects.toMatchObject({
      code: 'STORAGE_DENIED',
    })
    expect(files.operations).toEqual([{ index: 0, kind: 'open', path: '/nowhere/log/1' }])
  })
})
