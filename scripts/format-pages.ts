/**
 * Writes the bytes of the worked examples in docs/format/ anew, after a change of the formats within a draft. Layout and
 * words of the pages stay: where the example's fields move, a hand is needed. test/compat/pages.test.ts checks them.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { sha256 } from '../src/base/checksums.js'
import { MANIFEST_DRAFT } from '../src/checkpoint/manifest.js'
import { exampleRun } from '../test/compat/example-run.js'

const FOLDER = new URL('../docs/format/', import.meta.url)

/** Writes both pages anew. */
export async function writePages(): Promise<void> {
  const run = await exampleRun()
  rewrite('run-format.md', (page) =>
    page.replace(
      /^([0-9a-f]{4}) {2}([0-9a-f]{2}(?: [0-9a-f]{2})*)(?= {2}|$)/gm,
      (_, offset: string, bytes: string) => {
        const at = Number.parseInt(offset, 16)
        const now = run.subarray(at, at + bytes.split(' ').length)
        return `${offset}  ${Array.from(now, (byte) => byte.toString(16).padStart(2, '0')).join(' ')}`
      },
    ),
  )
  rewrite('manifest-format.md', (page) =>
    page.replace(/```json\n(.*?)```/s, (_, text: string) => {
      const entry = JSON.parse(text.slice(0, text.lastIndexOf('}') + 1))
      entry.draft = MANIFEST_DRAFT
      const [ref] = entry.content.runs
      Object.assign(ref, { sizeBytes: run.length, sha256: sha256([run]), inline: base64(run) })
      const body = Buffer.from(`${JSON.stringify(entry, null, 1)}\n`)
      return `\`\`\`json\n${body}${sha256([body])}\n\`\`\``
    }),
  )
}

function rewrite(name: string, change: (page: string) => string): void {
  const file = new URL(name, FOLDER)
  writeFileSync(file, change(readFileSync(file, 'utf8')))
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')
