/**
 * Parts in the folder of a `jsonLines` sink that are another job's: allowed to stay when this one started, and
 * never withdrawn by it. Their names are kept in `<folder>/.pending/kept.json`, which is replaced as a whole.
 */
import { join } from 'node:path'
import { HoldfastError } from '../base/errors.js'
import { diskError, type Files, syncFolder, systemCode } from '../base/files.js'
import { PENDING_FOLDER } from './part-files.js'

const FILE = 'kept.json'

/** Remembers, durably, that these visible files are not ours. */
export async function keepParts(
  files: Files,
  folder: string,
  names: readonly string[],
): Promise<void> {
  const pending = join(folder, PENDING_FOLDER)
  const path = join(pending, FILE)
  try {
    const handle = await files.open(`${path}.new`, 'w')
    try {
      await handle.writeFile(JSON.stringify(names))
      await handle.sync()
    } finally {
      await handle.close()
    }
    await files.rename(`${path}.new`, path)
    await syncFolder(files, pending)
  } catch (error) {
    throw diskError(error, 'write', path)
  }
}

/** The names remembered. Throws `CORRUPT` if the list cannot be read. */
export async function keptParts(files: Files, folder: string): Promise<ReadonlySet<string>> {
  const path = join(folder, PENDING_FOLDER, FILE)
  let names: unknown
  try {
    names = JSON.parse(new TextDecoder().decode(await files.readFile(path)))
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return new Set()
    if (!(error instanceof SyntaxError)) throw diskError(error, 'read', path)
  }
  if (Array.isArray(names) && names.every((name) => typeof name === 'string')) return new Set(names)
  throw new HoldfastError(
    'CORRUPT',
    `${path} is damaged: it lists the output of earlier jobs that is to stay in ${folder}; move that output away, then delete this file`,
  )
}
