/** Loading a job from a user's module: built JavaScript, or TypeScript through tsx. */
import { existsSync } from 'node:fs'
import { extname, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { HoldfastError, messageOf } from '../base/errors.js'
import { optionalImport } from '../base/optional-import.js'
import type { Job } from '../runtime/job.js'

/**
 * The job that a module exports as its default.
 * @throws `INVALID_ARGUMENT` if there is no such file or it exports no job; `MISSING_PACKAGE` for TypeScript
 *   without tsx
 */
export async function loadJob(file: string): Promise<Job> {
  const path = resolve(file)
  if (!existsSync(path)) throw new HoldfastError('INVALID_ARGUMENT', `there is no file ${file}`)
  const exported = (await importModule(path, file)) as { default?: unknown }
  const job = unwrapped(exported.default)
  if (isJob(job)) return job
  throw new HoldfastError(
    'INVALID_ARGUMENT',
    `${file} does not export a job as its default; write: export default job('name').from(…)…to(…)`,
  )
}

async function importModule(path: string, file: string): Promise<unknown> {
  const url = pathToFileURL(path).href
  const typescript = ['.ts', '.mts', '.cts'].includes(extname(path))
  const tsx = typescript
    ? await optionalImport('tsx', `running TypeScript (${file})`, () => import('tsx/esm/api'))
    : undefined
  try {
    return await (tsx === undefined ? import(url) : tsx.tsImport(url, import.meta.url))
  } catch (cause) {
    if (cause instanceof HoldfastError) throw cause
    throw new HoldfastError('INVALID_ARGUMENT', `${file} cannot be loaded: ${messageOf(cause)}`, {
      cause,
    })
  }
}

/** A CommonJS module seen from here has its own `default` one level down. */
function unwrapped(exported: unknown): unknown {
  const inner = (exported as { default?: unknown } | undefined)?.default
  return isJob(exported) || inner === undefined ? exported : inner
}

/** By shape, not by class: the job may come from another copy of the package. */
function isJob(value: unknown): value is Job {
  const graph = (value as Partial<Job> | undefined)?.graph
  return typeof graph === 'object' && graph !== null && 'source' in graph && 'next' in graph
}
