/**
 * Writes the bytes of the worked examples in docs/format/ anew, after a change of the formats within a draft. Layout and
 * words of the pages stay: where the example's fields move, a hand is needed. test/compat/pages.test.ts checks them.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { sha256 } from '../src/base/checksums.js'
import { MANIFEST_DRAFT } from '../src/checkpoint/manifest.js'
import { keyGroupOf } from '../src/keygroup/hash.js'
import { writeMapKey, writeRowPrefix } from '../src/keygroup/row-key.js'
import { assembleRun } from '../src/run/assemble.js'
import { DELETE, PUT } from '../src/run/format.js'
import { type RowBatch, RowEncoder } from '../src/run/row-batch.js'
import { messagePack } from '../src/state/serializer.js'
import { StateCodec } from '../src/state/state-codec.js'

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

/** The run that the pages describe. */
async function exampleRun(): Promise<Uint8Array> {
  const batches: RowBatch[] = []
  const encoder = new RowEncoder((batch) => batches.push(batch))
  const row = (key: string, mapKey: string | undefined, value?: number): void => {
    encoder.begin()
    writeRowPrefix(encoder.out, keyGroupOf(key, 'string', 128), key, 'string', undefined)
    if (mapKey !== undefined) writeMapKey(encoder.out, mapKey)
    encoder.value()
    if (value !== undefined) new StateCodec(messagePack()).write(value, encoder.out)
    encoder.end(value === undefined ? DELETE : PUT)
  }
  encoder.section({ operator: 'orders', state: 'total' })
  row('bob', undefined, 12.34)
  encoder.section({ operator: 'orders', state: 'items' })
  row('ann', 'pen', 2)
  row('ann', 'ink')
  encoder.flush()
  const run = await assembleRun(batches, [])
  return new Uint8Array(Buffer.concat(run?.chunks ?? []))
}
