/**
 * Putting a file under its final name, whole and durable: temporary file → fsync → name → fsync of the
 * folder. Invariant: a final name never shows part of a file, and no name is confirmed before it would
 * survive a power cut.
 *
 * Temporary files are called `.tmp-<16 hex digits>`, beside the file they become. A process that was killed
 * leaves its own behind; they are harmless and may be deleted while no process uses the folder.
 */
import { dirname, join } from 'node:path'
import { HoldfastError } from '../base/errors.js'
import { type FileHandle, type Files, syncFolder, systemCode } from '../base/files.js'
import type { Random } from '../base/random.js'

/** What file systems without hard links answer to `link`, although the folder is writable. */
const NO_HARD_LINKS: ReadonlySet<string | undefined> = new Set([
  'EPERM',
  'ENOTSUP',
  'EOPNOTSUPP',
  'ENOSYS',
  'EMLINK',
])
/** Chunks handed to the system at once. */
const CHUNKS_PER_WRITE = 512
/** Taken names of temporary files before a `Random` is blamed that repeats itself. */
const TEMP_ATTEMPTS = 16

/** What a publisher needs. */
export interface PublisherOptions {
  /** Absolute path of the topmost folder; made when missing. */
  readonly root: string
  readonly files: Files
  readonly random: Random
  /** The user's promise that no other process writes: `rename` after a look instead of `link`. */
  readonly exclusive: boolean
}

/** Publishes files within one folder tree. Members may be called concurrently; they throw system errors. */
export class Publisher {
  readonly #options: PublisherOptions
  /** Folders that exist durably, or are being made so. */
  readonly #folders = new Map<string, Promise<void>>()
  /** Folders in which readers may see names that no fsync has confirmed, with the mark of the latest. */
  readonly #doubtful = new Map<string, number>()
  #marks = 0
  /** The last look-and-rename of exclusive mode: they go one by one. */
  #turn: Promise<unknown> = Promise.resolve()

  constructor(options: PublisherOptions) {
    this.#options = options
  }

  /**
   * Publishes `chunks` as `target`, unless that name is taken; durable in both cases.
   * @throws `INVALID_ARGUMENT` if exclusive creation needs hard links that the file system does not have
   */
  async publish(target: string, chunks: readonly Uint8Array[]): Promise<'created' | 'exists'> {
    const folder = dirname(target)
    await this.#ensure(folder)
    const temp = await this.#stage(folder, chunks)
    try {
      const answer = await this.#name(temp, target)
      await this.#confirm(folder)
      return answer
    } finally {
      await this.#discard(temp)
    }
  }

  /**
   * Makes every visible name durable, before anyone draws a conclusion from reading it: whoever settles an
   * open outcome by reading back must not build on a name that a power cut could take away.
   */
  async settle(): Promise<void> {
    for (const folder of [...this.#doubtful.keys()]) {
      try {
        await this.#confirm(folder)
      } catch (error) {
        if (systemCode(error) !== 'ENOENT') throw error
        this.#doubtful.delete(folder)
      }
    }
  }

  /** Forgets the doubt only if no name came while the fsync ran: that one may have missed it. */
  async #confirm(folder: string): Promise<void> {
    const mark = this.#doubtful.get(folder)
    await syncFolder(this.#options.files, folder)
    if (this.#doubtful.get(folder) === mark) this.#doubtful.delete(folder)
  }

  #ensure(folder: string): Promise<void> {
    const known = this.#folders.get(folder)
    if (known !== undefined) return known
    const made = this.#make(folder).catch((error: unknown) => {
      this.#folders.delete(folder)
      throw error
    })
    this.#folders.set(folder, made)
    return made
  }

  /** Also syncs parents that exist already: another process may have made them a moment ago. */
  async #make(folder: string): Promise<void> {
    const { files, root } = this.#options
    const first = await files.mkdir(folder, { recursive: true }).catch((error: unknown) => {
      throw systemCode(error) === 'EEXIST' ? fileInTheWay(folder, error) : error
    })
    const top = first !== undefined && first.length <= root.length ? dirname(first) : root
    for (let at = folder; at.length > top.length; ) {
      at = dirname(at)
      await syncFolder(files, at)
    }
  }

  async #stage(folder: string, chunks: readonly Uint8Array[]): Promise<string> {
    const { temp, handle } = await this.#openTemp(folder)
    try {
      try {
        await writeAll(handle, chunks)
        await handle.sync()
      } finally {
        await handle.close()
      }
      return temp
    } catch (error) {
      await this.#discard(temp)
      throw error
    }
  }

  async #openTemp(folder: string): Promise<{ temp: string; handle: FileHandle }> {
    for (let attempt = 1; ; attempt++) {
      const temp = join(folder, `.tmp-${this.#options.random.nonce()}`)
      try {
        return { temp, handle: await this.#options.files.open(temp, 'wx') }
      } catch (error) {
        const code = systemCode(error)
        if (code === 'ENOENT') this.#folders.delete(folder)
        if (code !== 'EEXIST' || attempt === TEMP_ATTEMPTS) throw error
      }
    }
  }

  /** A failed attempt leaves doubt too: over a network the name may be there all the same. */
  async #name(temp: string, target: string): Promise<'created' | 'exists'> {
    try {
      return this.#options.exclusive
        ? await this.#renameInTurn(temp, target)
        : await this.#link(temp, target)
    } finally {
      this.#marks += 1
      this.#doubtful.set(dirname(target), this.#marks)
    }
  }

  async #link(temp: string, target: string): Promise<'created' | 'exists'> {
    try {
      await this.#options.files.link(temp, target)
      return 'created'
    } catch (error) {
      const code = systemCode(error)
      if (code === 'EEXIST') return 'exists'
      if (NO_HARD_LINKS.has(code)) throw noHardLinks(dirname(target), code, error)
      throw error
    }
  }

  #renameInTurn(temp: string, target: string): Promise<'created' | 'exists'> {
    const answer = this.#turn.then(() => this.#rename(temp, target))
    this.#turn = answer.catch(() => undefined)
    return answer
  }

  async #rename(temp: string, target: string): Promise<'created' | 'exists'> {
    const { files } = this.#options
    try {
      await files.stat(target)
      return 'exists'
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw error
    }
    await files.rename(temp, target)
    return 'created'
  }

  /** Best effort: a temporary file left behind is no failure of the object. */
  async #discard(temp: string): Promise<void> {
    await this.#options.files.unlink(temp).catch(() => undefined)
  }
}

function fileInTheWay(folder: string, cause: unknown): HoldfastError {
  return new HoldfastError(
    'INVALID_ARGUMENT',
    `cannot make the folder ${folder}: a file stands there; move it away or use another folder`,
    { cause },
  )
}

function noHardLinks(folder: string, code: string | undefined, cause: unknown): HoldfastError {
  return new HoldfastError(
    'INVALID_ARGUMENT',
    `${folder} is on a file system without hard links (${code}), so nothing there can be created by exactly ` +
      'one of two processes; use another folder, or set exclusive: true, which is your promise that no two ' +
      'processes use this one at the same time, restarts included',
    { cause },
  )
}

/** The system may take fewer bytes than it is given; what it did not take is given again. */
async function writeAll(handle: FileHandle, chunks: readonly Uint8Array[]): Promise<void> {
  for (let at = 0; at < chunks.length; at += CHUNKS_PER_WRITE) {
    let left = chunks.slice(at, at + CHUNKS_PER_WRITE).filter((chunk) => chunk.length > 0)
    while (left.length > 0) {
      const { bytesWritten } = await handle.writev(left)
      if (bytesWritten === 0) throw new Error('the system took no bytes')
      left = behind(left, bytesWritten)
    }
  }
}

function behind(chunks: readonly Uint8Array[], count: number): Uint8Array[] {
  let skip = count
  const left: Uint8Array[] = []
  for (const chunk of chunks) {
    if (skip < chunk.length) left.push(chunk.subarray(skip))
    skip = Math.max(0, skip - chunk.length)
  }
  return left
}
