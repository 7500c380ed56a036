/** From a URI to a storage. The only place that knows which schemes there are. */
import { fileURLToPath } from 'node:url'
import { HoldfastError, messageOf } from '../base/errors.js'
import type { CheckpointStorage } from './checkpoint-storage.js'
import { type FilesystemOptions, filesystemStorage } from './filesystem.js'
import { memoryStorage } from './memory.js'

const SUPPORTED =
  "this version supports a folder ('file:///absolute/path', 'file:relative/path' or a plain path) and 'memory:'"

/**
 * Opens the storage a URI names; nothing is touched yet.
 *
 * - `file:///absolute/path`, `file:relative/path`, `plain/path`: a folder ({@link filesystemStorage}). In a
 *   `file:` URI special characters are written as `%20` and so on; a plain path is taken as it is, so a
 *   relative one with a colon in its first part is written `./a:b`.
 * - `memory:` or `memory:<name>`: a new, empty storage in memory, whatever the name.
 * @param options for a folder; memory needs none
 * @throws `INVALID_ARGUMENT` for a URI that is not understood or a scheme this version does not support
 */
export function openStorage(
  uri: string,
  options: Omit<FilesystemOptions, 'folder'> = {},
): CheckpointStorage {
  const colon = uri.indexOf(':')
  const scheme = /^[a-z][a-z0-9+.-]*:/i.test(uri) ? uri.slice(0, colon).toLowerCase() : undefined
  if (scheme === undefined) return filesystemStorage({ ...options, folder: uri })
  const rest = uri.slice(colon + 1)
  if (scheme === 'memory') return memoryStorage(rest)
  if (scheme === 'file') return filesystemStorage({ ...options, folder: folderOf(uri, rest) })
  // Only the scheme is shown: the rest of a URI may hold credentials.
  throw new HoldfastError(
    'INVALID_ARGUMENT',
    `checkpoints cannot be kept in "${scheme}:": ${SUPPORTED}; a plain path with a colon is written './a:b'`,
  )
}

function folderOf(uri: string, rest: string): string {
  try {
    // Parsed as a URL, '?' and '#' would cut the path off without a word.
    if (/[?#]/.test(rest)) throw new Error("write '?' as %3F and '#' as %23")
    if (rest === '') throw new Error('the path is missing')
    return rest.startsWith('/') ? fileURLToPath(uri) : decodeURIComponent(rest)
  } catch (error) {
    throw new HoldfastError(
      'INVALID_ARGUMENT',
      `${JSON.stringify(uri)} does not name a folder (${messageOf(error)}): ${SUPPORTED}`,
      { cause: error },
    )
  }
}
