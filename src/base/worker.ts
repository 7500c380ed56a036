/**
 * Starting a worker thread from a file of this package, from `dist` (plain JavaScript) or from the
 * sources (development and tests: through tsx, registered inside the worker, since Node 20 ignores loaders
 * in a worker's `execArgv`).
 */
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Worker, type WorkerOptions } from 'node:worker_threads'

/**
 * Starts the worker `<file>.js` beside the module at `base`, or `<file>.ts` when there is no built one.
 * @param base `import.meta.url` of the caller
 * @param file the worker's file name without its extension
 */
export function startWorker(base: string, file: string, options: WorkerOptions = {}): Worker {
  const built = new URL(`./${file}.js`, base)
  if (existsSync(fileURLToPath(built))) return new Worker(built, options)
  const tsx = import.meta.resolve('tsx/esm/api')
  const source = new URL(`./${file}.ts`, base).href
  const boot = `import { register } from ${JSON.stringify(tsx)}; register(); await import(${JSON.stringify(source)})`
  return new Worker(new URL(`data:text/javascript,${encodeURIComponent(boot)}`), options)
}
