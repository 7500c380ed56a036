/**
 * What all sources over a list of files share: the list, positions in it, and looking at the files before
 * a job starts.
 *
 * A position names the file by its index in the list and by its base name, never by its folder, so that a
 * checkpoint survives a move of the input, and a changed list is noticed.
 */
import { basename } from 'node:path'
import { HoldfastError } from '../base/errors.js'
import { diskError, type FileHandle, type Files } from '../base/files.js'
import { isObject, type Json } from '../base/json.js'

/** The files of one source, in the order in which they are read. */
export interface InputList {
  /** The source's name for people: `ndjson(orders.ndjson)`. */
  readonly source: string
  readonly paths: readonly string[]
}

/** The list of a source's option. Throws `INVALID_ARGUMENT` if it names no file. */
export function inputList(connector: string, paths: string | readonly string[]): InputList {
  const list = typeof paths === 'string' ? [paths] : [...paths]
  const first = list[0]
  if (first === undefined || list.some((path) => typeof path !== 'string' || path === '')) {
    throw new HoldfastError('INVALID_ARGUMENT', `${connector}: give the path of at least one file`)
  }
  const more = list.length > 1 ? ` and ${list.length - 1} more` : ''
  return { source: `${connector}(${basename(first)}${more})`, paths: list }
}

/** A place in a list of files: the file's index, and numbers that say where in it. */
export type InputPosition<F extends string> = { readonly file: number } & Readonly<
  Record<F, number>
>

/** A position as JSON for the manifest. */
export function positionOf(
  list: InputList,
  file: number,
  fields: Readonly<Record<string, number>>,
): Json {
  return { file, name: basename(list.paths[file] ?? ''), ...fields }
}

/**
 * Reads what {@link positionOf} wrote; no position means the start of the first file.
 * @throws `INVALID_ARGUMENT` if the position is not one of this source, or the list of files has changed
 */
export function parsePosition<F extends string>(
  list: InputList,
  position: Json | undefined,
  fields: readonly F[],
): InputPosition<F> {
  const start = Object.fromEntries(fields.map((field) => [field, 0])) as Record<F, number>
  if (position === undefined) return { ...start, file: 0 }
  const foreign = (): HoldfastError =>
    new HoldfastError(
      'INVALID_ARGUMENT',
      `${list.source}: ${JSON.stringify(position)} is not a position of this source; was the checkpoint taken with another input?`,
    )
  if (!isObject(position)) throw foreign()
  const count = (name: string): number => {
    const value = Object.hasOwn(position, name) ? position[name] : undefined
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw foreign()
    return value
  }
  for (const field of fields) start[field] = count(field)
  const file = count('file')
  checkName(list, file, position.name)
  return { ...start, file }
}

function checkName(list: InputList, file: number, name: Json | undefined): void {
  const path = list.paths[file]
  if (path !== undefined && basename(path) === name) return
  const there = path === undefined ? `there are only ${list.paths.length} files` : `it is ${path}`
  throw new HoldfastError(
    'INVALID_ARGUMENT',
    `${list.source}: the list of input files has changed: file ${file + 1} was ${JSON.stringify(name ?? null)} at the checkpoint, now ${there}; give the same files in the same order, new ones at the end`,
  )
}

/** Opens a file for reading. Throws `INPUT_MISSING`, `STORAGE_DENIED`, `INVALID_ARGUMENT` for a folder. */
export async function openInput(
  files: Files,
  path: string,
): Promise<{ handle: FileHandle; size: number }> {
  try {
    const handle = await files.open(path, 'r')
    try {
      const stat = await handle.stat()
      if (stat.isFile()) return { handle, size: stat.size }
      throw new HoldfastError('INVALID_ARGUMENT', `cannot read ${path}: it is not a file`)
    } catch (error) {
      await handle.close()
      throw error
    }
  } catch (error) {
    throw diskError(error, 'read', path)
  }
}

/** Looks at every file from index `from` on, so that a missing one stops the start and not the middle. */
export async function checkInputs(files: Files, list: InputList, from: number): Promise<void> {
  for (const path of list.paths.slice(from)) {
    const { handle } = await openInput(files, path)
    await handle.close()
  }
}
