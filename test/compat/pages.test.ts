/** The worked examples of docs/format/ are what the code writes and reads, byte by byte. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { hasCode } from '../../src/base/errors.js'
import { encodeEntry } from '../../src/checkpoint/manifest.js'
import { decodeEntry } from '../../src/checkpoint/manifest-reader.js'
import { isRunPath, logPath, runPath } from '../../src/storage/paths.js'
import { exampleRun } from './example-run.js'
import { readContents, readEntry } from './reader.js'
import { Refused } from './reader-cursor.js'
import { readRun } from './reader-run.js'

function page(name: string): string {
  return readFileSync(new URL(`../../docs/format/${name}`, import.meta.url), 'utf8')
}

/** The lines of the hex dump: offset and bytes. */
function dump(): { offset: number; bytes: number[] }[] {
  const lines = page('run-format.md').matchAll(
    /^([0-9a-f]{4}) {2}([0-9a-f]{2}(?: [0-9a-f]{2})*)(?= {2}|$)/gm,
  )
  return [...lines].map(([, offset = '', bytes = '']) => ({
    offset: Number.parseInt(offset, 16),
    bytes: bytes.split(' ').map((byte) => Number.parseInt(byte, 16)),
  }))
}

const EXAMPLE_RUN = Uint8Array.from(dump().flatMap((line) => line.bytes))
const EXAMPLE_ENTRY = Buffer.from(/```json\n(.*?)```/s.exec(page('manifest-format.md'))?.[1] ?? '')

describe('the page of the run format', () => {
  it('has offsets that follow from the bytes before them', () => {
    let offset = 0
    for (const line of dump()) {
      expect(line.offset).toBe(offset)
      offset += line.bytes.length
    }
    expect(offset).toBe(271)
  })

  it('shows exactly the bytes the code writes for these rows', async () => {
    expect(await exampleRun()).toEqual(EXAMPLE_RUN)
  })

  it('lets a reader refuse every changed byte and every cut', () => {
    const refusal = (bytes: Uint8Array): unknown => {
      try {
        return readRun(bytes)
      } catch (error) {
        return error instanceof Refused ? error.code : error
      }
    }
    for (let at = 0; at < EXAMPLE_RUN.length; at++) {
      expect(refusal(EXAMPLE_RUN.subarray(0, at))).toBe('CORRUPT')
      for (const mask of [0x01, 0x80, 0xff]) {
        const bad = EXAMPLE_RUN.with(at, (EXAMPLE_RUN[at] ?? 0) ^ mask)
        expect(refusal(bad), `byte ${at}`).toBe('CORRUPT')
      }
    }
  })
})

describe('the page of the manifest format', () => {
  it('shows an entry that the code reads, and writes again to the same bytes', () => {
    const entry = decodeEntry(EXAMPLE_ENTRY, logPath(2))
    expect(Buffer.from(encodeEntry(entry)).toString()).toBe(EXAMPLE_ENTRY.toString())
  })

  it('shows an entry that holds the example of the run format', () => {
    const run = decodeEntry(EXAMPLE_ENTRY, logPath(2)).content?.runs[0]
    expect(run?.inline).toBe(Buffer.from(EXAMPLE_RUN).toString('base64'))
    const read = readContents(readEntry(EXAMPLE_ENTRY, 2), () => new Uint8Array(0))
    expect(read).toEqual([
      { operator: 'orders', state: 'items', key: 'ann', mapKey: 'pen', value: 2 },
      { operator: 'orders', state: 'total', key: 'bob', mapKey: undefined, value: 12.34 },
    ])
  })

  it('shows an entry whose every changed byte and every cut is damage', () => {
    const damaged = (bytes: Uint8Array): boolean => {
      try {
        decodeEntry(bytes, logPath(2))
        return false
      } catch (error) {
        return hasCode(error, 'CORRUPT')
      }
    }
    const bytes = Uint8Array.from(EXAMPLE_ENTRY)
    for (let at = 0; at < bytes.length; at++) {
      expect(damaged(bytes.subarray(0, at)), `cut at ${at}`).toBe(true)
      for (const mask of [0x01, 0x80, 0xff]) {
        expect(damaged(bytes.with(at, (bytes[at] ?? 0) ^ mask)), `byte ${at}`).toBe(true)
      }
    }
  })
})

describe('the page of the directory layout', () => {
  it('shows names as the code makes them', () => {
    const names = /```\n(log.*?)```/s.exec(page('directory-layout.md'))?.[1]?.trim().split('\n')
    expect(names?.slice(0, 2)).toEqual([logPath(16), logPath(17)])
    expect(names?.[2]).toBe(runPath({ epoch: 3, checkpoint: 12, nonce: '93d1c07be2a4f658' }))
    expect(names?.slice(2).every(isRunPath)).toBe(true)
  })
})
