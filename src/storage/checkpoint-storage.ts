/**
 * CONTRACT: where checkpoints live. A flat set of immutable objects under slash-separated names; nothing
 * is ever overwritten or appended to. `create` is the one atomic act, and the commit point of the whole
 * system. `storageSuite` of `holdfast/testing` is the definition in tests; every implementation passes it.
 */

/** One object, as `list` reports it. */
export interface StorageEntry {
  /** Its name within the storage, with `/` between parts, never starting with one. */
  readonly path: string
  /** Its size in bytes. */
  readonly sizeBytes: number
}

/** A part of an object, in bytes. Requires: `offset >= 0`, `length >= 0`. */
export interface ByteRange {
  readonly offset: number
  readonly length: number
}

/** Storage for runs and log entries. Members may be called concurrently. */
export interface CheckpointStorage extends AsyncDisposable {
  /** Where it is, for people: `file:///var/checkpoints/orders`. */
  readonly uri: string

  /**
   * The object's bytes, or the part of them in `range` (shorter where the object ends before it).
   * `undefined` if there is definitely no such object.
   * @throws `STORAGE_DENIED`, `STORAGE_FAILED`; never `undefined` for a mere failure to look
   */
  read(path: string, range?: ByteRange): Promise<Uint8Array | undefined>

  /**
   * Writes an object under a name never used before, and resolves when it is durable. Readers see all of
   * it or nothing. After a failure the name may or may not exist; the caller gives it up for good.
   * @throws `STORAGE_DENIED`, `STORAGE_FULL`, `STORAGE_FAILED`
   */
  write(path: string, chunks: readonly Uint8Array[]): Promise<void>

  /**
   * Creates an object if the name is free, atomically: of several callers exactly one sees `'created'`.
   * Durable when it resolves. `STORAGE_DENIED` and `STORAGE_FULL` mean that nothing was created and nothing
   * will be; on any other thrown error the outcome is open: the object may exist, now or later; read it back
   * to learn it.
   */
  create(path: string, body: Uint8Array): Promise<'created' | 'exists'>

  /**
   * Everything whose path starts with `prefix` (which ends in `/` or is empty), in ascending order of
   * path. An object created before the call is always listed.
   */
  list(prefix: string): Promise<readonly StorageEntry[]>

  /** Deletes an object. Absent is success. */
  delete(path: string): Promise<void>
}
