/**
 * The disk, passed in: the subset of `node:fs` that storages, sources and sinks use. This is the only
 * file that imports it; tests wrap it to inject EACCES, ENOSPC and torn writes.
 */
import * as promises from 'node:fs/promises'
import { type ErrorCode, HoldfastError, messageOf } from './errors.js'

/** An open file. */
export type FileHandle = promises.FileHandle

/** What Holdfast asks of a file system; every member behaves as its namesake in `node:fs/promises`. */
export interface Files {
  open(path: string, flags: string): Promise<FileHandle>
  readFile(path: string): Promise<Uint8Array>
  readdir(path: string): Promise<string[]>
  mkdir(path: string, options: { recursive: true }): Promise<string | undefined>
  link(existing: string, path: string): Promise<void>
  rename(from: string, to: string): Promise<void>
  unlink(path: string): Promise<void>
  stat(path: string): Promise<{ size: number; isDirectory(): boolean; isFile(): boolean }>
}

/** The machine's file system. */
export const nodeFiles: Files = {
  open: promises.open,
  readFile: (path) => promises.readFile(path),
  readdir: (path) => promises.readdir(path),
  mkdir: promises.mkdir,
  link: promises.link,
  rename: promises.rename,
  unlink: promises.unlink,
  stat: (path) => promises.stat(path),
}

/** The `code` of a system error (`'ENOENT'`), or undefined. */
export function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

/**
 * A system error as Holdfast's own: what was tried, on which path, and what to do.
 * @param doing what was tried, as "cannot <doing> <path>"
 */
export function diskError(error: unknown, doing: string, path: string): HoldfastError {
  if (error instanceof HoldfastError) return error
  const system = systemCode(error)
  const [code, advice, retryable] = verdict(system)
  const message = `cannot ${doing} ${path}: ${system ?? messageOf(error)}; ${advice}`
  return new HoldfastError(code, message, { cause: error, retryable })
}

function verdict(system: string | undefined): [ErrorCode, string, boolean] {
  switch (system) {
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return [
        'STORAGE_DENIED',
        'check the permissions of the folder and who runs the process',
        false,
      ]
    case 'ENOSPC':
    case 'EDQUOT':
      return ['STORAGE_FULL', 'free some space; the last good checkpoint is intact', true]
    case 'ENOENT':
      return ['INPUT_MISSING', 'check the path', false]
    case 'ENOTDIR':
    case 'EISDIR':
      return [
        'INVALID_ARGUMENT',
        'a file stands where a folder is needed, or the other way round',
        false,
      ]
    default:
      return ['STORAGE_FAILED', 'see the cause', true]
  }
}

/** Makes the names in a folder durable (fsync of the folder itself). */
export async function syncFolder(files: Files, path: string): Promise<void> {
  const handle = await files.open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
