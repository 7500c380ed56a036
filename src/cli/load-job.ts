/** Loading a job from a user's module: built JavaScript, or TypeScript through tsx. */
import { statSync } from 'node:fs'
import { extname, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { HoldfastError, messageOf } from '../base/errors.js'
import { optionalImport } from '../base/optional-import.js'
import type { Job } from '../runtime/job.js'

const JAVASCRIPT: readonly string[] = ['.js', '.mjs', '.cjs']
const TYPESCRIPT: readonly string[] = ['.ts', '.mts', '.tsx']

/**
 * The job that a module exports as its default.
 * @throws `INVALID_ARGUMENT` if there is no such file, it cannot be loaded or exports no job;
 *   `MISSING_PACKAGE` for TypeScript without tsx
 */
export async function loadJob(file: string): Promise<Job> {
  const path = resolve(file)
  checkFile(path, file)
  if (TYPESCRIPT.includes(extname(path))) await readTypeScript(file)
  const exported = await importModule(path, file)
  const job = unwrapped(exported.default)
  if (isJob(job)) return job
  const found = Object.keys(exported).filter((name) => name !== 'default' && name !== '__esModule')
  const instead = found.length > 0 ? ` (it exports ${found.slice(0, 5).join(', ')})` : ''
  throw new HoldfastError(
    'INVALID_ARGUMENT',
    `${file} does not export a job as its default${instead}; write: export default job('name').from(…)…, without the call of start`,
  )
}

function checkFile(path: string, file: string): void {
  const found = statSync(path, { throwIfNoEntry: false })
  if (found === undefined) {
    throw new HoldfastError(
      'INVALID_ARGUMENT',
      `there is no file ${file}; name the module of the job`,
    )
  }
  if (found.isFile() && [...JAVASCRIPT, ...TYPESCRIPT].includes(extname(path))) return
  throw new HoldfastError(
    'INVALID_ARGUMENT',
    `${file} is not a module; name a file that ends in ${JAVASCRIPT.join(', ')} or ${TYPESCRIPT.join(', ')}`,
  )
}

/**
 * Teaches this process to import TypeScript. Registered for all of it, not for the job alone: the job must
 * meet the same Holdfast as the command, not a second copy.
 */
async function readTypeScript(file: string): Promise<void> {
  const purpose = `running TypeScript (${file})`
  const esm = await optionalImport('tsx', purpose, () => import('tsx/esm/api'))
  const cjs = await optionalImport('tsx', purpose, () => import('tsx/cjs/api'))
  esm.register()
  cjs.register()
}

async function importModule(path: string, file: string): Promise<Record<string, unknown>> {
  try {
    return (await import(pathToFileURL(path).href)) as Record<string, unknown>
  } catch (cause) {
    if (cause instanceof HoldfastError) throw cause
    const message = `${file} cannot be loaded: ${messageOf(cause)}`
    throw new HoldfastError('INVALID_ARGUMENT', message, { cause })
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
