/**
 * Golden files: checkpoint folders as released code wrote them (scripts/golden.ts). Current code must read them,
 * and so must the second reader, which knows the pages only.
 */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { deflateRawSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { CURRENT, writeGolden } from '../../scripts/golden.js'
import { hasCode } from '../../src/base/errors.js'
import { encodeEntry } from '../../src/checkpoint/manifest.js'
import { decodeEntry } from '../../src/checkpoint/manifest-reader.js'
import { memoryRun, RunReader } from '../../src/run/run-reader.js'
import { asContents, hex, logOf, objectsOf, runsOf } from './golden-folder.js'
import { ABANDONED, applied, contentsAt, shown } from './golden-input.js'
import { goOn } from './golden-job.js'
import { historyOf, readContents, readEntry } from './reader.js'
import { readRun } from './reader-run.js'

const ROOT = fileURLToPath(new URL('golden', import.meta.url))
const GOLDEN = join(ROOT, CURRENT)
const KINDS = ['put', 'delete', 'append', 'clear'] as const

interface Expected {
  readonly history: readonly number[]
  /** The number of another checkpoint: the same contents. */
  readonly checkpoints: Readonly<Record<string, unknown>>
}

const EXPECTED: Expected = JSON.parse(readFileSync(join(GOLDEN, 'expected.json'), 'utf8'))

function expectedContents(checkpoint: number): unknown {
  const contents = EXPECTED.checkpoints[checkpoint]
  return typeof contents === 'number' ? expectedContents(contents) : contents
}

const temporary: string[] = []
afterAll(() => {
  for (const folder of temporary) rmSync(folder, { recursive: true })
})

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-golden-'))
  temporary.push(folder)
  return folder
}

/** A copy of the golden checkpoints that a job may change. */
function copied(): string {
  const folder = temporaryFolder()
  cpSync(join(GOLDEN, 'checkpoints'), folder, { recursive: true })
  return folder
}

describe.each(readdirSync(ROOT))('the golden files %s', (name) => {
  it('are read by their own draft, and refused as another format by any other', () => {
    const refused = logOf(objectsOf(join(ROOT, name, 'checkpoints'))).map(([path, , bytes]) => {
      try {
        decodeEntry(bytes, path)
        return false
      } catch (error) {
        return hasCode(error, 'NEWER_FORMAT')
      }
    })
    expect(new Set(refused)).toEqual(new Set([name !== CURRENT]))
  })
})

describe('the golden files of the current draft', () => {
  const objects = objectsOf(join(GOLDEN, 'checkpoints'))

  it('hold what is expected, read with the pages alone', () => {
    const entries = logOf(objects).map(([, number, bytes]) => readEntry(bytes, number))
    const history = historyOf(entries).filter((entry) => entry.kind !== 'abort')
    const checkpoints = history.map((entry) => entry.content.checkpoint)
    expect([...new Set(checkpoints)]).toEqual(EXPECTED.history)
    for (const entry of history) {
      const states = readContents(entry, (path) => objects.get(path) ?? new Uint8Array(0))
      expect(shown(asContents(states))).toEqual(expectedContents(entry.content.checkpoint))
    }
  })

  it.each(EXPECTED.history)('hold what is expected, restored by a job from %i', async (from) => {
    for (const parallelism of [1, 2]) {
      const { found, left } = await goOn({ folder: copied(), from, parallelism, changes: [] })
      expect(found).toEqual(expectedContents(from))
      expect(left).toEqual(expectedContents(from))
    }
  })

  it('are gone on from by a job whose own files the second reader reads', async () => {
    const { found, left } = await goOn({
      folder: copied(),
      from: 9,
      parallelism: 2,
      changes: ABANDONED,
    })
    const expected = shown(applied(contentsAt(9), ABANDONED))
    expect(found).toEqual(expected)
    expect(left).toEqual(expected)
  })

  it.each([3, 7])('do not offer checkpoint %i, collected or left behind', async (from) => {
    const going = goOn({ folder: copied(), from, parallelism: 1, changes: [] })
    await expect(going).rejects.toMatchObject({ code: 'CHECKPOINT_NOT_FOUND' })
  })

  it('hold every kind of entry and of row that the code writes, and runs of both places', () => {
    const entries = logOf(objects).map(([path, , bytes]) => decodeEntry(bytes, path))
    expect(new Set(entries.map((entry) => entry.kind))).toEqual(
      new Set(['claim', 'checkpoint', 'abort']),
    )
    const runs = runsOf(objects)
    expect([...runs.keys()].filter((path) => objects.has(path))).toHaveLength(1)
    expect(runs.size).toBeGreaterThan(2)
    const sections = [...runs.values()].flatMap(readRun)
    expect(sections.some((section) => section.blocks.length > 1)).toBe(true)
    const kinds = sections.flatMap((section) => section.rows.map((row) => row.kind))
    expect(new Set(kinds)).toEqual(new Set(['put', 'delete', 'clear']))
  })

  it('have the same rows for the code as for the second reader, run by run', async () => {
    for (const [path, bytes] of runsOf(objects)) {
      const reader = await RunReader.open(memoryRun(bytes, path))
      const here: unknown[] = []
      for (const section of reader.sections) {
        const cursor = reader.rows(section, { first: 0, last: 65_535 })
        for (let rows = await cursor.next(); rows !== undefined; rows = await cursor.next()) {
          for (const row of rows) {
            here.push([
              section.operator,
              section.state,
              hex(row.key),
              KINDS[row.kind],
              hex(row.value),
            ])
          }
        }
      }
      const there = readRun(bytes).flatMap(({ operator, state, rows }) =>
        rows.map((row) => [operator, state, row.hex, row.kind, hex(row.value)]),
      )
      expect(here).toEqual(there)
    }
  })

  it('are the same bytes when they are written again', async () => {
    const again = join(temporaryFolder(), 'again')
    await writeGolden(again)
    expect(readFileSync(join(again, 'expected.json'), 'utf8')).toBe(
      readFileSync(join(GOLDEN, 'expected.json'), 'utf8'),
    )
    const [before, after] = [objects, objectsOf(join(again, 'checkpoints'))]
    expect([...after.keys()]).toEqual([...before.keys()])
    // Another zlib may deflate to other bytes. Then everything but the compressed bytes must be the same.
    if (deflatesAlike(before)) expect(inHex(after)).toEqual(inHex(before))
    expect(logical(after)).toEqual(logical(before))
  })

  it('have entries that are written again to the same bytes', () => {
    for (const [path, , bytes] of logOf(objects)) {
      expect(Buffer.from(encodeEntry(decodeEntry(bytes, path))).equals(bytes), path).toBe(true)
    }
  })

  it.each(logOf(objects).slice(0, 2))(
    'have an entry %s whose every change is damage',
    (path, _, bytes) => {
      const damaged = (changed: Uint8Array): boolean => {
        try {
          decodeEntry(changed, path)
          return false
        } catch (error) {
          return hasCode(error, 'CORRUPT')
        }
      }
      let undetected = 0
      for (let at = 0; at < bytes.length; at++) {
        if (!damaged(bytes.subarray(0, at))) undetected++
        for (const mask of [0x01, 0x80, 0xff]) {
          if (!damaged(bytes.with(at, (bytes[at] ?? 0) ^ mask))) undetected++
        }
      }
      expect(undetected).toBe(0)
    },
  )
})

function inHex(objects: ReadonlyMap<string, Uint8Array>): string[][] {
  return [...objects].map(([path, bytes]) => [path, hex(bytes)])
}

function deflatesAlike(objects: ReadonlyMap<string, Uint8Array>): boolean {
  const blocks = [...runsOf(objects).values()].flatMap(readRun).flatMap((section) => section.blocks)
  return blocks.every(
    ({ raw, stored }) => raw === stored || deflateRawSync(raw, { level: 1 }).equals(stored),
  )
}

/** All that is said, without compressed bytes and what follows from them. */
function logical(objects: ReadonlyMap<string, Uint8Array>): unknown {
  const entries = logOf(objects).map(([path, , bytes]) => {
    const entry = decodeEntry(bytes, path)
    const runs = (entry.content?.runs ?? []).map((run) => [run.path, run.inline !== undefined])
    return { ...entry, content: { ...entry.content, runs } }
  })
  const runs = [...runsOf(objects)].map(([path, bytes]) => [
    path,
    readRun(bytes).map(({ operator, state, rows }) => ({
      ...{ operator, state },
      rows: rows.map((row) => [row.hex, row.kind, hex(row.value)]),
    })),
  ])
  return { entries, runs }
}
