/**
 * A disk that fails where a test says so: any call may throw any system error, before or after its effect,
 * and a write may take fewer bytes than it was given. Invariant: without a fault it is the inner disk.
 */
import type { FileHandle, Files } from '../base/files.js'

/** One call to the disk, as a plan sees it. */
export interface FileOperation {
  /** Counts calls from 0, in the order in which they were made. */
  readonly index: number
  /** `read`, `write`, `sync`, `truncate`, `close` and `stat` also stand for the calls of an open file. */
  readonly kind: FileOperationKind
  /** The file or folder; of `link` and `rename` the new name. */
  readonly path: string
  /** Of `write` and `read` of an open file: the bytes asked for. */
  readonly sizeBytes?: number
}

/** What can be asked of a disk. */
export type FileOperationKind =
  | 'open'
  | 'read'
  | 'write'
  | 'sync'
  | 'truncate'
  | 'close'
  | 'stat'
  | 'readdir'
  | 'mkdir'
  | 'link'
  | 'rename'
  | 'unlink'

/**
 * What goes wrong with one call: a system error (`'EACCES'`, `'ENOSPC'`), after the effect if `when` says so;
 * or only the first `shortBytes` (at least 1) are read or written, which is no error: the rest is asked for in
 * another call, also within one `writeFile` or `appendFile`.
 */
export type FileFault =
  | { readonly code: string; readonly when?: 'before' | 'after' }
  | { readonly shortBytes: number }

/** Decides for each call whether and how it fails. Called once per call, when it is made. */
export type FileFaultPlan = (operation: FileOperation) => FileFault | undefined

/** The wrapped disk. */
export interface FaultyFiles extends Files {
  /** Every call so far, in order. */
  readonly operations: readonly FileOperation[]
}

/**
 * Wraps `inner`. A file is really closed even where its `close` is made to fail. Streams made from an open
 * file (`createReadStream`, `readLines`) bypass the plan.
 */
export function faultyFiles(inner: Files, plan: FileFaultPlan): FaultyFiles {
  const script = new Script(plan)
  return {
    operations: script.operations,
    open: async (path, flags) => {
      const act = (): Promise<FileHandle> => inner.open(path, flags)
      const handle = await script.run({ kind: 'open', path }, act, (lost) => lost.close())
      return faultyHandle(handle, path, script)
    },
    readFile: (path) => script.run({ kind: 'read', path }, () => inner.readFile(path)),
    readdir: (path) => script.run({ kind: 'readdir', path }, () => inner.readdir(path)),
    mkdir: (path, options) => script.run({ kind: 'mkdir', path }, () => inner.mkdir(path, options)),
    link: (from, path) => script.run({ kind: 'link', path }, () => inner.link(from, path)),
    rename: (from, path) => script.run({ kind: 'rename', path }, () => inner.rename(from, path)),
    unlink: (path) => script.run({ kind: 'unlink', path }, () => inner.unlink(path)),
    stat: (path) => script.run({ kind: 'stat', path }, () => inner.stat(path)),
  }
}

/**
 * A plan for a disk with room for `bytes` more bytes: the write that crosses the bound is cut short, every
 * later one fails with ENOSPC.
 * @param matches which paths are on that disk. Default: all
 */
export function diskFullAfter(
  bytes: number,
  matches: (path: string) => boolean = () => true,
): FileFaultPlan {
  let left = bytes
  return ({ kind, path, sizeBytes = 0 }) => {
    if (kind !== 'write' || sizeBytes === 0 || !matches(path)) return undefined
    const room = left
    left = Math.max(0, left - sizeBytes)
    if (sizeBytes <= room) return undefined
    return room === 0 ? { code: 'ENOSPC' } : { shortBytes: room }
  }
}

/** Asks the plan and keeps the record. */
class Script {
  readonly operations: FileOperation[] = []
  readonly #plan: FileFaultPlan

  constructor(plan: FileFaultPlan) {
    this.#plan = plan
  }

  /**
   * Runs one call; `act` gets the number of bytes it may move at most, `lose` a result that nobody will get.
   */
  async run<T>(
    call: Omit<FileOperation, 'index'>,
    act: (bytesMax: number) => Promise<T>,
    lose?: (result: T) => Promise<void>,
  ): Promise<T> {
    const operation: FileOperation = { ...call, index: this.operations.length }
    this.operations.push(operation)
    const fault = this.#plan(operation)
    if (fault === undefined) return act(Number.POSITIVE_INFINITY)
    if ('shortBytes' in fault) return act(Math.max(1, fault.shortBytes))
    // A file left open would be closed by the collector, with a warning, in some later test.
    if (fault.when === 'after' || call.kind === 'close') {
      const result = await act(Number.POSITIVE_INFINITY)
      await lose?.(result)
    }
    throw Object.assign(new Error(`${fault.code}: injected, ${call.kind} '${call.path}'`), {
      code: fault.code,
      syscall: call.kind,
      path: call.path,
    })
  }
}

/** What `read` takes without a buffer, as in Node. */
const READ_BYTES_DEFAULT = 16_384

/** Calls of an open file that need no more than a look at the plan. */
const PLAIN_CALLS: Readonly<Record<string, FileOperationKind>> = {
  readFile: 'read',
  readv: 'read',
  sync: 'sync',
  datasync: 'sync',
  truncate: 'truncate',
  stat: 'stat',
}

function faultyHandle(handle: FileHandle, path: string, script: Script): FileHandle {
  const replaced: Readonly<Record<PropertyKey, (...args: never[]) => unknown>> = {
    ...writing(handle, path, script),
    read: reading(handle, path, script),
    close: () => script.run({ kind: 'close', path }, () => handle.close()),
    [Symbol.asyncDispose]: () => script.run({ kind: 'close', path }, () => handle.close()),
  }
  return new Proxy(handle, {
    get(target, name) {
      if (Object.hasOwn(replaced, name)) return replaced[name]
      const member: unknown = Reflect.get(target, name, target)
      if (typeof member !== 'function') return member
      const kind = typeof name === 'string' ? PLAIN_CALLS[name] : undefined
      if (kind === undefined) return member.bind(target)
      return (...args: unknown[]) =>
        script.run({ kind, path }, () => Reflect.apply(member, target, args))
    },
  })
}

interface ReadRequest {
  readonly buffer?: Uint8Array
  readonly offset?: number | null
  readonly length?: number | null
  readonly position?: number | null
}

/** `read(bytes, offset, length, position)`, `read(bytes, request)` or `read(request)`. */
function reading(
  handle: FileHandle,
  path: string,
  script: Script,
): (...args: never[]) => Promise<unknown> {
  return (
    first: Uint8Array | ReadRequest = {},
    second?: number | null | ReadRequest,
    ...rest: (number | null)[]
  ) => {
    const [length = null, position = null] = rest
    const numbers: ReadRequest =
      typeof second === 'object' && second !== null
        ? second
        : { offset: second ?? 0, length, position }
    const request: ReadRequest = first instanceof Uint8Array ? { ...numbers, buffer: first } : first
    const buffer = request.buffer ?? new Uint8Array(READ_BYTES_DEFAULT)
    const offset = request.offset ?? 0
    const asked = request.length ?? buffer.length - offset
    return script.run({ kind: 'read', path, sizeBytes: asked }, (bytesMax) =>
      handle.read(buffer, offset, Math.min(asked, bytesMax), request.position ?? null),
    )
  }
}

/** The four ways to write, each as one or more calls that the plan decides about. */
function writing(
  handle: FileHandle,
  path: string,
  script: Script,
): Record<string, (...args: never[]) => unknown> {
  const writeOnce = async (bytes: Uint8Array, position: number | null): Promise<number> => {
    const { bytesWritten } = await script.run(
      { kind: 'write', path, sizeBytes: bytes.length },
      (bytesMax) => handle.write(bytes, 0, Math.min(bytes.length, bytesMax), position),
    )
    return bytesWritten
  }
  const writeAll = async (content: string | Uint8Array): Promise<void> => {
    const bytes = bytesOf(content)
    for (let at = 0; at < bytes.length; ) at += await writeOnce(bytes.subarray(at), null)
  }
  return {
    writeFile: writeAll,
    appendFile: writeAll,
    write: async (content: string | Uint8Array, ...rest: unknown[]) => {
      const { bytes, position } = requested(content, rest)
      return { bytesWritten: await writeOnce(bytes, position), buffer: content }
    },
    writev: async (buffers: readonly Uint8Array[], position: number | null = null) => ({
      bytesWritten: await writeOnce(Buffer.concat(buffers), position),
      buffers,
    }),
  }
}

interface WriteRequest {
  readonly bytes: Uint8Array
  readonly position: number | null
}

/** `write(text, position)` or `write(bytes, offset, length, position)`. */
function requested(content: string | Uint8Array, rest: readonly unknown[]): WriteRequest {
  const [first, second, third] = rest
  if (typeof content === 'string')
    return { bytes: bytesOf(content), position: numberOr(first, null) }
  const offset = numberOr(first, 0)
  const end = offset + numberOr(second, content.length - offset)
  return { bytes: content.subarray(offset, end), position: numberOr(third, null) }
}

function numberOr<T>(value: unknown, otherwise: T): number | T {
  return typeof value === 'number' ? value : otherwise
}

function bytesOf(content: string | Uint8Array): Uint8Array {
  if (typeof content === 'string') return Buffer.from(content)
  if (content instanceof Uint8Array) return content
  throw new TypeError(
    'a faulty file takes UTF-8 text or bytes; streams and iterables are not watched',
  )
}
