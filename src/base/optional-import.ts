/** Optional packages: loaded when first needed, and named when missing. */
import { HoldfastError, messageOf } from './errors.js'

/**
 * Loads an optional peer.
 * @param name the npm package
 * @param purpose what it is needed for, for the error
 * @param load the import itself, `() => import('name')`, so that bundlers and types see it
 * @throws `MISSING_PACKAGE` naming the package and the command that installs it
 */
export async function optionalImport<T>(
  name: string,
  purpose: string,
  load: () => Promise<T>,
): Promise<T> {
  try {
    return await load()
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'MODULE_NOT_FOUND') throw error
    throw new HoldfastError(
      'MISSING_PACKAGE',
      `${purpose} needs the package "${name}", which is not installed: npm install ${name} (${messageOf(error)})`,
      { cause: error },
    )
  }
}
