/**
 * `npm run conformance:page`: writes docs/conformance.md from `test/conformance/`. Prints what is still planned; a planned
 * case that exists by now is to be taken out of `test/conformance/planned.json`, and the test of the page says so.
 */
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { flinkSuites, plannedCases } from '../test/conformance/flink-suites.js'
import { OUR_SUITES } from '../test/conformance/our-cases.js'
import { renderPage } from '../test/conformance/page.js'

const planned = plannedCases()
const page = renderPage({ suites: flinkSuites(), ours: OUR_SUITES, planned })
writeFileSync(fileURLToPath(new URL('../docs/conformance.md', import.meta.url)), page)
const existing = new Set(OUR_SUITES.flatMap(({ cases }) => cases.map(({ id }) => id)))
const written = [...planned.keys()].filter((id) => existing.has(id))
if (written.length > 0) process.stdout.write(`written by now: ${written.join(', ')}\n`)
process.stdout.write(`docs/conformance.md: ${existing.size} cases, ${planned.size} planned\n`)
