/**
 * `npm run conformance:page`: writes docs/conformance.md from `test/conformance/`. Before that, if it is told to:
 *
 *     --resolve                 takes cases that exist by now out of planned.json
 *     --rename 'planned=id;id'  a planned case became these: cases, or `file › title`
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { flinkSuites, plannedCases } from '../test/conformance/flink-suites.js'
import { OUR_SUITES } from '../test/conformance/our-cases.js'
import { renderPage } from '../test/conformance/page.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = join(root, 'test/conformance')
const existing = new Set(OUR_SUITES.flatMap(({ cases }) => cases.map(({ id }) => id)))

function rename(planned: string, ids: readonly string[]): void {
  if (!plannedCases().has(planned)) throw new Error(`${planned} is not planned`)
  for (const file of readdirSync(join(folder, 'flink'))) {
    const path = join(folder, 'flink', file)
    const text = readFileSync(path, 'utf8')
    const becomes = ids.map((id) => JSON.stringify(id)).join(', ')
    const renamed = text.replaceAll(JSON.stringify(planned), () => becomes)
    if (renamed !== text) writeFileSync(path, renamed)
  }
  keepPlanned((id) => id !== planned)
}

function keepPlanned(keep: (id: string) => boolean): void {
  const kept = Object.fromEntries([...plannedCases()].filter(([id]) => keep(id)))
  writeFileSync(join(folder, 'planned.json'), `${JSON.stringify(kept, undefined, 2)}\n`)
}

const { values } = parseArgs({
  options: { resolve: { type: 'boolean' }, rename: { type: 'string', multiple: true } },
})
for (const one of values.rename ?? []) {
  const at = one.indexOf('=')
  rename(one.slice(0, at), one.slice(at + 1).split(';'))
}
if (values.resolve === true) keepPlanned((id) => !existing.has(id))

const planned = plannedCases()
const page = renderPage({ suites: flinkSuites(), ours: OUR_SUITES, planned })
writeFileSync(join(root, 'docs/conformance.md'), page)
const written = [...planned.keys()].filter((id) => existing.has(id))
if (written.length > 0) process.stdout.write(`exist by now (--resolve): ${written.join(', ')}\n`)
process.stdout.write(`docs/conformance.md: ${existing.size} cases, ${planned.size} planned\n`)
